UPDATE client
SET name = $2, kind = $3, organisation = $4, status = $5, auth_method = $6, secret_hash = $7, jwks = $8, tls_san
	= $9, redirect_uris = $10, post_logout_uris = $11, scopes = $12, grants = $13, audiences = $14, id_token_alg =
	$15, fapi = $16, service = $17, roles = $18, legacy = $19, native = $20, jwks_uri = $21, tls_certificates =
	$22, secret_hash_old = $23, secret_old_until_us = $24, access_token_alg = $25, userinfo_alg = $26,
	assertion_alg = $27, pairwise = $28, backchannel_logout_uri = $29, backchannel_session = $30, tls_bound = $31,
	dpop_bound = $32, par_required = $33, refresh_life_s = $34, refresh_idle_s = $35, third_party = $36, may_act = $37,
	event_id = $38, log_index = NULL
WHERE client_id = $1 AND event_id = $39
