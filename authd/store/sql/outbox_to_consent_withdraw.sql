UPDATE consent
SET withdraw_index = $3
WHERE record_id = $1 AND withdraw_event_id = $2 AND withdraw_index IS NULL
