UPDATE contract
SET details = ''
WHERE sub = $1
