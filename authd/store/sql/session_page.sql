SELECT id_hash, sid, sub, csrf, acr, amr, auth_us, created_us, seen_us, idle_us_limit, expires_us, ended_us, agent,
	event_id, log_index
FROM session
WHERE log_index IS NOT NULL AND ended_us IS NULL AND expires_us > $1
	AND seen_us + idle_us_limit > $1 AND (created_us, sid) < ($2, $3)
ORDER BY created_us DESC, sid DESC
LIMIT $4
