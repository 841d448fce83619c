UPDATE client
SET name = $2, kind = $3, organisation = $4, status = $5, auth_method = $6, secret_hash = $7, jwks = $8, tls_san = $9,
	redirect_uris = $10, post_logout_uris = $11, scopes = $12, grants = $13, audiences = $14, id_token_alg = $15,
	fapi = $16, service = $17, roles = $18, legacy = $19, event_id = $20, log_index = NULL
WHERE client_id = $1
