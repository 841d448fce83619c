INSERT INTO restriction (sub, set_by, reason, since_us, until_us, event_id)
VALUES ($1, $2, $3, $4, $5, $6)
ON CONFLICT (sub, set_by) DO UPDATE
SET reason = excluded.reason, since_us = excluded.since_us, until_us = excluded.until_us, event_id = excluded.event_id,
	log_index = NULL, lift_event_id = NULL, lift_index = NULL
WHERE restriction.lift_event_id IS NOT NULL OR restriction.until_us <= excluded.since_us
