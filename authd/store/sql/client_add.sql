INSERT INTO client (client_id, name, kind, organisation, status, auth_method, secret_hash, jwks, tls_san,
	redirect_uris, post_logout_uris, scopes, grants, audiences, id_token_alg, fapi, service, roles, legacy, native,
	jwks_uri, tls_certificates, secret_hash_old, secret_old_until_us, access_token_alg, userinfo_alg,
	assertion_alg, pairwise, backchannel_logout_uri, backchannel_session, tls_bound, dpop_bound, par_required,
	refresh_life_s, refresh_idle_s, third_party, may_act, created_us, event_id)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22,
	$23, $24, $25, $26, $27, $28, $29, $30, $31, $32, $33, $34, $35, $36, $37, $38, $39)
