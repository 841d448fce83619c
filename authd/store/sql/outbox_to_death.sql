UPDATE death
SET log_index = $3
WHERE death_id = $1 AND event_id = $2
