SELECT 1
FROM consent_recipient
WHERE record_id = $1 AND service = $2
