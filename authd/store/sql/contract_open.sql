SELECT count(*)
FROM contract
WHERE sub = $1 AND service = $2 AND kind = $3 AND until_us > $4 AND state IN ('proposed', 'in_force')
