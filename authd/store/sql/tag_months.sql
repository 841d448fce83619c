SELECT sub AS tag, sub, month
FROM person_tag
WHERE sub = $1 AND month >= $2 AND month <= $3
UNION
SELECT sub AS tag, sub, month
FROM later_look
WHERE sub = $1 AND month >= $2 AND month <= $3 AND visible_us <= $4 AND log_index IS NOT NULL
ORDER BY month DESC
LIMIT 1000
