INSERT INTO client_assertion (client_id, jti, expires_us)
VALUES ($1, $2, $3)
ON CONFLICT DO NOTHING
