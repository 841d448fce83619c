INSERT INTO issued_token (jti, grant_id, expires_us)
VALUES ($1, $2, $3)
