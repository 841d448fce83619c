INSERT INTO desk_codes (sub, list_id, sealed, size, next, seen_by, made_us, event_id)
VALUES ($1, $2, $3, $4, 1, $5, $6, $7)
ON CONFLICT (sub) DO UPDATE
SET list_id = $2, sealed = $3, size = $4, next = 1, failures = 0, seen_by = $5, made_us = $6, event_id = $7, log_index = NULL
