DELETE FROM code
WHERE sub = $1
