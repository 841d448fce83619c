UPDATE desk_codes
SET log_index = $3
WHERE sub = $1 AND event_id = $2 AND log_index IS NULL
