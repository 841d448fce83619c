UPDATE objection
SET lift_event_id = $4
WHERE sub = $1 AND purpose = $2 AND category = $3 AND log_index IS NOT NULL AND lift_event_id IS NULL
