/*
 * ep_admin_keys.c: /admin/v1/keys: the signing keys of authd-keyd, and beginning a rotation. Asking for one is an entry
 * that authd-keyd wants to see before it does anything; that the key is there is another.
 */
#include <unistd.h>

#include "auditlog/base/clock.h"
#include "authd/endpoints/endpoints.h"
#include "authd/endpoints/ep_admin.h"
#include "authd/keyset.h"

#define MADE_EVERY_US 200000
#define MADE_LOOKS    40

static enum status
read_keys(struct request *rq, json_t **out)
{
	CLEANUP(buf_clear) struct buf text = BUF((size_t)16 << 10);

	TRY(keys_list(rq->authd->keys, &text));
	return json_read(buf_str(&text), (size_t)16 << 10, out, NULL);
}

enum status
ep_admin_keys(struct request *rq)
{
	CLEANUP(json_decrefp) json_t *keys = NULL;

	TRY(read_keys(rq, &keys));
	return ep_admin_say(rq, 200, json_pack("{s:O, s:s}", "records", json_object_get(keys, "keys"), "next", ""));
}

/* The one key of the algorithm that waits. */
static const json_t *
published(const json_t *keys, struct str alg)
{
	const json_t *list = json_object_get(keys, "keys");

	for (size_t i = 0; i < json_array_size(list); i++) {
		const json_t *key = json_array_get(list, i);

		if (str_eq(str_of(json_string_value(json_object_get(key, "alg"))), alg) &&
		    str_is(str_of(json_string_value(json_object_get(key, "state"))), "published"))
			return key;
	}
	return NULL;
}

static enum status
begin(struct request *rq, struct str alg)
{
	CLEANUP(audit_draft_clear) struct audit_draft draft = { 0 };
	struct audit_event ev = ep_admin_event(rq, ENTRY_KEY_ROTATED, "key.requested", NULL);
	const uint32_t cache_s = (uint32_t)(rq->authd->config.jwks_max_age_us / SECOND_US);
	struct receipt receipt;
	enum status st;

	audit_fact_if_short(&ev, "alg", alg);
	TRY(audit_draft(rq->authd, &ev, &draft));
	TRY(audit_append(rq->authd, &draft, &receipt));
	st = keys_rotate(rq->authd->keys, alg, cache_s, buf_str(&draft.fragment), &receipt);
	return st == E_CONFLICT ? request_fail(rq, st, "conflict", "a new key of this algorithm is on its way already")
				: st;
}

/* A key takes a moment to be made; nobody else waits for it. */
static enum status
await_key(struct request *rq, struct str alg, json_t **keys)
{
	for (unsigned i = 0; i < MADE_LOOKS; i++) {
		CLEANUP(json_decrefp) json_t *now = NULL;

		(void)usleep(MADE_EVERY_US);
		TRY(read_keys(rq, &now));
		if (published(now, alg) != NULL) {
			*keys = STEAL(&now);
			return OK;
		}
	}
	return request_fail(rq, E_TIMEOUT, NULL, "the key is still being made; authctl key list will show it");
}

/* From now on this node shows the new key; the others look every second or two. */
static enum status
tell(struct request *rq, struct str alg)
{
	CLEANUP(json_decrefp) json_t *keys = NULL;
	struct audit_event ev = ep_admin_event(rq, ENTRY_KEY_ROTATED, "key.published", NULL);
	const json_t *key;
	struct receipt receipt;

	TRY(await_key(rq, alg, &keys));
	TRY(keyset_refresh(rq->authd->keyset, rq->authd->keys, rq->authd->tokens));
	key = published(keys, alg);
	audit_fact_if_short(&ev, "alg", alg);
	audit_fact_if_short(&ev, "kid", str_of(json_string_value(json_object_get(key, "kid"))));
	TRY(audit_record(rq->authd, &ev, &receipt));
	return ep_admin_say(rq, 202, json_deep_copy(key));
}

enum status
ep_admin_key_rotate(struct request *rq)
{
	static const char *const known[] = { "alg", NULL };
	CLEANUP(json_decrefp) json_t *root = NULL;
	struct json_why why = { 0 };
	struct json_in in;
	struct str alg;
	enum status st;

	if (rq->who.kind != PRINCIPAL_ADMIN)
		return request_fail(rq, E_DENIED, "access_denied", "keys are rotated over the admin socket only");
	TRY(ep_admin_read(rq, &root, &why, &in));
	st = json_only(&in, known);
	if (st == OK)
		st = json_need_str(&in, "alg", 16, &alg);
	if (st != OK)
		return ep_admin_bad(rq, st, &why);
	if (!str_is(alg, "ES256") && !str_is(alg, "RS256") && !str_is(alg, "PS256"))
		return request_fail(rq, E_INVALID, "invalid_request", "alg must be ES256, RS256 or PS256");
	TRY(begin(rq, alg));
	return tell(rq, alg);
}
