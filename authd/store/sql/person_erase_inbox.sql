DELETE FROM inbox
WHERE sub = $1
