INSERT INTO device_code (device_hash, user_hash, client_id, scope, audience, state, interval_us, created_us, expires_us,
	event_id)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
