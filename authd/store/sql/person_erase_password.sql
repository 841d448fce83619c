DELETE FROM password
WHERE sub = $1
