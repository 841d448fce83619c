SELECT sub, login, kind, status, wrapped_key, profile, pseudonym, created_us, event_id, log_index
FROM person
WHERE ($1 = '' OR kind = $1) AND sub > $2
ORDER BY sub
LIMIT $3
