SELECT category
FROM consent_category
WHERE record_id = $1
ORDER BY category
LIMIT 1000
