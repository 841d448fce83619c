INSERT INTO session (id_hash, sid, sub, csrf, acr, amr, auth_us, created_us, seen_us, idle_us_limit, expires_us,
	ended_us, agent, event_id)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)
