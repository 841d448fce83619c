SELECT n.sub
FROM national_id n
WHERE n.asked_us < $1
	AND NOT EXISTS (SELECT 1 FROM consent_request q WHERE q.sub = n.sub AND q.state IN ('requested', 'deferred'))
ORDER BY n.asked_us
LIMIT $2
