INSERT INTO oauth_grant (grant_id, client_id, sub, sid, scope, created_us, revoked_us, expires_us)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
