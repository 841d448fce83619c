SELECT id_hash, sid, sub, csrf, acr, amr, auth_us, created_us, seen_us, idle_us_limit, expires_us, ended_us, agent,
	event_id, log_index
FROM session
WHERE sid = $1
