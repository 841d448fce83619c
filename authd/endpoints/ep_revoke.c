/*
 * ep_revoke.c: POST /oauth2/revoke (RFC 7009). 200 whatever the token is; only a client's own token is revoked by it.
 * The hint changes nothing: a token says itself what it is.
 *
 * A refresh token takes its whole grant with it: every access token of it and every token that those were exchanged
 * for. An access token takes only what it was exchanged for, or, with `revoking: grant`, its grant too. An ID token is
 * no access and cannot be revoked: that is said.
 */
#include <string.h>

#include "auditlog/base/clock.h"
#include "authd/audit/audit.h"
#include "authd/endpoints/endpoints.h"
#include "authd/keyset.h"
#include "authd/oauth/refresh.h"
#include "authd/request.h"
#include "authd/store/store_grant.h"
#include "authd/store/store_outbox.h"
#include "authd/store/store_token.h"

/* What is to be revoked; jti.n == 0: nothing but the grant, grant_id.n == 0: nothing but the token. */
struct target {
	struct str jti, grant_id;
	int64_t expires_us;
};

static enum status
save(struct request *rq, const struct target *t, const struct audit_draft *draft)
{
	CLEANUP(store_abandon) struct store_tx tx = { 0 };

	TRY(store_begin(request_store(rq), &tx));
	if (t->jti.n > 0)
		TRY(store_token_revoke(&tx, t->jti, t->expires_us));
	if (t->grant_id.n > 0)
		TRY(store_grant_revoke(&tx, t->grant_id, clock_now_us()));
	TRY(audit_emit(&tx, draft, STORE_TARGET_NONE, STR("")));
	return store_commit(&tx);
}

static enum status
revoke(struct request *rq, const struct target *t)
{
	CLEANUP(audit_draft_clear) struct audit_draft draft = { 0 };
	struct audit_event ev = audit_of(rq, ENTRY_TOKEN_REVOKED);
	struct receipt receipt;

	ev.entry.by.service = str_of(rq->who.client_id);
	audit_fact(&ev, "jti", t->jti);
	audit_fact(&ev, "grant", t->grant_id);
	TRY(audit_draft(rq->authd, &ev, &draft));
	TRY(save(rq, t, &draft));
	return audit_forward(rq->authd, &draft, &receipt);
}

/* E_NOT_FOUND from any of these: not one of those, or not this client's. */

static enum status
revoke_refresh(struct request *rq, struct str token)
{
	CLEANUP(store_refresh_clear) struct store_refresh family = { 0 };

	TRY(refresh_of_client(rq, token, str_of(rq->who.client_id), &family));
	if (family.revoked)
		return OK;
	return revoke(rq, &(const struct target){ .grant_id = family.grant_id });
}

static enum status
revoke_access(struct request *rq, struct str token, const struct jwk_set *keys)
{
	CLEANUP(jws_json_freep) json_t *claims = NULL;
	CLEANUP(store_result_drop) struct store_result *mem = NULL;
	const struct jws_expect expect = { .iss = rq->authd->issuer, .now_us = clock_now_us() };
	struct target t = { 0 };
	const char *client, *jti;
	enum status st = token_cache_introspect(rq->authd->tokens, token, keys, &expect, &claims);

	if (st == E_NOMEM)
		return st;
	client = st == OK ? json_string_value(json_object_get(claims, "client_id")) : NULL;
	jti = st == OK ? json_string_value(json_object_get(claims, "jti")) : NULL;
	if (client == NULL || jti == NULL || strcmp(client, rq->who.client_id) != 0)
		return E_NOT_FOUND;
	t.jti = str_of(jti);
	t.expires_us = (int64_t)json_integer_value(json_object_get(claims, "exp")) * SECOND_US;
	if (rq->authd->config.revoking == CONFIG_REVOKES_GRANT)
		st = store_token_grant(request_store(rq), t.jti, &t.grant_id, &mem);
	return st == OK || st == E_NOT_FOUND ? revoke(rq, &t) : st;
}

/* RFC 7009 2.2.1. */
static enum status
refuse_id_token(struct request *rq, struct str token, const struct jwk_set *keys)
{
	CLEANUP(jws_freep) struct jws *j = NULL;
	const struct jws_expect expect = { .iss = rq->authd->issuer,
					   .aud = str_of(rq->who.client_id),
					   .now_us = clock_now_us() };
	enum status st = jws_accept(JWS_ID_TOKEN_HINT, token, keys, &expect, &j);

	if (st == OK)
		return request_fail(rq, E_INVALID, "unsupported_token_type",
				    "an ID token opens nothing and cannot be revoked; sign the person out instead");
	return st == E_NOMEM ? st : E_NOT_FOUND;
}

static enum status
revoke_any(struct request *rq, struct str token)
{
	CLEANUP(keyset_unrefp) struct keyset *keys = keyset_get(rq->authd->keyset);
	enum status st;

	if (keys == NULL)
		return E_UNAVAILABLE;
	st = revoke_refresh(rq, token);
	if (st == E_NOT_FOUND)
		st = revoke_access(rq, token, keyset_keys(keys));
	return st == E_NOT_FOUND ? refuse_id_token(rq, token, keyset_keys(keys)) : st;
}

enum status
ep_revoke(struct request *rq)
{
	struct str token = form_get(&rq->form, "token");
	enum status st;

	if (token.n == 0)
		return request_fail(rq, E_INVALID, "invalid_request", "token is missing");
	st = revoke_any(rq, token);
	if (st != OK && st != E_NOT_FOUND)
		return st;
	response_empty(rq->rsp, 200);
	return OK;
}
