SELECT count(*)
FROM contract
WHERE service = $1 AND proposed_us > $2
