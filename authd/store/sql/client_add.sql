INSERT INTO client (client_id, name, kind, organisation, status, auth_method, secret_hash, jwks, tls_san, redirect_uris,
	post_logout_uris, scopes, grants, audiences, id_token_alg, fapi, service, roles, legacy, created_us, event_id)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21)
