-- What nobody answered within its term.
DELETE FROM contract
WHERE contract_id IN (SELECT contract_id FROM contract WHERE state = 'proposed' AND until_us < $1 LIMIT $2)
