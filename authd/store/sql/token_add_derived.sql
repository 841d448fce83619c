INSERT INTO issued_token (jti, grant_id, expires_us, parent_jti)
SELECT $1, p.grant_id, $3, p.jti
FROM issued_token p
JOIN oauth_grant g ON g.grant_id = p.grant_id
WHERE p.jti = $2 AND g.revoked_us IS NULL
	AND NOT EXISTS (SELECT 1 FROM revoked_token r WHERE r.jti = p.jti)
