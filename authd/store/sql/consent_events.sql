SELECT record_id, seq, state, at_us, by_id, event_id, log_index, leaf, method, acr
FROM consent_event
WHERE record_id = $1
ORDER BY seq
LIMIT 1000
