/*
 * ep_revoke.c: POST /oauth2/revoke (RFC 7009). 200 whatever the token is; only a client's own token is revoked by it.
 * Access tokens are what there is; the hint changes nothing, because a token says itself what it is.
 */
#include <string.h>

#include "auditlog/base/clock.h"
#include "authd/audit/audit.h"
#include "authd/endpoints/endpoints.h"
#include "authd/keyset.h"
#include "authd/request.h"
#include "authd/store/store_outbox.h"
#include "authd/store/store_token.h"

static enum status
own_token(struct request *rq, struct str token, json_t **claims)
{
	CLEANUP(keyset_unrefp) struct keyset *keys = keyset_get(rq->authd->keyset);
	const struct jws_expect expect = { .iss = rq->authd->issuer,
					   .aud = rq->authd->issuer,
					   .now_us = clock_now_us() };
	const char *client;

	if (keys == NULL)
		return E_UNAVAILABLE;
	TRY(token_cache_accept(rq->authd->tokens, token, keyset_keys(keys), &expect, claims));
	client = json_string_value(json_object_get(*claims, "client_id"));
	return client != NULL && strcmp(client, rq->who.client_id) == 0 ? OK : E_NOT_FOUND;
}

static enum status
revoke(struct request *rq, const json_t *claims)
{
	CLEANUP(audit_draft_clear) struct audit_draft draft = { 0 };
	CLEANUP(store_abandon) struct store_tx tx = { 0 };
	const char *jti = json_string_value(json_object_get(claims, "jti"));
	json_int_t exp = json_integer_value(json_object_get(claims, "exp"));
	struct audit_event ev = audit_of(rq, ENTRY_TOKEN_REVOKED);
	struct receipt receipt;

	if (jti == NULL)
		return E_INVALID;
	ev.entry.by.service = str_of(rq->who.client_id);
	ev.entry.facts[0] = (struct entry_fact){ .name = STR("jti"), .text = str_of(jti) };
	ev.entry.fact_count = 1;
	TRY(audit_draft(rq->authd, &ev, &draft));
	TRY(store_begin(request_store(rq), &tx));
	TRY(store_token_revoke(&tx, str_of(jti), (int64_t)exp * SECOND_US));
	TRY(audit_emit(&tx, &draft, STORE_TARGET_NONE, STR("")));
	TRY(store_commit(&tx));
	return audit_forward(rq->authd, &draft, &receipt);
}

enum status
ep_revoke(struct request *rq)
{
	CLEANUP(jws_json_freep) json_t *claims = NULL;
	struct str token = form_get(&rq->form, "token");
	enum status st;

	if (token.n == 0)
		return request_fail(rq, E_INVALID, "invalid_request", "token is missing");
	st = own_token(rq, token, &claims);
	if (st == E_UNAVAILABLE || st == E_NOMEM)
		return st;
	if (st == OK)
		TRY(revoke(rq, claims));
	response_empty(rq->rsp, 200);
	return OK;
}
