SELECT sub, list_id, sealed, size, next, failures, seen_by, made_us, event_id, log_index
FROM desk_codes
WHERE sub = $1
