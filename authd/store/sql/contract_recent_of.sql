SELECT count(*)
FROM contract
WHERE sub = $1 AND service = $2 AND proposed_us > $3
