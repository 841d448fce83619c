SELECT count(*)
FROM question
WHERE sub = $1 AND state IN ('open', 'in_work', 'escalated')
