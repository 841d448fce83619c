/*
 * ep_introspect.c: POST /oauth2/introspect (RFC 7662). Whoever has no business with a token gets exactly
 * {"active":false}, as for a token that never was. Writes nothing: a check of a check is no event.
 */
#include <string.h>

#include "auditlog/base/clock.h"
#include "authd/endpoints/endpoints.h"
#include "authd/keyset.h"
#include "authd/oauth/client.h"
#include "authd/oauth/cnf.h"
#include "authd/request.h"
#include "authd/store/store_token.h"

static enum status
say(struct request *rq, json_t *body)
{
	if (body == NULL)
		return E_NOMEM;
	response_json(rq->rsp, 200, body);
	json_decref(body);
	return OK;
}

static const char *
claim(const json_t *claims, const char *name)
{
	const char *text = json_string_value(json_object_get(claims, name));

	return text != NULL ? text : "";
}

static enum status
verify_token(struct request *rq, struct str token, json_t **claims)
{
	CLEANUP(keyset_unrefp) struct keyset *keys = keyset_get(rq->authd->keyset);
	const struct jws_expect expect = { .iss = rq->authd->issuer,
					   .aud = rq->authd->issuer,
					   .now_us = clock_now_us() };

	if (keys == NULL)
		return E_UNAVAILABLE;
	return token_cache_accept(rq->authd->tokens, token, keyset_keys(keys), &expect, claims);
}

/*
 * Whose business a token is: the client's that it was given to, and a registered service's, to which tokens for our
 * APIs are shown. Other clients' tokens are nothing to a web or mobile client.
 */
static bool
is_concerned(const struct request *rq, const struct store_client *caller, const json_t *claims)
{
	return strcmp(claim(claims, "client_id"), rq->who.client_id) == 0 || str_is(caller->kind, "service");
}

static enum status
still_stands(struct request *rq, const json_t *claims, bool *stands)
{
	struct store_token_facts facts;
	const char *sub = claim(claims, "sub");
	bool service = strncmp(sub, "svc:", 4) == 0;

	TRY(store_token_facts(request_store(rq), str_of(claim(claims, "jti")), str_of(claim(claims, "sid")),
			      str_of(claim(claims, "client_id")), str_of(service ? "" : sub), clock_now_us(), &facts));
	*stands = !facts.revoked && facts.session_alive && facts.client_active && facts.person_active;
	return OK;
}

static json_t *
active(const json_t *claims)
{
	json_t *body = json_deep_copy(claims);
	struct cnf bound;

	if (body == NULL)
		return NULL;
	if (cnf_of_claims(claims, &bound) != OK) { /* none of ours: bound in a way that nobody here checks */
		json_decref(body);
		return json_pack("{s:b}", "active", 0);
	}
	json_object_set_new(body, "active", json_true());
	json_object_set_new(body, "token_type", json_string(cnf_token_type(&bound)));
	return body;
}

enum status
ep_introspect(struct request *rq)
{
	CLEANUP(store_client_clear) struct store_client caller = { 0 };
	CLEANUP(jws_json_freep) json_t *claims = NULL;
	struct str token = form_get(&rq->form, "token");
	bool stands = false;
	enum status st;

	if (token.n == 0)
		return request_fail(rq, E_INVALID, "invalid_request", "token is missing");
	TRY(client_of(rq, &caller));
	if (client_is_public(&caller))
		return request_fail(rq, E_UNAUTHENTICATED, "invalid_client", "a public client may not introspect");
	st = verify_token(rq, token, &claims);
	if (st == E_UNAVAILABLE || st == E_NOMEM)
		return st;
	if (st == OK && is_concerned(rq, &caller, claims))
		TRY(still_stands(rq, claims, &stands));
	return say(rq, stands ? active(claims) : json_pack("{s:b}", "active", 0));
}
