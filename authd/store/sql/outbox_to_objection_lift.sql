UPDATE objection
SET lift_index = $3
WHERE sub = $1 AND lift_event_id = $2 AND lift_index IS NULL
