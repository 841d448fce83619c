-- What the person declined: it never was a ground, and no entry of a permit refers to it.
DELETE FROM contract
WHERE contract_id IN (SELECT contract_id FROM contract WHERE state = 'declined' AND answered_us < $1 LIMIT $2)
