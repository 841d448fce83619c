UPDATE code
SET log_index = $3
WHERE grant_id = $1 AND event_id = $2 AND log_index IS NULL
