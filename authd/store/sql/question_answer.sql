UPDATE question
SET state = 'answered', answered_us = $2
WHERE id = $1 AND state IN ('open', 'in_work')
