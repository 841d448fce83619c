SELECT sub, purpose, category, since_us, event_id, log_index
FROM objection
WHERE sub = $1 AND lift_event_id IS NULL
ORDER BY purpose, category
LIMIT 1000
