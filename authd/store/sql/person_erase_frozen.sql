DELETE FROM frozen
WHERE sub = $1
