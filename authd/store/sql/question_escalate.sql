UPDATE question
SET state = 'escalated', escalated_us = $2, due_us = $3, escalated_why = $4
WHERE id = $1 AND state = $5 AND due_us = $6
