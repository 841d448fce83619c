SELECT id_hash, sid, sub, csrf, acr, amr, auth_us, created_us, seen_us, idle_us_limit, expires_us, ended_us, agent,
	event_id, log_index
FROM session
WHERE sub = $1 AND log_index IS NOT NULL AND ended_us IS NULL AND expires_us > $2
	AND seen_us + idle_us_limit > $2 AND (created_us, sid) < ($3, $4)
ORDER BY created_us DESC, sid DESC
LIMIT $5
