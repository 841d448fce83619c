SELECT code_hash, client_id, sub, sid, redirect_uri, scope, nonce, challenge, auth_us, acr, amr, grant_id, expires_us,
	used_us, details, dpop_jkt, resource, event_id, log_index
FROM code
WHERE code_hash = $1 AND client_id = $2 AND used_us IS NOT NULL
