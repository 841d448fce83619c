SELECT client_id, name, kind, organisation, status, auth_method, secret_hash, jwks, tls_san, redirect_uris,
	post_logout_uris, scopes, grants, audiences, id_token_alg, fapi, service, roles, legacy, native, jwks_uri,
	tls_certificates, secret_hash_old, secret_old_until_us, access_token_alg, userinfo_alg, assertion_alg,
	pairwise, backchannel_logout_uri, backchannel_session, tls_bound, dpop_bound, par_required, refresh_life_s,
	refresh_idle_s, third_party, may_act, created_us, event_id, log_index
FROM client
WHERE client_id > $1
ORDER BY client_id
LIMIT $2
