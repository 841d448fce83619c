/*
 * ep_admin_proposal.c: /admin/v1/policy/proposals: a policy author lays a bundle before the approvers. The bundle is
 * stored whole, under its hash, with what it changes in plain words; what is approved later is that and nothing else.
 */
#include <stdlib.h>
#include <string.h>

#include "auditlog/base/clock.h"
#include "auditlog/core/hash.h"
#include "authd/endpoints/endpoints.h"
#include "authd/endpoints/ep_policy.h"
#include "authd/http/json_write.h"
#include "authd/policy/policy_diff.h"
#include "authd/store/store_outbox.h"
#include "authd/store/store_proposal.h"

#define LISTED_MOST 100

/* Who proposed is said by the pseudonym that stands in the log; the diff only where one is asked for. */
static json_t *
describe(const struct store_proposal *p, bool with_diff)
{
	json_t *body = json_pack("{s:s%, s:I, s:s%, s:s%, s:s%, s:s%, s:I, s:I, s:s%, s:I}", "id", p->id.p, p->id.n,
				 "version", (json_int_t)p->bundle_version, "sha256", p->sha256.p, p->sha256.n, "author",
				 p->author.p, p->author.n, "base_sha256", p->base_sha256.p, p->base_sha256.n,
				 "diff_sha256", p->diff_sha256.p, p->diff_sha256.n, "proposed_us",
				 (json_int_t)p->proposed_us, "expires_us", (json_int_t)p->expires_us, "state",
				 p->state.p, p->state.n, "log_index", (json_int_t)p->log_index);
	json_t *diff = with_diff ? json_loadb(p->diff.p, p->diff.n, 0, NULL) : NULL;

	if (body != NULL && with_diff && json_object_set_new(body, "diff", diff) != 0) {
		json_decref(body);
		return NULL;
	}
	return body;
}

enum status
ep_admin_proposals(struct request *rq)
{
	CLEANUP(store_proposal_list_clear) struct store_proposal_list list = { 0 };
	CLEANUP(json_decrefp) json_t *records = json_array();

	TRY(store_proposal_open(request_store(rq), clock_now_us(), LISTED_MOST, &list));
	for (size_t i = 0; i < list.count; i++) {
		if (json_array_append_new(records, describe(&list.items[i], false)) != 0)
			return E_NOMEM;
	}
	return ep_admin_say(rq, 200, json_pack("{s:O, s:s}", "records", records, "next", ""));
}

enum status
ep_admin_proposal(struct request *rq)
{
	CLEANUP(store_proposal_clear) struct store_proposal p = { 0 };

	TRY(store_proposal_find(request_store(rq), rq->param[0], &p));
	return ep_admin_say(rq, 200, describe(&p, true));
}

/* ---- proposing ---- */

struct proposing {
	struct request *rq;
	struct policy *policy;
	int64_t valid_us;
	struct uuid uuid;
	struct buf id, files, diff, diff_sha256;
};

static void
proposing_clear(struct proposing *p)
{
	policy_unref(p->policy);
	buf_clear(&p->id);
	buf_clear(&p->files);
	buf_clear(&p->diff);
	buf_clear(&p->diff_sha256);
}

static enum status
take_bundle(struct proposing *p, const struct json_in *files, bool *refused)
{
	struct conf_error err = { 0 };

	*refused = true;
	if (policy_load_files((json_t *)(uintptr_t)files->at, &p->policy, &err) != OK)
		return ep_policy_refuse(p->rq, err.text);
	if (str_eq(policy_hash(p->policy), policy_hash(p->rq->policy)))
		return ep_policy_refuse(p->rq, "this bundle is in force already");
	return ep_policy_check(p->rq, p->policy, refused);
}

static enum status
read_body(struct proposing *p, bool *refused)
{
	static const char *const members[] = { "files", "valid", NULL };
	CLEANUP(json_decrefp) json_t *root = NULL;
	struct json_why why = { 0 };
	struct json_in in, files;
	struct str valid = { 0 };
	enum status st = json_read(p->rq->http->body, POLICY_PACK_MOST, &root, &why);

	in = json_at(root, &why);
	st = st == OK ? json_only(&in, members) : st;
	st = st == OK ? json_need_object(&in, "files", &files) : st;
	st = st == OK ? json_opt_str(&in, "valid", 32, &valid) : st;
	if (st != OK)
		return ep_admin_bad(p->rq, st, &why);
	p->valid_us = EP_POLICY_PROPOSAL_US;
	if (valid.n > 0 && (clock_parse_duration(valid, &p->valid_us) != OK || p->valid_us <= 0 ||
			    p->valid_us > EP_POLICY_PROPOSAL_MOST_US))
		return request_fail(p->rq, E_INVALID, "invalid_request", "valid must be a term of at most P30D");
	TRY(ep_policy_person(p->rq));
	return take_bundle(p, &files, refused);
}

/* The plain words that an approver reads, and their hash, which both entries carry. */
static enum status
tell_changes(struct proposing *p)
{
	CLEANUP(json_decrefp) json_t *diff = NULL;
	struct hash digest;

	TRY(policy_diff(p->rq->policy, p->policy, &diff));
	TRY(json_write_canonical(diff, &p->diff));
	digest = hash_sha256(buf_str(&p->diff));
	hash_put_hex(&p->diff_sha256, &digest);
	p->uuid = uuid_new();
	uuid_put(&p->id, &p->uuid);
	TRY(buf_status(&p->id));
	TRY(buf_status(&p->diff_sha256));
	return ep_policy_pack(p->policy, &p->files);
}

static enum status
save(struct proposing *p, struct store_proposal *row)
{
	CLEANUP(audit_draft_clear) struct audit_draft draft = { 0 };
	CLEANUP(store_abandon) struct store_tx tx = { 0 };
	struct audit_event ev = ep_policy_event(p->rq, ENTRY_POLICY_PROPOSED, "policy.proposed", p->policy);
	const struct store_bundle bundle = { .sha256 = row->sha256,
					     .files = buf_str(&p->files),
					     .added_us = row->proposed_us };
	struct receipt receipt;

	audit_fact_if_short(&ev, "proposal", row->id);
	audit_fact_if_short(&ev, "diff", row->diff_sha256);
	audit_fact_if_short(&ev, "base", row->base_sha256);
	TRY(audit_draft(p->rq->authd, &ev, &draft));
	row->event_id = str_of(draft.id_text);
	TRY(store_begin(request_store(p->rq), &tx));
	TRY(store_bundle_add(&tx, &bundle));
	TRY(store_proposal_add(&tx, row));
	TRY(audit_emit(&tx, &draft, STORE_TARGET_PROPOSAL, row->id));
	TRY(store_commit(&tx));
	TRY(audit_forward(p->rq->authd, &draft, &receipt));
	row->log_index = (int64_t)receipt.index;
	return OK;
}

enum status
ep_admin_proposal_add(struct request *rq)
{
	CLEANUP(proposing_clear)
	struct proposing p = {
		.rq = rq,
		.id = BUF(64),
		.files = BUF(POLICY_PACK_MOST),
		.diff = BUF(POLICY_PACK_MOST),
		.diff_sha256 = BUF(80),
	};
	struct store_proposal row = { .log_index = STORE_NO_INDEX };
	bool refused = false;
	enum status st;

	TRY(read_body(&p, &refused));
	if (refused)
		return OK;
	TRY(tell_changes(&p));
	row.id = buf_str(&p.id);
	row.sha256 = policy_hash(p.policy);
	row.bundle_version = policy_version(p.policy);
	row.author = str_of(rq->who.pseudonym);
	row.base_sha256 = policy_hash(rq->policy);
	row.diff = buf_str(&p.diff);
	row.diff_sha256 = buf_str(&p.diff_sha256);
	row.proposed_us = clock_now_us();
	row.expires_us = row.proposed_us + p.valid_us;
	row.state = STR("open");
	st = save(&p, &row);
	if (st == E_LIMITED)
		return request_fail(rq, st, "rate_limited",
				    "too many proposals are kept, of yours or in all; one goes an hour after its end");
	TRY(st);
	return ep_admin_say(rq, 201, describe(&row, true));
}

/* ---- taking it back ---- */

enum status
ep_admin_proposal_withdraw(struct request *rq)
{
	CLEANUP(store_proposal_clear) struct store_proposal p = { 0 };
	CLEANUP(audit_draft_clear) struct audit_draft draft = { 0 };
	CLEANUP(store_abandon) struct store_tx tx = { 0 };
	struct audit_event ev = ep_admin_event(rq, ENTRY_POLICY_WITHDRAWN, "policy.withdrawn", NULL);
	const int64_t now = clock_now_us();
	struct receipt receipt;
	enum status st;

	TRY(store_proposal_find(request_store(rq), rq->param[0], &p));
	TRY(ep_policy_person(rq));
	if (p.log_index == STORE_NO_INDEX) /* nor is it open yet */
		return request_fail(rq, E_CONFLICT, "proposal_closed", "it is not open");
	audit_fact_if_short(&ev, "proposal", p.id);
	audit_fact_if_short(&ev, "author", p.author);
	ev.entry.basis =
	    (struct entry_basis){ .type = ENTRY_BASIS_ENTRY, .has_index = true, .index = (uint64_t)p.log_index };
	TRY(audit_draft(rq->authd, &ev, &draft));
	TRY(store_begin(request_store(rq), &tx));
	st = store_proposal_end(&tx, p.id, "withdrawn", now);
	if (st == E_CONFLICT)
		return request_fail(rq, E_CONFLICT, "proposal_closed", "it is not open any more");
	TRY(st);
	TRY(audit_emit(&tx, &draft, STORE_TARGET_NONE, STR("")));
	TRY(store_commit(&tx));
	TRY(audit_forward(rq->authd, &draft, &receipt));
	p.state = STR("withdrawn");
	p.expires_us = now;
	return ep_admin_say(rq, 200, describe(&p, false));
}
