UPDATE question
SET state = 'closed', answered_us = $2
WHERE id = $1 AND state = 'escalated'
