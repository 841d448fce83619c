INSERT INTO revoked_token (jti, expires_us)
SELECT jti, expires_us
FROM issued_token
WHERE grant_id = $1
ORDER BY jti
ON CONFLICT DO NOTHING
