SELECT DISTINCT purpose
FROM consent
WHERE state = 'given'
ORDER BY purpose
LIMIT 1000
