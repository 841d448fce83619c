DELETE FROM login
WHERE sub = $1
