INSERT INTO revoked_token (jti, expires_us)
VALUES ($1, $2)
ON CONFLICT DO NOTHING
