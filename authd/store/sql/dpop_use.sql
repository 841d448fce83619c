INSERT INTO dpop_proof (jkt, jti, expires_us)
VALUES ($1, $2, $3)
ON CONFLICT DO NOTHING
