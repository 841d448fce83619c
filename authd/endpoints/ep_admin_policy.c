/*
 * ep_admin_policy.c: /admin/v1/policy: which bundle is in force, and putting another one in force.
 *
 * Two people do that: one proposes (ep_admin_proposal.c), another approves that proposal by its hash. The admin socket
 * is nobody in particular, so it puts the first bundle of an installation in force and no other, unless it is told to
 * go without a second person and why: then the entry says so, and so does the operator log.
 *
 * Whatever is activated is stored whole in the transaction that activates it; every node and every restart takes it
 * from there (activation.h).
 */
#include <stdlib.h>
#include <string.h>

#include "auditlog/base/clock.h"
#include "auditlog/base/log.h"
#include "authd/activation.h"
#include "authd/endpoints/endpoints.h"
#include "authd/endpoints/ep_policy.h"
#include "authd/http/json_write.h"
#include "authd/identity/stepup.h"
#include "authd/store/store_outbox.h"
#include "authd/store/store_policy.h"
#include "authd/store/store_proposal.h"

/* How a bundle came into force, as the entry says it. */
#define HOW_TWO_PEOPLE "two_people"
#define HOW_BOOTSTRAP  "bootstrap"
#define HOW_ALONE      "alone"

json_t *
ep_policy_describe(const struct policy *p)
{
	struct str hash = policy_hash(p);

	return json_pack("{s:i, s:s%}", "version", (int)policy_version(p), "sha256", hash.p, hash.n);
}

enum status
ep_admin_policy(struct request *rq)
{
	if (rq->policy == NULL)
		return request_fail(rq, E_NOT_FOUND, NULL, "no policy is in force");
	return ep_admin_say(rq, 200, ep_policy_describe(rq->policy));
}

/* How many people's consents each purpose rests on now. */
static enum status
count_consents(struct request *rq, json_t *body)
{
	CLEANUP(store_policy_consents_list_clear) struct store_policy_consents_list list = { 0 };
	json_t *counts = json_object();

	if (json_object_set_new(body, "consents", counts) != 0)
		return E_NOMEM;
	TRY(store_policy_consents(request_store(rq), clock_now_us(), &list));
	for (size_t i = 0; i < list.count; i++) {
		const char *purpose = list.items[i].purpose.p;
		json_int_t before = json_integer_value(json_object_get(counts, purpose));

		if (json_object_set_new(counts, purpose, json_integer(before + list.items[i].count)) != 0)
			return E_NOMEM;
	}
	return OK;
}

enum status
ep_admin_policy_bundle(struct request *rq)
{
	CLEANUP(json_decrefp) json_t *body = NULL;

	if (rq->policy == NULL)
		return request_fail(rq, E_NOT_FOUND, NULL, "no policy is in force");
	body = ep_policy_describe(rq->policy);
	if (json_object_set(body, "files", (json_t *)(uintptr_t)policy_files(rq->policy)) != 0)
		return E_NOMEM;
	TRY(count_consents(rq, body));
	return ep_admin_say(rq, 200, STEAL(&body));
}

/* ---- whether it may be taken ---- */

enum status
ep_policy_refuse(struct request *rq, const char *why)
{
	return ep_admin_say(rq, 409,
			    json_pack("{s:s, s:s, s:s}", "reason", "bundle_refused", "title", "The bundle is not taken",
				      "detail", why));
}

enum status
ep_policy_check(struct request *rq, const struct policy *p, bool *refused)
{
	CLEANUP(buf_clear) struct buf report = BUF(16384);
	CLEANUP(freep) char *text = NULL;
	size_t tests = 0;
	enum status st = policy_test(p, &tests, &report);

	*refused = true;
	if (tests == 0)
		return ep_policy_refuse(rq, "the bundle has no tests; write some in tests/");
	if (st == OK && rq->policy != NULL)
		st = policy_succeeds(rq->policy, p, &report);
	if (st != OK) {
		TRY(str_dup(buf_str(&report), &text));
		return ep_policy_refuse(rq, text);
	}
	*refused = false;
	return OK;
}

enum status
ep_policy_pack(const struct policy *p, struct buf *out)
{
	return json_write_canonical(policy_files(p), out);
}

enum status
ep_policy_person(struct request *rq)
{
	if (rq->who.kind == PRINCIPAL_TOKEN && rq->who.pseudonym[0] != '\0')
		return OK;
	return request_fail(rq, E_DENIED, "person_needed",
			    "one person proposes a bundle and another approves it, each with a token of their own");
}

/* ---- putting it in force ---- */

struct activating {
	struct request *rq;
	const struct policy *policy;
	const struct store_proposal *proposal; /* NULL: without a second person */
	const char *how;
	struct str why;
	int64_t number;
	struct buf files;
};

static void
activating_clear(struct activating *a)
{
	buf_clear(&a->files);
}

/*
 * Activations are numbered; the bundle's own version is in it. What the approver read is the difference to the bundle
 * that was in force when it was proposed: on top of another one the same bundle would change, or take back, what nobody
 * showed them. The number is unique, so nothing comes in between this look and the commit. And the log has activations
 * in the order of their numbers: none begins while another is on its way there.
 */
static enum status
next_number(struct activating *a)
{
	CLEANUP(store_policy_clear) struct store_policy newest = { 0 };
	enum status st = store_policy_newest(request_store(a->rq), &newest);

	if (st != OK && st != E_NOT_FOUND)
		return st;
	if (a->proposal != NULL && (st != OK || !str_eq(newest.sha256, a->proposal->base_sha256)))
		return request_fail(a->rq, E_CONFLICT, "proposal_outdated",
				    "another bundle came into force since; propose it again");
	if (st == OK && newest.log_index == STORE_NO_INDEX)
		return request_fail(a->rq, E_UNAVAILABLE, "log_unavailable",
				    "an activation is still on its way into the log; try again in a moment");
	a->number = st == OK ? newest.version + 1 : 1;
	return OK;
}

struct audit_event
ep_policy_event(const struct request *rq, enum entry_event event, const char *what, const struct policy *p)
{
	struct audit_event ev = ep_admin_event(rq, event, what, NULL);

	ev.entry.policy = policy_hash(p);
	audit_fact_number(&ev, "version", (uint64_t)policy_version(p));
	return ev;
}

static struct audit_event
event_of(const struct activating *a)
{
	struct audit_event ev = ep_policy_event(a->rq, ENTRY_POLICY_ACTIVATED, "policy.activated", a->policy);

	audit_fact_if_short(&ev, "how", str_of(a->how));
	audit_fact_if_short(&ev, "why", a->why);
	if (a->proposal == NULL)
		return ev;
	audit_fact_if_short(&ev, "author", a->proposal->author);
	audit_fact_if_short(&ev, "proposal", a->proposal->id);
	audit_fact_if_short(&ev, "diff", a->proposal->diff_sha256);
	ev.entry.basis = (struct entry_basis){ .type = ENTRY_BASIS_ENTRY,
					       .has_index = true,
					       .index = (uint64_t)a->proposal->log_index };
	return ev;
}

/* The proposal ends in the same transaction, so that it is never used twice. */
static enum status
save(const struct activating *a, const struct audit_draft *draft)
{
	CLEANUP(store_abandon) struct store_tx tx = { 0 };
	CLEANUP(buf_clear) struct buf key = BUF(24);
	int64_t now = clock_now_us();
	const struct store_bundle bundle = { .sha256 = policy_hash(a->policy),
					     .files = buf_str(&a->files),
					     .added_us = now };
	const struct store_policy row = {
		.version = a->number,
		.sha256 = policy_hash(a->policy),
		.bundle = policy_json(a->policy),
		.activated_us = now,
		.event_id = str_of(draft->id_text),
		.log_index = STORE_NO_INDEX,
	};

	buf_put_u64_dec(&key, (uint64_t)a->number);
	TRY(buf_status(&key));
	TRY(store_begin(request_store(a->rq), &tx));
	if (a->proposal != NULL)
		TRY(store_proposal_end(&tx, a->proposal->id, "activated", now));
	TRY(store_bundle_add(&tx, &bundle));
	TRY(store_policy_activate(&tx, &row));
	TRY(audit_emit(&tx, draft, STORE_TARGET_POLICY, buf_str(&key)));
	return store_commit(&tx);
}

static enum status
put_in_force(struct activating *a)
{
	CLEANUP(audit_draft_clear) struct audit_draft draft = { 0 };
	struct audit_event ev = event_of(a);
	struct receipt receipt;
	enum status st;

	a->files.max = POLICY_PACK_MOST;
	TRY(ep_policy_pack(a->policy, &a->files));
	TRY(next_number(a));
	TRY(audit_draft(a->rq->authd, &ev, &draft));
	st = save(a, &draft);
	if (st == E_CONFLICT)
		return request_fail(a->rq, E_CONFLICT, "proposal_closed", "somebody was faster, or it has expired");
	TRY(st);
	TRY(audit_forward(a->rq->authd, &draft, &receipt));
	TRY(activation_sync(a->rq->authd, request_store(a->rq)));
	return ep_admin_say(a->rq, 200, ep_policy_describe(a->policy));
}

/* ---- by two people ---- */

static enum status
check_proposal(struct request *rq, const struct store_proposal *p, struct str sha256)
{
	if (!str_eq(p->sha256, sha256))
		return request_fail(rq, E_CONFLICT, "proposal_differs", "the proposal has another hash; read it again");
	if (!str_is(p->state, "open") || p->log_index == STORE_NO_INDEX || p->expires_us <= clock_now_us())
		return request_fail(rq, E_CONFLICT, "proposal_closed", "propose the bundle again");
	if (str_is(p->author, rq->who.pseudonym))
		return request_fail(rq, E_DENIED, "same_person", "another person must approve this");
	return OK;
}

/* What was proposed, as it was stored then; nothing of the request and nothing of the disk. */
static enum status
load_stored(struct request *rq, struct str sha256, struct policy **out)
{
	CLEANUP(store_bundle_clear) struct store_bundle stored = { 0 };
	CLEANUP(policy_unrefp) struct policy *p = NULL;

	TRY(store_bundle_find(request_store(rq), sha256, &stored));
	TRY(activation_load(stored.files, sha256, &p));
	*out = STEAL(&p);
	return OK;
}

static enum status
approve(struct request *rq, struct str id, struct str sha256)
{
	CLEANUP(store_proposal_clear) struct store_proposal proposal = { 0 };
	CLEANUP(policy_unrefp) struct policy *p = NULL;
	CLEANUP(activating_clear) struct activating a = { .rq = rq, .proposal = &proposal, .how = HOW_TWO_PEOPLE };
	bool refused = false;

	TRY(ep_policy_person(rq));
	TRY(stepup_need(rq, EP_POLICY_ACR, EP_POLICY_FRESH_S));
	TRY(store_proposal_find(request_store(rq), id, &proposal));
	TRY(check_proposal(rq, &proposal, sha256));
	TRY(load_stored(rq, sha256, &p));
	TRY(ep_policy_check(rq, p, &refused));
	a.policy = p;
	return refused ? OK : put_in_force(&a);
}

/* ---- over the admin socket ---- */

static bool
is_first(struct request *rq, enum status *st)
{
	CLEANUP(store_policy_clear) struct store_policy newest = { 0 };

	*st = store_policy_newest(request_store(rq), &newest);
	return *st == E_NOT_FOUND;
}

static enum status
from_directory(struct request *rq, bool alone, struct str why)
{
	CLEANUP(policy_unrefp) struct policy *p = NULL;
	CLEANUP(activating_clear) struct activating a = { .rq = rq, .why = why };
	struct conf_error err = { 0 };
	enum status st = OK;
	bool first = is_first(rq, &st), refused = false;

	if (st != OK && !first)
		return st;
	if (policy_load(rq->authd->config.policies, &p, &err) != OK)
		return ep_policy_refuse(rq, err.text);
	if (rq->policy != NULL && str_eq(policy_hash(rq->policy), policy_hash(p)))
		return ep_admin_say(rq, 200, ep_policy_describe(p));
	if (!first && !alone)
		return ep_policy_person(rq);
	TRY(ep_policy_check(rq, p, &refused));
	if (refused)
		return OK;
	a.policy = p;
	a.how = first ? HOW_BOOTSTRAP : HOW_ALONE;
	log_warn(OK, "policy.without_second_person", "how=%s why=%.*s by=%s hash=%.*s", a.how, STR_ARG(why),
		 rq->who.uid_name, STR_ARG(policy_hash(p)));
	return put_in_force(&a);
}

/* A word, not a sentence: entries hold no free text. */
static bool
is_word(struct str why)
{
	return why.n >= 3 && why.n <= 32 && str_only(why, "abcdefghijklmnopqrstuvwxyz_");
}

enum status
ep_admin_policy_activate(struct request *rq)
{
	static const char *const members[] = { "proposal", "sha256", "alone", "why", NULL };
	CLEANUP(json_decrefp) json_t *root = NULL;
	struct json_why json_why = { 0 };
	struct json_in in;
	struct str id = { 0 }, sha256 = { 0 }, why = { 0 };
	bool alone = false;
	enum status st;

	TRY(ep_admin_read(rq, &root, &json_why, &in));
	st = json_only(&in, members);
	st = st == OK ? json_opt_str(&in, "proposal", 36, &id) : st;
	st = st == OK ? json_opt_str(&in, "sha256", POLICY_HASH_LEN, &sha256) : st;
	st = st == OK ? json_opt_bool(&in, "alone", false, &alone) : st;
	st = st == OK ? json_opt_str(&in, "why", 32, &why) : st;
	if (st != OK)
		return ep_admin_bad(rq, st, &json_why);
	if ((id.n > 0) != (sha256.n > 0) || (id.n > 0 && alone) || alone != (why.n > 0) || (alone && !is_word(why)))
		return request_fail(rq, E_INVALID, "invalid_request",
				    "name the proposal and its sha256, or alone and why (a word of a-z and _)");
	if (id.n > 0)
		return approve(rq, id, sha256);
	if (rq->who.kind != PRINCIPAL_ADMIN)
		return request_fail(rq, E_INVALID, "invalid_request", "name the proposal and its sha256");
	return from_directory(rq, alone, why);
}
