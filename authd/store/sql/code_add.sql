INSERT INTO code (code_hash, client_id, sub, sid, redirect_uri, scope, nonce, challenge, auth_us, acr, amr, grant_id, expires_us,
	used_us, details, dpop_jkt, resource, event_id)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18)
