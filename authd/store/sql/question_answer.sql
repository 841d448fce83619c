UPDATE question
SET state = 'answered', answer = $2, answered_us = $3
WHERE id = $1 AND state = 'open'
