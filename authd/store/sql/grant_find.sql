SELECT grant_id, client_id, sub, sid, scope, created_us, revoked_us, expires_us
FROM oauth_grant
WHERE grant_id = $1
