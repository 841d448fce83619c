SELECT service
FROM consent_recipient
WHERE record_id = $1
ORDER BY seq
LIMIT 1000
