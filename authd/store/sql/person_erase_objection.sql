DELETE FROM objection
WHERE sub = $1
