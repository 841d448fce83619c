UPDATE person
SET wrapped_key = NULL, profile = NULL, login = NULL, status = 0, event_id = $2, log_index = NULL
WHERE sub = $1 AND wrapped_key IS NOT NULL
