SELECT sub, login, kind, status, wrapped_key, profile, pseudonym, created_us, event_id, log_index
FROM person
WHERE login = $1
