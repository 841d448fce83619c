/*
 * bearer.c: AUTHN_BEARER. An access token for our own APIs (RFC 9068, RFC 6750, RFC 9449): in the Authorization header
 * and nowhere else, signed by us, for us, in time, sent by the holder of the key that it is bound to, and with
 * everything it rests on still standing: token not revoked, client enabled, session alive, person enabled. The
 * signature of the token is verified once and remembered; the rest is asked each time.
 */
#include <string.h>

#include "auditlog/base/clock.h"
#include "authd/identity/acting.h"
#include "authd/identity/authenticate.h"
#include "authd/jose/jws.h"
#include "authd/keyset.h"
#include "authd/oauth/client.h"
#include "authd/oauth/dpop_proof.h"
#include "authd/oauth/represent.h"
#include "authd/request.h"
#include "authd/store/store_client.h"
#include "authd/store/store_person.h"
#include "authd/store/store_role.h"
#include "authd/store/store_token.h"

#define DEADLINE_US INT64_C(1500000)

/* ---- the token ---- */

struct credential {
	struct str token;
	bool is_dpop; /* the scheme: DPoP (RFC 9449 7.1) instead of Bearer */
};

static enum status
refuse(struct request *rq, const struct credential *c, const char *why)
{
	dpop_challenge(rq, c->is_dpop ? "DPoP" : "Bearer", "invalid_token", why);
	return request_fail(rq, E_UNAUTHENTICATED, "invalid_token", why);
}

/* RFC 6750 3.1: who sent none is told of no error in the challenge; what an OAuth body says must still be a token's. */
static enum status
ask_for_token(struct request *rq)
{
	problem_challenge(rq->rsp, "Bearer realm=\"ombud\", DPoP realm=\"ombud\", algs=\"" DPOP_PROOF_ALGS "\"");
	return request_fail(rq, E_UNAUTHENTICATED,
			    rq->route->errors == PROBLEM_OAUTH ? "invalid_token" : "unauthenticated",
			    "an access token is needed");
}

/* Of a body that no row of the table made a form: it may still be one, with a token in it. */
static bool
body_has_token(const struct request *rq)
{
	CLEANUP(form_clear) struct form f = { 0 };

	if (rq->http->body.n == 0 || form_media_type(rq->http, "application/x-www-form-urlencoded") != OK)
		return false;
	return form_parse(rq->http->body, NULL, &f) != OK || form_get(&f, "access_token").p != NULL;
}

/* RFC 6750 2, RFC 9700 4.3.2: one place only. A token in a query is in every log on its way. */
static bool
is_elsewhere(const struct request *rq)
{
	return form_get(&rq->query, "access_token").p != NULL || form_get(&rq->form, "access_token").p != NULL ||
	       (rq->route->body == ROUTE_ANY && body_has_token(rq));
}

/* Schemes are compared without case (RFC 9110 11.1). */
static bool
read_scheme(struct str value, struct credential *c)
{
	static const struct {
		struct str scheme;
		bool is_dpop;
	} schemes[] = { { STR_INIT("Bearer "), false }, { STR_INIT("DPoP "), true } };

	for (size_t i = 0; i < ARRAY_LEN(schemes); i++) {
		const size_t n = schemes[i].scheme.n;

		if (value.n <= n || !str_eq_nocase(str_slice(value, 0, n), schemes[i].scheme))
			continue;
		*c = (struct credential){ str_slice(value, n, value.n), schemes[i].is_dpop };
		return true;
	}
	return false;
}

static enum status
find_token(struct request *rq, struct credential *c)
{
	struct str value;
	enum status st = http_header_one(rq->http, "authorization", &value);

	if (is_elsewhere(rq))
		return request_fail(rq, E_INVALID, "invalid_request",
				    "send the access token in the Authorization header only");
	if (st == E_INVALID)
		return request_fail(rq, E_INVALID, "invalid_request", "there is more than one Authorization header");
	return st == OK && read_scheme(value, c) ? OK : ask_for_token(rq);
}

static enum status
verify_token(struct request *rq, struct str token, struct str audience, json_t **claims)
{
	CLEANUP(keyset_unrefp) struct keyset *keys = keyset_get(rq->authd->keyset);
	const struct jws_expect expect = { .iss = rq->authd->issuer, .aud = audience, .now_us = clock_now_us() };

	if (keys == NULL)
		return E_UNAVAILABLE;
	return token_cache_accept(rq->authd->tokens, token, keyset_keys(keys), &expect, claims);
}

/* ---- what it rests on ---- */

struct standing {
	char jti[64], sid[64], client_id[PRINCIPAL_ID_MOST], sub[PRINCIPAL_ID_MOST];
	int64_t now_us;
	struct store_token_facts facts;
	struct store_client client;
	struct store_person person; /* these two only of a person's token */
	struct store_role_list roles;
};

static void
standing_clear(void *arg)
{
	struct standing *s = arg;

	store_client_clear(&s->client);
	store_person_clear(&s->person);
	store_role_list_clear(&s->roles);
}

static enum status
look(void *arg, void *worker_ctx)
{
	struct standing *s = arg;

	TRY(store_token_facts(worker_ctx, str_of(s->jti), str_of(s->sid), str_of(s->client_id), str_of(s->sub),
			      s->now_us, &s->facts));
	TRY(store_client_find(worker_ctx, str_of(s->client_id), &s->client));
	if (s->sub[0] == '\0')
		return OK;
	TRY(store_person_find(worker_ctx, str_of(s->sub), &s->person));
	return store_role_of(worker_ctx, str_of(s->sub), &s->roles);
}

/* A claim as text; absent is empty, too long or of another type is no token of ours. */
static enum status
claim(const json_t *claims, const char *name, char *to, size_t size)
{
	const json_t *value = json_object_get(claims, name);

	if (value == NULL) {
		to[0] = '\0';
		return OK;
	}
	if (!json_is_string(value) || json_string_length(value) >= size)
		return E_UNAUTHENTICATED;
	memcpy(to, json_string_value(value), json_string_length(value) + 1);
	return OK;
}

/* Services have "svc:" before their id, so that no client can be named like a person (RFC 9700 4.15). */
static bool
is_service(const char *sub)
{
	return strncmp(sub, "svc:", 4) == 0;
}

static enum status
find_standing(struct request *rq, const json_t *claims, struct standing **out)
{
	CLEANUP(worker_arg_dropp) struct standing *s = worker_arg_new(sizeof(*s), standing_clear);
	enum status st;

	if (s == NULL)
		return E_NOMEM;
	TRY(claim(claims, "jti", s->jti, sizeof(s->jti)));
	TRY(claim(claims, "sid", s->sid, sizeof(s->sid)));
	TRY(claim(claims, "client_id", s->client_id, sizeof(s->client_id)));
	TRY(claim(claims, "sub", s->sub, sizeof(s->sub)));
	if (is_service(s->sub))
		s->sub[0] = '\0';
	s->now_us = clock_now_us();
	st = worker_run(rq->authd->pool, look, s, DEADLINE_US);
	if (st == E_NOT_FOUND)
		return E_UNAUTHENTICATED;
	TRY(st);
	*out = STEAL(&s);
	return OK;
}

static bool
stands(const struct standing *s)
{
	return !s->facts.revoked && s->facts.session_alive && s->facts.client_active && s->facts.person_active;
}

/* ---- the principal ---- */

/* A role taken away since the token was made is taken away: a revocation holds at once, not when the token ends. */
static bool
still_held(const struct standing *s, struct str role)
{
	if (s->sub[0] == '\0')
		return client_has(s->client.roles, role);
	for (size_t i = 0; i < s->roles.count; i++)
		if (str_eq(s->roles.items[i].role, role) &&
		    str_eq(s->roles.items[i].organisation, s->client.organisation))
			return true;
	return false;
}

static void
put_roles(struct principal *who, const struct standing *s, const json_t *roles)
{
	for (size_t i = 0; i < json_array_size(roles) && who->role_count < PRINCIPAL_ROLES_MOST; i++) {
		const json_t *role = json_array_get(roles, i);

		if (json_is_string(role) && json_string_length(role) < sizeof(who->roles[0]) &&
		    still_held(s, str_of(json_string_value(role))))
			memcpy(who->roles[who->role_count++], json_string_value(role), json_string_length(role) + 1);
	}
}

/* A service is as sure as its credentials: a key that never travels counts as two factors, a shared secret as one. */
static unsigned
service_acr(const struct store_client *c)
{
	return str_is(c->auth_method, "private_key_jwt") || str_ends(c->auth_method, STR("tls_client_auth")) ? 2 : 1;
}

static enum status
fill(struct request *rq, const json_t *claims, const struct standing *s)
{
	struct principal *who = &rq->who;
	char acr[8];

	who->kind = s->sub[0] == '\0' ? PRINCIPAL_SERVICE : PRINCIPAL_TOKEN;
	TRY(claim(claims, "sub", who->sub, sizeof(who->sub)));
	TRY(claim(claims, "scope", who->scope, sizeof(who->scope)));
	TRY(claim(claims, "acr", acr, sizeof(acr)));
	TRY(principal_put(who->client_id, sizeof(who->client_id), s->client.client_id));
	TRY(principal_put(who->service, sizeof(who->service), s->client.service));
	TRY(principal_put(who->organisation, sizeof(who->organisation), s->client.organisation));
	TRY(principal_put(who->sid, sizeof(who->sid), str_of(s->sid)));
	TRY(principal_put(who->jti, sizeof(who->jti), str_of(s->jti)));
	TRY(principal_put(who->pseudonym, sizeof(who->pseudonym), s->person.pseudonym));
	put_roles(who, s, json_object_get(claims, "roles"));
	who->auth_us = json_integer_value(json_object_get(claims, "auth_time")) * SECOND_US;
	who->acr = who->kind == PRINCIPAL_SERVICE ? service_acr(&s->client) : role_acr_level(str_of(acr));
	who->wrapped = BUF(KEYS_BLOB_MAX);
	buf_put(&who->wrapped, s->person.wrapped_key);
	return buf_status(&who->wrapped);
}

/* The token itself, and that who sends it is who may. */
static enum status
accept_token(struct request *rq, const struct bearer_use *use, const struct credential *c, json_t **claims)
{
	struct cnf bound;
	enum status st = verify_token(rq, c->token, use->audience, claims);

	if (st == E_UNAVAILABLE || st == E_NOMEM)
		return st;
	if (st != OK)
		return refuse(rq, c,
			      st == E_EXPIRED ? "the access token has expired" : "the access token is not valid");
	rq->token_is_ours = true;
	if (cnf_of_claims(*claims, &bound) != OK)
		return refuse(rq, c, "the access token is not valid");
	return dpop_check_resource(rq, &use->target, c->token, c->is_dpop, &bound);
}

enum status
authenticate_bearer_use(struct request *rq, const struct bearer_use *use)
{
	CLEANUP(jws_json_freep) json_t *claims = NULL;
	CLEANUP(worker_arg_dropp) struct standing *s = NULL;
	struct credential c = { 0 };
	enum status st;

	TRY(find_token(rq, &c));
	TRY(accept_token(rq, use, &c, &claims));
	st = find_standing(rq, claims, &s);
	if (st == E_UNAUTHENTICATED || (st == OK && !stands(s)))
		return refuse(rq, &c, "the access token is not valid any more");
	TRY(st);
	TRY(fill(rq, claims, s));
	rq->who.bound_to_key = c.is_dpop;
	if (cnf_of_claims(claims, &rq->who.cnf) != OK) /* accept_token() has read it before */
		return E_CORRUPT;
	if (represent_is_acting(claims))
		TRY(acting_take_on_token(rq));
	if (use->claims != NULL)
		*use->claims = json_incref(claims);
	return OK;
}

enum status
authenticate_bearer(struct request *rq)
{
	const struct bearer_use use = { .audience = rq->authd->issuer };

	return authenticate_bearer_use(rq, &use);
}
