-- Everything that ends a session is looked at here, so that no caller can forget one.
SELECT s.id_hash, s.sid, s.sub, s.csrf, s.acr, s.amr, s.auth_us, s.created_us, s.seen_us, s.idle_us_limit,
	s.expires_us, s.ended_us, s.agent, s.event_id, s.log_index
FROM session s
JOIN person p ON p.sub = s.sub
WHERE s.id_hash = $1 AND s.log_index IS NOT NULL AND s.ended_us IS NULL AND s.expires_us > $2
	AND s.seen_us + s.idle_us_limit > $2 AND p.status = 1
