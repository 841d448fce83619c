#include "authd/oauth/exchange.h"

#include <string.h>

#include "auditlog/base/clock.h"
#include "authd/access/mandate.h"
#include "authd/jose/token_cache.h"
#include "authd/keyset.h"
#include "authd/oauth/client.h"
#include "authd/oauth/grant.h"
#include "authd/oauth/may_act.h"
#include "authd/oauth/represent.h"
#include "authd/request.h"
#include "authd/store/store_token.h"

#define NAME_MOST 160

/* A token that came as a parameter, once it is known to hold and to be this client's business. */
struct shown_token {
	json_t *claims;
	struct store_person person;
};

struct exchanging {
	const struct store_client *client;
	const struct cnf *shown;
	struct shown_token subject, actor; /* actor.claims NULL: the client itself acts */
	struct buf scope, audience, actor_name;
	json_t *act;
	bool acts; /* under the mandate that is asked for */
	struct represent mandate;
};

static void
exchanging_clear(struct exchanging *x)
{
	json_decref(x->subject.claims);
	json_decref(x->actor.claims);
	json_decref(x->act);
	represent_clear(&x->mandate);
	store_person_clear(&x->subject.person);
	store_person_clear(&x->actor.person);
	buf_clear(&x->scope);
	buf_clear(&x->audience);
	buf_clear(&x->actor_name);
}

static struct str
claim(const json_t *claims, const char *name)
{
	const char *text = json_string_value(json_object_get(claims, name));

	return str_of(text != NULL ? text : "");
}

/* RFC 8693 2.2.2: whatever is wrong with a token is invalid_request. Nothing that came is ever left out of account: a
 * token that is not good ends the request, and the attempt is an entry. */
static enum status
refuse(struct request *rq, const char *why)
{
	return request_fail(rq, E_DENIED, "invalid_request", why);
}

/* ---- the tokens that came ---- */

/* Only access tokens: who could exchange an ID token or a refresh token could turn a proof of signing in into access.
 */
static enum status
read_parameter(struct request *rq, const char *name, const char *type_name, struct str *token)
{
	struct str type = form_get(&rq->form, type_name);

	*token = form_get(&rq->form, name);
	if (token->n == 0 && type.n == 0)
		return OK;
	if (token->n == 0 || !str_is(type, EXCHANGE_ACCESS_TOKEN))
		return refuse(rq, "a token must come with its type, and be an access token");
	return OK;
}

static enum status
verify(struct request *rq, struct str token, json_t **claims)
{
	CLEANUP(keyset_unrefp) struct keyset *keys = keyset_get(rq->authd->keyset);
	const struct jws_expect expect = { .iss = rq->authd->issuer, .now_us = clock_now_us() };
	enum status st;

	if (keys == NULL)
		return E_UNAVAILABLE;
	st = token_cache_introspect(rq->authd->tokens, token, keyset_keys(keys), &expect, claims);
	if (st == OK || st == E_NOMEM || st == E_UNAVAILABLE)
		return st;
	return refuse(rq, "a token is not an access token of ours, or has expired");
}

static bool
is_for(const json_t *claims, struct str audience)
{
	const json_t *aud = json_object_get(claims, "aud");

	if (json_is_string(aud))
		return str_is(audience, json_string_value(aud));
	for (size_t i = 0; i < json_array_size(aud); i++)
		if (str_is(audience, json_string_value(json_array_get(aud, i))))
			return true;
	return false;
}

/*
 * Its own token, or one for an audience that it is registered for. Being registered for this grant at all, its scopes
 * and its audiences are what limits a client; what it was not made for it may not use.
 */
static bool
is_concerned(struct request *rq, const struct store_client *client, const json_t *claims)
{
	struct str rest = client->audiences, word;

	if (str_eq(claim(claims, "client_id"), client->client_id) || is_for(claims, rq->authd->issuer))
		return true;
	while (rest.n > 0 && str_next(&rest, ' ', &word))
		if (word.n > 0 && is_for(claims, word))
			return true;
	return false;
}

/* A token that is bound to a key is worth nothing without that key, here as anywhere. */
static enum status
check_key(struct request *rq, const struct exchanging *x, const json_t *claims)
{
	struct cnf bound;

	if (cnf_of_claims(claims, &bound) != OK)
		return refuse(rq, "a token is bound in a way that is not checked here");
	if (bound.kind != CNF_NONE && !cnf_equal(&bound, x->shown))
		return refuse(rq, "a token is bound to a key, and this request does not prove that key");
	return OK;
}

static enum status
check_standing(struct request *rq, const json_t *claims)
{
	struct store_token_facts facts;

	TRY(store_token_facts(request_store(rq), claim(claims, "jti"), claim(claims, "sid"), claim(claims, "client_id"),
			      claim(claims, "sub"), clock_now_us(), &facts));
	if (facts.revoked || !facts.session_alive || !facts.client_active || !facts.person_active)
		return refuse(rq, "a token does not hold any more");
	return OK;
}

static enum status
accept_token(struct request *rq, const struct exchanging *x, struct str token, struct shown_token *out)
{
	enum status st;

	TRY(verify(rq, token, &out->claims));
	if (str_starts(claim(out->claims, "sub"), STR("svc:")))
		return refuse(rq, "only a person's token can be exchanged; a service asks for its own");
	if (!is_concerned(rq, x->client, out->claims))
		return refuse(rq, "a token is not this client's to exchange");
	if (represent_is_acting(out->claims)) /* what a mandate is for is for its representative, not for others */
		return refuse(rq, "a token under a mandate is not exchanged");
	TRY(check_key(rq, x, out->claims));
	TRY(check_standing(rq, out->claims));
	st = store_person_find(request_store(rq), claim(out->claims, "sub"), &out->person);
	return st == E_NOT_FOUND ? refuse(rq, "a token does not hold any more") : st;
}

static enum status
accept_tokens(struct request *rq, struct exchanging *x)
{
	struct str wanted = form_get(&rq->form, "requested_token_type"), subject, actor;

	TRY(read_parameter(rq, "subject_token", "subject_token_type", &subject));
	TRY(read_parameter(rq, "actor_token", "actor_token_type", &actor));
	if (subject.n == 0)
		return refuse(rq, "subject_token is missing");
	if (wanted.n > 0 && !str_is(wanted, EXCHANGE_ACCESS_TOKEN))
		return request_fail(rq, E_INVALID, "invalid_request", "only access tokens are given");
	TRY(accept_token(rq, x, subject, &x->subject));
	return actor.n > 0 ? accept_token(rq, x, actor, &x->actor) : OK;
}

/* ---- who acts ---- */

static size_t
depth(const json_t *act)
{
	size_t n = 0;

	for (; act != NULL; act = json_object_get(act, "act"))
		n++;
	return n;
}

/* A member of staff goes by the name that entries have for them; others act for nobody. */
static enum status
name_actor(struct request *rq, struct exchanging *x)
{
	if (x->actor.claims == NULL) {
		buf_put_cstr(&x->actor_name, "svc:");
		buf_put(&x->actor_name, x->client->client_id);
		return buf_status(&x->actor_name);
	}
	if (x->actor.person.pseudonym.n == 0)
		return refuse(rq, "only a member of staff can be an actor");
	if (json_object_get(x->actor.claims, "act") != NULL)
		return refuse(rq, "the actor's own token was exchanged");
	buf_put(&x->actor_name, x->actor.person.pseudonym);
	return buf_status(&x->actor_name);
}

/* Under a mandate: the representative acts, by the name that it gave them. */
static enum status
take_mandate(struct request *rq, struct exchanging *x, struct str mandate_id)
{
	x->acts = true;
	if (x->actor.claims != NULL)
		return refuse(rq, "a representative acts alone; leave actor_token out");
	TRY(represent_find(rq, x->client, x->subject.claims, mandate_id, &x->mandate));
	buf_put(&x->actor_name, x->mandate.mandate.rep_id);
	return buf_status(&x->actor_name);
}

/* RFC 8693 4.1: the newest actor outside, those before it inside. */
static enum status
build_act(struct request *rq, struct exchanging *x)
{
	json_t *before = json_object_get(x->subject.claims, "act");
	struct str mandate_id = form_get(&rq->form, REPRESENT_PARAM);

	if (!may_act_allows(x->subject.claims, x->client->client_id))
		return refuse(rq, "the token names others who may act with it");
	TRY(mandate_id.p != NULL ? take_mandate(rq, x, mandate_id) : name_actor(rq, x));
	if (depth(before) >= EXCHANGE_ACTORS_MOST)
		return refuse(rq, "too many have acted with this token");
	x->act = json_pack("{s:s%}", "sub", x->actor_name.p, x->actor_name.n);
	if (x->act == NULL || (before != NULL && json_object_set(x->act, "act", before) != 0))
		return E_NOMEM;
	return OK;
}

/* ---- for what: never more than the token says that is exchanged ---- */

/* Only for what the person does themselves: signing in, and letting one client act for others. */
static bool
is_own(struct str scope)
{
	return str_is(scope, "offline_access") || str_is(scope, "openid") || str_is(scope, REPRESENT_SCOPE);
}

/* What both the token and the client's registration have, and the mandate allows. */
static enum status
put_common_scope(const struct exchanging *x, struct buf *out)
{
	struct str rest = claim(x->subject.claims, "scope"), word;

	while (rest.n > 0 && str_next(&rest, ' ', &word)) {
		if (word.n == 0 || !client_has(x->client->scopes, word) || is_own(word) ||
		    (x->acts && !represent_has_scope(&x->mandate, word)))
			continue;
		if (out->n > 0)
			buf_put_char(out, ' ');
		buf_put(out, word);
	}
	return buf_status(out);
}

static enum status
choose_scope(struct request *rq, struct exchanging *x)
{
	CLEANUP(buf_clear) struct buf common = BUF(PRINCIPAL_SCOPE_MOST);

	TRY(put_common_scope(x, &common));
	if (grant_narrow(buf_str(&common), form_get(&rq->form, "scope"), &x->scope) != OK)
		return request_fail(rq, E_DENIED, "invalid_scope",
				    "a scope is not one of the token's, or not one of this client's");
	return OK;
}

static enum status
put_target(struct request *rq, struct exchanging *x, struct str target)
{
	if (target.n == 0)
		return OK;
	if (!is_for(x->subject.claims, target) || (x->acts && !str_eq(target, rq->authd->issuer)) ||
	    (!str_eq(target, rq->authd->issuer) && !client_has(x->client->audiences, target)))
		return request_fail(rq, E_DENIED, "invalid_target",
				    "a target is not one of the token's, or not one that this client may reach");
	if (x->audience.n > 0)
		buf_put_char(&x->audience, ' ');
	buf_put(&x->audience, target);
	return buf_status(&x->audience);
}

/* `resource` and `audience` both name targets (RFC 8693 2.1); none: our own APIs, if the token is for them. */
static enum status
choose_audience(struct request *rq, struct exchanging *x)
{
	struct str one;

	TRY(put_target(rq, x, form_get(&rq->form, "audience")));
	for (size_t i = 0; one = form_get_nth(&rq->form, "resource", i), one.p != NULL; i++)
		TRY(put_target(rq, x, one));
	return x->audience.n > 0 ? OK : put_target(rq, x, rq->authd->issuer);
}

/* ---- issuing ---- */

static int64_t
seconds(const json_t *claims, const char *name)
{
	return (int64_t)json_integer_value(json_object_get(claims, name));
}

static int64_t
end_of(const struct exchanging *x)
{
	int64_t end = seconds(x->subject.claims, "exp");

	if (x->actor.claims != NULL && seconds(x->actor.claims, "exp") < end)
		end = seconds(x->actor.claims, "exp");
	if (x->acts && mandate_end_us(&x->mandate.mandate) / SECOND_US < end)
		end = mandate_end_us(&x->mandate.mandate) / SECOND_US;
	return end * SECOND_US;
}

static unsigned
level(const json_t *claims)
{
	struct str acr = claim(claims, "acr");

	return acr.n == 1 && acr.p[0] >= '1' && acr.p[0] <= '3' ? (unsigned)(acr.p[0] - '0') : 0;
}

/* As sure as the less sure of the two. */
static unsigned
level_of(const struct exchanging *x)
{
	unsigned own = level(x->subject.claims);

	return x->actor.claims != NULL && level(x->actor.claims) < own ? level(x->actor.claims) : own;
}

struct deriving {
	struct str parent_jti;
	bool gone; /* the token that is exchanged was revoked just now */
};

static enum status
work_derive(struct store_tx *tx, const struct token_issue *issue, void *arg)
{
	struct deriving *d = arg;
	enum status st = store_token_derived(tx, str_of(issue->draft.id_text), d->parent_jti,
					     issue->issued_us + token_life_s(issue) * SECOND_US);

	d->gone = st == E_NOT_FOUND;
	return st;
}

static enum status
issue(struct request *rq, const struct exchanging *x)
{
	const json_t *subject = x->subject.claims;
	struct deriving d = { .parent_jti = claim(subject, "jti") };
	const struct grant_also also = { .work = work_derive, .arg = &d };
	const struct token_terms terms = {
		.client = x->client,
		.person = x->acts ? &x->mandate.person : &x->subject.person,
		.scope = buf_str(&x->scope),
		.sid = claim(subject, "sid"),
		.acr = level_of(x),
		.auth_us = seconds(subject, "auth_time") * SECOND_US,
		.cnf = *x->shown,
		.audience = buf_str(&x->audience),
		.act = x->act,
		.until_us = end_of(x),
		.operator_id = x->acts                   ? x->mandate.mandate.rep_id
			       : x->actor.claims != NULL ? x->actor.person.pseudonym
							 : STR(""),
		.mandate = x->acts ? &x->mandate.mandate : NULL,
		.exchanged = subject,
		.issued_token_type = STR(EXCHANGE_ACCESS_TOKEN),
	};
	enum status st;

	if (terms.until_us - clock_now_us() < SECOND_US)
		return refuse(rq, "a token is about to expire");
	if (x->acts)
		return represent_issue(rq, &x->mandate, &terms, d.parent_jti);
	st = grant_issue(rq, &terms, &also);
	return d.gone ? refuse(rq, "a token does not hold any more") : st;
}

enum status
exchange_grant(struct request *rq, const struct store_client *client, const struct cnf *shown)
{
	CLEANUP(exchanging_clear)
	struct exchanging x = { .client = client,
				.shown = shown,
				.scope = BUF(PRINCIPAL_SCOPE_MOST),
				.audience = BUF(GRANT_AUDIENCE_MOST),
				.actor_name = BUF(NAME_MOST) };

	if (client_is_public(client))
		return request_fail(rq, E_DENIED, "unauthorized_client", "a public client may not exchange tokens");
	TRY(accept_tokens(rq, &x));
	TRY(build_act(rq, &x));
	TRY(choose_scope(rq, &x));
	TRY(choose_audience(rq, &x));
	return issue(rq, &x);
}
