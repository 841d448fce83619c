/*
 * ep_admin_policy.c: /admin/v1/policy: which bundle is in force, and putting the one in the configured directory in
 * force. Its own tests run first; a bundle that does not load or whose tests fail changes nothing.
 */
#include <stdlib.h>

#include "auditlog/base/clock.h"
#include "authd/activation.h"
#include "authd/endpoints/endpoints.h"
#include "authd/endpoints/ep_admin.h"
#include "authd/store/store_outbox.h"
#include "authd/store/store_policy.h"

static json_t *
describe(const struct policy *p)
{
	struct str hash = policy_hash(p);

	return json_pack("{s:i, s:s%}", "version", (int)policy_version(p), "sha256", hash.p, hash.n);
}

enum status
ep_admin_policy(struct request *rq)
{
	if (rq->policy == NULL)
		return request_fail(rq, E_NOT_FOUND, NULL, "no policy is in force");
	return ep_admin_say(rq, 200, describe(rq->policy));
}

/* Why a bundle is not taken is for its author: file, line, column, or the failed tests. */
static enum status
refuse_bundle(struct request *rq, const char *why)
{
	return ep_admin_say(rq, 409,
			    json_pack("{s:s, s:s, s:s}", "reason", "bundle_refused", "title", "The bundle is not taken",
				      "detail", why));
}

static enum status
load(struct request *rq, struct policy **out, bool *refused)
{
	CLEANUP(buf_clear) struct buf report = BUF(16384);
	CLEANUP(freep) char *text = NULL;
	struct conf_error err = { 0 };

	*refused = true;
	if (policy_load(rq->authd->config.policies, out, &err) != OK)
		return refuse_bundle(rq, err.text);
	if (policy_test(*out, NULL, &report) != OK) {
		TRY(str_dup(buf_str(&report), &text));
		return refuse_bundle(rq, text);
	}
	*refused = false;
	return OK;
}

/* Activations are numbered; the bundle's own version is in it. */
static enum status
next_number(struct request *rq, int64_t *number)
{
	CLEANUP(store_policy_clear) struct store_policy newest = { 0 };
	enum status st = store_policy_newest(request_store(rq), &newest);

	*number = st == OK ? newest.version + 1 : 1;
	return st == E_NOT_FOUND ? OK : st;
}

static enum status
save(struct request *rq, const struct policy *p, int64_t number, const struct audit_draft *draft)
{
	CLEANUP(store_abandon) struct store_tx tx = { 0 };
	CLEANUP(buf_clear) struct buf key = BUF(24);
	const struct store_policy row = {
		.version = number,
		.sha256 = policy_hash(p),
		.bundle = policy_json(p),
		.activated_us = clock_now_us(),
		.event_id = str_of(draft->id_text),
		.log_index = STORE_NO_INDEX,
	};

	buf_put_u64_dec(&key, (uint64_t)number);
	TRY(buf_status(&key));
	TRY(store_begin(request_store(rq), &tx));
	TRY(store_policy_activate(&tx, &row));
	TRY(audit_emit(&tx, draft, STORE_TARGET_POLICY, buf_str(&key)));
	return store_commit(&tx);
}

static enum status
activate(struct request *rq, const struct policy *p)
{
	CLEANUP(audit_draft_clear) struct audit_draft draft = { 0 };
	struct audit_event ev = ep_admin_event(rq, ENTRY_POLICY_ACTIVATED, "policy.activated", NULL);
	struct receipt receipt;
	int64_t number;

	TRY(next_number(rq, &number));
	ev.entry.policy = policy_hash(p);
	ev.entry.facts[ev.entry.fact_count++] =
	    (struct entry_fact){ .name = STR("version"), .number = (uint64_t)policy_version(p) };
	TRY(audit_draft(rq->authd, &ev, &draft));
	TRY(save(rq, p, number, &draft));
	TRY(audit_forward(rq->authd, &draft, &receipt));
	return activation_sync(rq->authd, request_store(rq));
}

enum status
ep_admin_policy_activate(struct request *rq)
{
	CLEANUP(policy_unrefp) struct policy *p = NULL;
	bool refused = false;

	TRY(load(rq, &p, &refused));
	if (refused)
		return OK;
	if (rq->policy == NULL || !str_eq(policy_hash(rq->policy), policy_hash(p)))
		TRY(activate(rq, p));
	return ep_admin_say(rq, 200, describe(p));
}
