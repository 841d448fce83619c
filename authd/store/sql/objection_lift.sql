DELETE FROM objection
WHERE sub = $1 AND purpose = $2 AND category = $3
