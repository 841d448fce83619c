UPDATE question
SET state = 'open', asked_us = $2, due_us = $3, follow_ups = follow_ups + 1
WHERE id = $1 AND state = 'answered' AND follow_ups < $4 AND answered_us > $5
