INSERT INTO objection (sub, purpose, category, since_us, event_id)
VALUES ($1, $2, $3, $4, $5)
ON CONFLICT (sub, purpose, category) DO UPDATE
SET since_us = excluded.since_us, event_id = excluded.event_id, log_index = NULL, lift_event_id = NULL, lift_index = NULL
WHERE objection.lift_event_id IS NOT NULL
