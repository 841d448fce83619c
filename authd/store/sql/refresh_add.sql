INSERT INTO refresh_token (handle, grant_id, client_id, sub, sid, scope, audience, cnf, details, acr, amr, auth_us,
	rotating, token_hash, created_us, used_us, idle_us, expires_us, event_id)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19)
