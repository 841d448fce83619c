UPDATE client
SET status = $2, event_id = $3, log_index = NULL
WHERE client_id = $1
