DELETE FROM approval
WHERE sub = $1
