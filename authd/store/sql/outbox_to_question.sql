UPDATE question
SET log_index = $3
WHERE id = $1 AND event_id = $2 AND log_index IS NULL
