UPDATE person
SET status = $2, event_id = $3, log_index = NULL
WHERE sub = $1
