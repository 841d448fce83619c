SELECT tag, sub, month
FROM person_tag
WHERE sub = $1 AND month >= $2 AND month <= $3
ORDER BY month DESC
LIMIT 1000
