UPDATE erasure
SET state = $3
WHERE sub = $1 AND state = $2
