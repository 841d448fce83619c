#include "authd/oauth/approve.h"

#include <stdlib.h>
#include <string.h>

#include "auditlog/base/clock.h"
#include "auditlog/core/hash.h"
#include "authd/audit/audit.h"
#include "authd/http/json_write.h"
#include "authd/oauth/details.h"
#include "authd/policy/policy.h"
#include "authd/request.h"
#include "authd/store/store_approval.h"
#include "authd/store/store_grant.h"
#include "authd/store/store_outbox.h"

#define WORDS_MOST 64

/* ---- what is allowed, as one value ---- */

static int
compare(const void *a, const void *b)
{
	return str_cmp(*(const struct str *)a, *(const struct str *)b);
}

/* Lengths before texts, so that no two different things have one fingerprint. */
enum status
approve_fingerprint(const struct flow *f, uint8_t out[32])
{
	CLEANUP(buf_clear) struct buf all = BUF(DETAILS_TEXT_MOST * 4), details = BUF(DETAILS_TEXT_MOST * 2);
	struct str words[WORDS_MOST], rest = buf_str(&f->asked.scope), word;
	size_t n = 0;
	struct hash h;

	while (rest.n > 0 && n < WORDS_MOST && str_next(&rest, ' ', &word))
		words[n++] = word;
	qsort(words, n, sizeof(words[0]), compare);
	if (f->asked.details != NULL)
		TRY(details_put(f->asked.details, &details));
	for (size_t i = 0; i < n; i++)
		buf_put_block(&all, words[i]);
	buf_put_u32(&all, (uint32_t)n);
	buf_put_block(&all, buf_str(&details));
	TRY(buf_status(&all));
	h = hash_sha256(buf_str(&all));
	memcpy(out, h.b, sizeof(h.b));
	return OK;
}

enum status
approve_needed(struct flow *f, bool *needed)
{
	uint8_t print[32];
	bool holds = false;

	*needed = (f->asked.prompt & AUTHORIZE_PROMPT_CONSENT) != 0;
	if (*needed || (f->client.third_party == 0 && f->asked.details == NULL))
		return OK;
	TRY(approve_fingerprint(f, print));
	TRY(store_approval_holds(request_store(f->rq), str_of(f->rq->who.sub), f->client.client_id,
				 str_from(print, sizeof(print)), &holds));
	*needed = !holds;
	return OK;
}

/* ---- the page ---- */

json_t *
approve_scope_lines(struct str scope)
{
	static const struct {
		const char *scope, *key;
	} keys[] = {
		{ "openid", "openid" },
		{ "profile", "profile" },
		{ "offline_access", "offline_access" },
		{ "consent:manage", "consent_manage" },
		{ "audit:read", "audit_read" },
		{ "represent", "represent" },
	};
	json_t *list = json_array();
	struct str word;

	while (list != NULL && scope.n > 0 && str_next(&scope, ' ', &word)) {
		const char *key = NULL;

		for (size_t i = 0; i < ARRAY_LEN(keys); i++)
			if (str_is(word, keys[i].scope))
				key = keys[i].key;
		json_array_append_new(list, json_pack("{s:s?, s:o}", "key", key, "name", json_of_str(word)));
	}
	return list;
}

static struct str
text_of(const json_t *v)
{
	return json_is_string(v) ? str_from(json_string_value(v), json_string_length(v)) : (struct str){ 0 };
}

static json_t *
category_titles(const struct request *rq, const json_t *one)
{
	const json_t *names = json_object_get(one, "categories");
	json_t *list = json_array();

	for (size_t i = 0; list != NULL && i < json_array_size(names); i++) {
		const struct category *c = policy_category(rq->policy, text_of(json_array_get(names, i)));

		if (c != NULL)
			json_array_append_new(list, json_pack("{s:s, s:b}", "title", c->title.in[request_lang(rq)],
							      "special", c->special));
	}
	return list;
}

static json_t *
detail_cards(const struct flow *f)
{
	const struct request *rq = f->rq;
	json_t *list = json_array();

	for (size_t i = 0; list != NULL && rq->policy != NULL && i < json_array_size(f->asked.details); i++) {
		const json_t *one = json_array_get(f->asked.details, i), *id = json_object_get(one, "consent_id");
		const struct purpose *p = policy_purpose(rq->policy, text_of(json_object_get(one, "purpose")));

		if (p != NULL)
			json_array_append_new(list, json_pack("{s:s, s:s, s:o, s:O?}", "purpose",
							      p->title.in[request_lang(rq)], "why",
							      p->why.in[request_lang(rq)], "categories",
							      category_titles(rq, one), "consent", id));
	}
	return list;
}

static const char *
organisation_name(const struct flow *f)
{
	const struct organisation *o =
	    f->rq->policy == NULL ? NULL : policy_organisation(f->rq->policy, f->client.organisation);

	return o != NULL ? o->name.in[request_lang(f->rq)] : NULL;
}

enum status
approve_page(struct flow *f, int http, const char *fault)
{
	CLEANUP(json_decrefp)
	json_t *data = json_pack("{s:o, s:s?, s:b, s:o, s:o, s:o, s:s?}", "client", json_of_str(f->client.name),
				 "organisation", organisation_name(f), "third_party", f->client.third_party != 0,
				 "scopes", approve_scope_lines(buf_str(&f->asked.scope)), "details", detail_cards(f),
				 "fields", flow_fields(f), "fault", fault);

	response_form_action(f->rq->rsp, f->asked.redirect_uri);
	return request_page(f->rq, http, "approve", data);
}

/* ---- no, and no longer ---- */

static struct audit_event
event_of(struct request *rq, enum entry_event event, struct str client_id)
{
	struct audit_event ev = audit_of(rq, event);

	audit_fact(&ev, "client", client_id);
	ev.person = request_person(rq);
	return ev;
}

enum status
approve_refusal(struct flow *f)
{
	const struct audit_event ev = event_of(f->rq, ENTRY_TOKEN_CLIENT_REFUSED, f->client.client_id);
	struct receipt receipt;

	f->rq->refusal_recorded = true;
	return audit_record(f->rq->authd, &ev, &receipt);
}

static enum status
save_end(struct request *rq, struct str client_id, const struct audit_draft *draft)
{
	CLEANUP(store_abandon) struct store_tx tx = { 0 };
	const struct str sub = str_of(rq->who.sub);
	const int64_t now = clock_now_us();

	TRY(store_begin(request_store(rq), &tx));
	TRY(store_approval_revoke(&tx, sub, client_id, now));
	TRY(store_grant_revoke_client(&tx, sub, client_id, now));
	TRY(audit_emit(&tx, draft, STORE_TARGET_NONE, STR("")));
	return store_commit(&tx);
}

enum status
approve_end(struct request *rq, struct str client_id)
{
	CLEANUP(audit_draft_clear) struct audit_draft draft = { 0 };
	const struct audit_event ev = event_of(rq, ENTRY_TOKEN_CLIENT_ENDED, client_id);
	struct receipt receipt;

	TRY(audit_draft(rq->authd, &ev, &draft));
	TRY(save_end(rq, client_id, &draft));
	return audit_forward(rq->authd, &draft, &receipt);
}
