SELECT client_id, name, kind, organisation, status, auth_method, secret_hash, jwks, tls_san, redirect_uris,
	post_logout_uris, scopes, grants, audiences, id_token_alg, fapi, service, roles, legacy, created_us, event_id,
	log_index
FROM client
WHERE client_id = $1
