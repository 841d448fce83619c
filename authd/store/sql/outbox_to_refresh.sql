UPDATE refresh_token
SET log_index = $3
WHERE handle = $1 AND event_id = $2 AND log_index IS NULL
