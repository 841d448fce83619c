UPDATE person
SET profile = NULL, login = NULL, status = 0, event_id = $2, log_index = NULL
WHERE sub = $1
