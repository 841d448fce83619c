/*
 * ep_introspect.c: POST /oauth2/introspect (RFC 7662). Whoever has no business with a token gets exactly
 * {"active":false}, as for a token that never was. Writes nothing: a check of a check is no event.
 *
 * Whose business an access token is: the client's that it was given to; every registered service's when it is for our
 * APIs, where such tokens are shown; the service's whose client id its audience names. Refresh tokens are their
 * client's alone.
 */
#include <string.h>

#include "auditlog/base/clock.h"
#include "auditlog/base/secret.h"
#include "auditlog/core/hash.h"
#include "authd/endpoints/endpoints.h"
#include "authd/http/json.h"
#include "authd/keyset.h"
#include "authd/oauth/client.h"
#include "authd/oauth/cnf.h"
#include "authd/oauth/details.h"
#include "authd/oauth/refresh.h"
#include "authd/oauth/subject.h"
#include "authd/request.h"
#include "authd/store/store_token.h"

static enum status
say(struct request *rq, json_t *body)
{
	if (body == NULL)
		return E_NOMEM;
	response_json(rq->rsp, 200, body);
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
	const struct jws_expect expect = { .iss = rq->authd->issuer, .now_us = clock_now_us() };

	if (keys == NULL)
		return E_UNAVAILABLE;
	return token_cache_introspect(rq->authd->tokens, token, keyset_keys(keys), &expect, claims);
}

static bool
has_audience(const json_t *claims, const char *wanted)
{
	const json_t *aud = json_object_get(claims, "aud");

	if (json_is_string(aud))
		return strcmp(json_string_value(aud), wanted) == 0;
	for (size_t i = 0; i < json_array_size(aud); i++) {
		const char *one = json_string_value(json_array_get(aud, i));

		if (one != NULL && strcmp(one, wanted) == 0)
			return true;
	}
	return false;
}

static bool
is_concerned(const struct request *rq, const struct store_client *caller, const json_t *claims)
{
	if (strcmp(claim(claims, "client_id"), rq->who.client_id) == 0)
		return true;
	return str_is(caller->kind, "service") &&
	       (has_audience(claims, rq->authd->config.issuer) || has_audience(claims, rq->who.client_id));
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

static enum status
introspect_access(struct request *rq, const struct store_client *caller, struct str token, json_t **told)
{
	CLEANUP(jws_json_freep) json_t *claims = NULL;
	bool stands = false;
	enum status st = verify_token(rq, token, &claims);

	if (st == E_UNAVAILABLE || st == E_NOMEM)
		return st;
	if (st != OK || !is_concerned(rq, caller, claims))
		return OK;
	TRY(still_stands(rq, claims, &stands));
	*told = stands ? active(claims) : NULL;
	return !stands || *told != NULL ? OK : E_NOMEM;
}

/* ---- refresh tokens ---- */

static int64_t
end_of(const struct store_refresh *r)
{
	const int64_t silent = r->used_us + r->idle_us;

	return silent < r->expires_us ? silent : r->expires_us;
}

/* The very one that is good now: not one that another followed, even where that one may still be shown again. */
static bool
is_good(const struct store_refresh *r, struct str token)
{
	const struct hash given = hash_sha256(token);

	return !r->revoked && r->log_index != STORE_NO_INDEX && end_of(r) > clock_now_us() &&
	       secret_equal(r->token_hash, str_from(given.b, sizeof(given.b)));
}

static enum status
tell_refresh(struct request *rq, const struct store_client *caller, const struct store_refresh *r, json_t **told)
{
	CLEANUP(buf_clear) struct buf sub = BUF(KEYS_SUB_MAX);
	json_t *details = NULL;

	TRY(subject_for(rq, caller, r->sub, &sub));
	*told = json_pack("{s:b, s:s, s:s%, s:s%, s:s%, s:I, s:I, s:I}", "active", 1, "iss", rq->authd->config.issuer,
			  "client_id", r->client_id.p, r->client_id.n, "sub", sub.p, sub.n, "scope", r->scope.p,
			  r->scope.n, "iat", (json_int_t)(r->created_us / SECOND_US), "exp",
			  (json_int_t)(end_of(r) / SECOND_US), "auth_time", (json_int_t)(r->auth_us / SECOND_US));
	if (*told == NULL)
		return E_NOMEM;
	if (r->details.n > 0 && json_read(r->details, ROUTE_BODY_MOST, &details, NULL) == OK)
		json_object_set_new(*told, "authorization_details", details);
	return OK;
}

static enum status
introspect_refresh(struct request *rq, const struct store_client *caller, struct str token, json_t **told)
{
	CLEANUP(store_refresh_clear) struct store_refresh r = { 0 };
	struct store_token_facts facts;
	enum status st;

	TRY(refresh_of_client(rq, token, caller->client_id, &r));
	TRY(store_token_facts(request_store(rq), STR(""), STR(""), caller->client_id, r.sub, clock_now_us(), &facts));
	if (!is_good(&r, token) || !facts.person_active)
		return OK;
	st = details_stand(rq, r.details, r.sub);
	if (st == E_DENIED) /* its consent has ended, and it with it */
		return OK;
	TRY(st);
	return tell_refresh(rq, caller, &r, told);
}

enum status
ep_introspect(struct request *rq)
{
	CLEANUP(store_client_clear) struct store_client caller = { 0 };
	CLEANUP(json_decrefp) json_t *told = NULL;
	struct str token = form_get(&rq->form, "token");
	enum status st;

	if (token.n == 0)
		return request_fail(rq, E_INVALID, "invalid_request", "token is missing");
	TRY(client_of(rq, &caller));
	if (client_is_public(&caller))
		return request_fail(rq, E_UNAUTHENTICATED, "invalid_client", "a public client may not introspect");
	st = introspect_refresh(rq, &caller, token, &told);
	if (st == E_NOT_FOUND)
		st = introspect_access(rq, &caller, token, &told);
	TRY(st);
	if (told == NULL)
		told = json_pack("{s:b}", "active", 0);
	return say(rq, told);
}
