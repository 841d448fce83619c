DELETE FROM restriction
WHERE sub = $1
