SELECT r.handle, r.grant_id, r.client_id, r.sub, r.sid, r.scope, r.audience, r.cnf, r.details, r.acr, r.amr, r.auth_us,
	r.rotating, r.token_hash, r.created_us, r.used_us, r.idle_us, r.expires_us, r.event_id, r.former_hash, r.rotated_us,
	r.retries, r.log_index, CASE WHEN g.revoked_us IS NULL THEN 0 ELSE 1 END
FROM refresh_token r
JOIN oauth_grant g ON g.grant_id = r.grant_id
WHERE r.handle = $1
