-- As objection_lift.sql.
UPDATE restriction
SET lift_event_id = $3
WHERE sub = $1 AND set_by = $2 AND log_index = $4 AND lift_event_id IS NULL
