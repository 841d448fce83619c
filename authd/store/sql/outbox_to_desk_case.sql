UPDATE desk_case
SET log_index = $3
WHERE case_id = $1 AND event_id = $2 AND log_index IS NULL
