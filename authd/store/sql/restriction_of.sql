SELECT sub, set_by, reason, since_us, until_us, event_id, log_index
FROM restriction
WHERE sub = $1 AND lift_event_id IS NULL AND (until_us IS NULL OR until_us > $2)
ORDER BY set_by
