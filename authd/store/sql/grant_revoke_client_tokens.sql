INSERT INTO revoked_token (jti, expires_us)
SELECT t.jti, t.expires_us
FROM oauth_grant g
JOIN issued_token t ON t.grant_id = g.grant_id
WHERE g.sub = $1 AND g.client_id = $2
ORDER BY t.jti
ON CONFLICT DO NOTHING
