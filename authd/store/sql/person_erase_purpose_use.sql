DELETE FROM purpose_use
WHERE sub = $1
