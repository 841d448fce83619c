SELECT sub, purpose, category, since_us
FROM objection
WHERE sub = $1
ORDER BY purpose, category
LIMIT 1000
