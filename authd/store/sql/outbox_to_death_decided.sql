UPDATE death
SET decided_index = $3
WHERE death_id = $1 AND decided_event_id = $2
