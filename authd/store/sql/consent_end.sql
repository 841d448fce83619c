UPDATE consent
SET state = $2, withdrawn_us = $3, withdraw_event_id = $4, withdraw_index = NULL
WHERE record_id = $1 AND state = 'given'
