/* ep_discovery.c: what there is, for programs. Only what works is named. */
#include "auditlog/base/clock.h"
#include "authd/endpoints/endpoints.h"
#include "authd/http/embedded.h"
#include "authd/keyset.h"
#include "authd/oauth/details.h"
#include "authd/oauth/device.h"
#include "authd/oauth/exchange.h"
#include "authd/request.h"

static enum status
say(struct request *rq, json_t *body)
{
	if (body == NULL)
		return E_NOMEM;
	response_json(rq->rsp, 200, body);
	rq->rsp->cache = RESPONSE_HOUR;
	response_header(rq->rsp, "Access-Control-Allow-Origin", STR("*"));
	json_decref(body);
	return OK;
}

/* Every address here is the issuer and a path of the route table. */
static void
add_endpoints(const struct request *rq, json_t *body)
{
	static const struct {
		const char *name, *path;
	} endpoints[] = {
		{ "authorization_endpoint", "/oauth2/authorize" },
		{ "pushed_authorization_request_endpoint", "/oauth2/par" },
		{ "token_endpoint", "/oauth2/token" },
		{ "introspection_endpoint", "/oauth2/introspect" },
		{ "revocation_endpoint", "/oauth2/revoke" },
		{ "device_authorization_endpoint", "/oauth2/device" },
		{ "userinfo_endpoint", "/oauth2/userinfo" },
		{ "end_session_endpoint", "/oauth2/logout" },
		{ "grant_management_endpoint", "/grants" },
		{ "jwks_uri", "/jwks" },
	};

	for (size_t i = 0; i < ARRAY_LEN(endpoints); i++)
		json_object_set_new(body, endpoints[i].name,
				    json_sprintf("%s%s", rq->authd->config.issuer, endpoints[i].path));
}

/* What an authorization request may say (oauth/authorize.h). */
static void
add_authorization(json_t *body)
{
	json_object_set_new(body, "require_pushed_authorization_requests", json_false()); /* each client's own matter */
	json_object_set_new(body, "prompt_values_supported",
			    json_pack("[s, s, s, s]", "none", "login", "consent", "select_account"));
	json_object_set_new(body, "claims_parameter_supported", json_true());
	json_object_set_new(body, "authorization_details_types_supported", json_pack("[s]", DETAILS_TYPE));
	/* OAuth Grant Management: consents are asked for under /consent/v1 and not in an authorization request. */
	json_object_set_new(body, "grant_management_actions_supported", json_pack("[s, s]", "query", "revoke"));
	json_object_set_new(body, "grant_management_action_required", json_false());
}

/* RFC 9449 5.1, RFC 8705 3.3: what a token may be bound to. */
static void
add_bindings(json_t *body)
{
	json_object_set_new(body, "dpop_signing_alg_values_supported",
			    json_pack("[s, s, s, s]", "ES256", "PS256", "EdDSA", "Ed25519"));
	json_object_set_new(body, "tls_client_certificate_bound_access_tokens", json_true());
}

/* OpenID Connect Back-Channel Logout 1.0, 2.1: every logout token has `sid`, as every ID token of a session has. */
static void
add_logout(json_t *body)
{
	json_object_set_new(body, "backchannel_logout_supported", json_true());
	json_object_set_new(body, "backchannel_logout_session_supported", json_true());
}

static json_t *
client_auth_methods(void)
{
	return json_pack("[s, s, s, s, s, s]", "private_key_jwt", "tls_client_auth", "self_signed_tls_client_auth",
			 "client_secret_basic", "client_secret_post", "none");
}

/* RFC 8414 2: wherever private_key_jwt is taken, with what it may be signed. */
static void
add_assertion_algs(json_t *body)
{
	static const char *const names[] = {
		"token_endpoint_auth_signing_alg_values_supported",
		"introspection_endpoint_auth_signing_alg_values_supported",
		"revocation_endpoint_auth_signing_alg_values_supported",
	};

	for (size_t i = 0; i < ARRAY_LEN(names); i++)
		json_object_set_new(body, names[i],
				    json_pack("[s, s, s, s, s]", "ES256", "PS256", "EdDSA", "Ed25519", "RS256"));
}

enum status
ep_discovery(struct request *rq)
{
	json_t *body = json_pack(
	    "{s:s, s:[s], s:[s], s:[s,s], s:[s,s,s], s:[s], s:b, s:b, s:b}", "issuer", rq->authd->config.issuer,
	    "response_types_supported", "code", "response_modes_supported", "query", "subject_types_supported",
	    "public", "pairwise", "id_token_signing_alg_values_supported", "RS256", "ES256", "PS256",
	    "code_challenge_methods_supported", "S256", "authorization_response_iss_parameter_supported", 1,
	    "request_parameter_supported", 0, "request_uri_parameter_supported", 0);

	if (body == NULL)
		return E_NOMEM;
	add_endpoints(rq, body);
	json_object_set_new(body, "grant_types_supported",
			    json_pack("[s, s, s, s, s]", "authorization_code", "client_credentials", "refresh_token",
				      DEVICE_GRANT, EXCHANGE_GRANT));
	add_authorization(body);
	add_bindings(body);
	json_object_set_new(body, "token_endpoint_auth_methods_supported", client_auth_methods());
	json_object_set_new(body, "introspection_endpoint_auth_methods_supported",
			    json_pack("[s, s, s, s, s]", "private_key_jwt", "tls_client_auth",
				      "self_signed_tls_client_auth", "client_secret_basic",
				      "client_secret_post")); /* a public client may not introspect */
	json_object_set_new(body, "revocation_endpoint_auth_methods_supported", client_auth_methods());
	add_assertion_algs(body);
	json_object_set_new(body, "userinfo_signing_alg_values_supported",
			    json_pack("[s, s, s]", "RS256", "ES256", "PS256"));
	json_object_set_new(body, "scopes_supported",
			    json_pack("[s, s, s, s, s, s, s, s, s, s, s, s]", "openid", "profile", "offline_access",
				      "consent:request", "question:answer", "consent:manage", "audit:write",
				      "audit:read", "access:evaluate", "access:emergency", "represent", "admin"));
	json_object_set_new(body, "claims_supported",
			    json_pack("[s, s, s, s, s, s, s, s, s, s, s]", "sub", "iss", "aud", "exp", "iat",
				      "auth_time", "acr", "amr", "nonce", "sid", "name"));
	add_logout(body);
	json_object_set_new(body, "acr_values_supported", json_pack("[s]", "2"));
	json_object_set_new(body, "ui_locales_supported", json_pack("[s, s]", "ru", "en"));
	return say(rq, body);
}

enum status
ep_discovery_authzen(struct request *rq)
{
	/* No `capabilities`: the registry that it names URNs of has none of what we do. */
	static const struct {
		const char *name, *path;
	} endpoints[] = {
		{ "access_evaluation_endpoint", "/access/v1/evaluation" },
		{ "access_evaluations_endpoint", "/access/v1/evaluations" },
		{ "search_subject_endpoint", "/access/v1/search/subject" },
		{ "search_resource_endpoint", "/access/v1/search/resource" },
		{ "search_action_endpoint", "/access/v1/search/action" },
	};
	json_t *body = json_pack("{s:s}", "policy_decision_point", rq->authd->config.issuer);

	if (body == NULL)
		return E_NOMEM;
	for (size_t i = 0; i < ARRAY_LEN(endpoints); i++)
		json_object_set_new(body, endpoints[i].name,
				    json_sprintf("%s%s", rq->authd->config.issuer, endpoints[i].path));
	return say(rq, body);
}

enum status
ep_jwks(struct request *rq)
{
	CLEANUP(keyset_unrefp) struct keyset *keys = keyset_get(rq->authd->keyset);

	if (keys == NULL)
		return request_fail(rq, E_UNAVAILABLE, NULL, "the keys are not there yet; try again in a moment");
	response_bytes(rq->rsp, 200, "application/jwk-set+json", keyset_json(keys));
	/* A new key waits as long as this before it signs (keys_rotate). */
	rq->rsp->max_age_s = (unsigned)(rq->authd->config.jwks_max_age_us / SECOND_US);
	response_header(rq->rsp, "Access-Control-Allow-Origin", STR("*"));
	return OK;
}

/* Everything that programs may ask here, as OpenAPI has it: authd/openapi.yaml of this build. */
enum status
ep_openapi(struct request *rq)
{
	const struct embedded_file *file = embedded_find(&embedded_documents, STR("openapi.json"));

	if (file == NULL)
		return E_NOT_FOUND;
	response_file(rq->rsp, rq->http, "application/json", file->etag, file->bytes, file->gzip);
	rq->rsp->cache = RESPONSE_HOUR;
	response_header(rq->rsp, "Access-Control-Allow-Origin", STR("*"));
	return OK;
}
