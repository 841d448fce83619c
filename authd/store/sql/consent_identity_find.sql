SELECT record_id, sub, sealed
FROM consent_identity
WHERE record_id = $1
