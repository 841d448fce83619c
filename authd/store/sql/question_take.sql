UPDATE question
SET state = 'in_work'
WHERE id = $1 AND state = 'open'
