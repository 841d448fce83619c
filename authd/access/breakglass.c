/* breakglass.c: an operator breaks the glass, and closes it again. */
#include "authd/access/breakglass.h"

#include <string.h>

#include "auditlog/base/clock.h"
#include "authd/access/breakglass_parts.h"
#include "authd/consent/consenting_parts.h"
#include "authd/http/json_write.h"
#include "authd/identity/stepup.h"
#include "authd/request.h"
#include "authd/store/store_outbox.h"

/* One being opened. */
struct opening {
	struct request *rq;
	const struct breakglass_ask *ask;
	const struct service *service;
	const struct purpose *purpose;
	const struct role *role;
	struct store_person person;
	json_t *officers;
	struct buf id, ctag, tag, words, purpose_ref;
	struct store_breakglass row;
	struct audit_draft draft;
};

static void
opening_clear(struct opening *o)
{
	store_person_clear(&o->person);
	json_decref(o->officers);
	buf_clear(&o->id);
	buf_clear(&o->ctag);
	buf_clear(&o->tag);
	buf_clear(&o->words);
	buf_clear(&o->purpose_ref);
	audit_draft_clear(&o->draft);
}

/* ---- who may ---- */

/* An operator, through a service that handles emergencies. A service by itself has no emergency: somebody looks. */
static enum status
check_caller(struct opening *o)
{
	struct request *rq = o->rq;

	if (rq->policy == NULL)
		return request_fail(rq, E_UNAVAILABLE, "policy_missing", "no policy is in force");
	if (rq->who.kind != PRINCIPAL_TOKEN || rq->who.pseudonym[0] == '\0')
		return request_fail(rq, E_DENIED, "access_denied",
				    "only an operator breaks the glass, never a service");
	o->service = policy_service(rq->policy, str_of(rq->who.service));
	if (o->service == NULL || o->service->suspended || !o->service->break_glass ||
	    o->service->organisation->kind == ORGANISATION_VOLUNTEER)
		return request_fail(rq, E_DENIED, "access_denied", "this service does not handle emergencies");
	return OK;
}

static enum status
check_matter(struct opening *o)
{
	const struct breakglass_ask *ask = o->ask;
	const struct words *words;

	o->purpose = policy_purpose(o->rq->policy, ask->purpose);
	if (!policy_declares(o->rq->policy, o->service, o->purpose))
		return request_fail(o->rq, E_INVALID, "invalid_request", "this service has not declared that purpose");
	if (purpose_rule_for(o->purpose, policy_category(o->rq->policy, ask->category)) == NULL)
		return request_fail(o->rq, E_INVALID, "invalid_request", "the category is not part of this purpose");
	if (breakglass_reason(ask->reason, &words) != OK)
		return request_fail(o->rq, E_INVALID, "invalid_request", "reason_code is not in the list");
	if (breakglass_check_text(ask->text) != OK)
		return request_fail(o->rq, E_INVALID, "invalid_request",
				    "text must say why, in 20 characters or more and 2,000 bytes at most");
	return OK;
}

static uint64_t
held_roles(const struct request *rq)
{
	uint64_t set = 0;

	for (size_t i = 0; i < rq->who.role_count; i++) {
		const struct role *role = policy_role(rq->policy, str_of(rq->who.roles[i]));

		set |= role != NULL ? role->bit : 0;
	}
	return policy_closure(rq->policy, set);
}

/* Whose terms count: of several roles that permit it the first of the bundle. */
static const struct role *
permitting_role(const struct opening *o, uint64_t permitting)
{
	const struct role *role;

	for (size_t i = 0; (role = policy_role_at(o->rq->policy, i)) != NULL; i++)
		if ((permitting & role->bit) != 0 && role->break_glass_quota > 0)
			return role;
	return NULL;
}

static enum status
check_role(struct opening *o)
{
	const struct category *category = policy_category(o->rq->policy, o->ask->category);
	const struct purpose_rule *rule = purpose_rule_for(o->purpose, category);
	const uint64_t held = held_roles(o->rq);
	const uint64_t may = purpose_rule_roles(rule, ACTION_BREAK_GLASS, o->service->organisation->zone);
	unsigned acr;

	o->role = policy_static_ok(o->rq->policy, held) ? permitting_role(o, held & may) : NULL;
	if (o->role == NULL)
		return request_fail(o->rq, E_DENIED, "role_missing", "none of your roles may do this");
	acr = o->role->acr > o->purpose->acr ? o->role->acr : o->purpose->acr;
	TRY(stepup_need(o->rq, acr, BREAKGLASS_FRESH_S));
	if (str_is(o->ask->sub, o->rq->who.sub))
		return request_fail(o->rq, E_DENIED, "own_matter", "nobody breaks the glass about themselves");
	return breakglass_check_strangers(o->rq, o->ask->sub, str_of(o->rq->who.sub),
					  "nobody breaks the glass about whom they represent, or who represents them");
}

/* ---- the row ---- */

/* What ties the permits in the log to this emergency of this person; of nobody it is any number. */
static enum status
make_ctag(struct opening *o)
{
	const struct keys_person who = { .sub = o->person.sub, .wrapped = o->person.wrapped_key };
	CLEANUP(buf_clear) struct buf month = BUF(8);

	o->ctag = BUF(64);
	o->tag = BUF(64);
	if (who.wrapped.n == 0) {
		random_put_id(&o->ctag, "");
		return buf_status(&o->ctag);
	}
	clock_put_month(&month, o->row.opened_us);
	TRY(buf_status(&month));
	return keys_tags(o->rq->authd->keys, &who, buf_str(&month), buf_str(&o->id), &o->tag, &o->ctag);
}

static enum status
make_row(struct opening *o)
{
	const struct request *rq = o->rq;
	const int64_t now = clock_now_us();

	o->id = BUF(64);
	random_put_id(&o->id, "bg_");
	TRY(buf_status(&o->id));
	o->row = (struct store_breakglass){
		.id = buf_str(&o->id),
		.operator_id = str_of(rq->who.pseudonym),
		.organisation = str_of(rq->who.organisation),
		.service = str_of(rq->who.service),
		.role = str_of(o->role->id),
		.sub = o->ask->sub,
		.category = o->ask->category,
		.purpose = o->ask->purpose,
		.reason = o->ask->reason,
		.opened_us = now,
		.until_us = limits_add(now, o->role->break_glass_ttl_us),
		.review_by_us = limits_add(now, o->role->break_glass_review_us),
	};
	TRY(make_ctag(o));
	o->row.ctag = buf_str(&o->ctag);
	o->words = BUF(KEYS_BLOB_MAX);
	TRY(breakglass_seal(rq->authd, &o->person, &o->row, false, o->ask->text, &o->words));
	o->row.words = buf_str(&o->words);
	return OK;
}

/* ---- the entry ---- */

static enum status
write_detail(const struct opening *o, struct buf *out)
{
	json_t *detail =
	    json_pack("{s:s, s:s, s:s%, s:s%}", "service", o->rq->who.service, "organisation", o->rq->who.organisation,
		      "reason", o->ask->reason.p, o->ask->reason.n, "text", o->ask->text.p, o->ask->text.n);
	enum status st = detail == NULL ? E_NOMEM : json_write(detail, out);

	json_decref(detail);
	TRY(st);
	return buf_status(out);
}

static void
fill_event(struct opening *o, struct audit_event *ev)
{
	struct entry *e = &ev->entry;

	e->by.operator_id = o->row.operator_id;
	e->by.roles[0] = o->row.role;
	e->by.role_count = 1;
	e->purpose = buf_str(&o->purpose_ref);
	e->categories[0] = o->row.category;
	e->category_count = 1;
	e->action = STR("read");
	e->reason = STR("break_glass");
	/* What a replay holds later permits against (auditlog(1), LAWFULNESS). */
	e->basis = (struct entry_basis){ .type = ENTRY_BASIS_BREAK_GLASS,
					 .ctag = o->row.ctag,
					 .ref = o->row.id,
					 .recipient = o->row.service,
					 .from_us = o->row.opened_us,
					 .until_us = o->row.until_us };
	audit_fact(ev, "reason_code", o->row.reason);
	audit_fact_number(ev, "review_within_s", (uint64_t)(o->role->break_glass_review_us / SECOND_US));
	audit_fact_number(ev, "quota_count", o->role->break_glass_quota);
	audit_fact_number(ev, "quota_per_s", (uint64_t)(o->role->break_glass_per_us / SECOND_US));
}

/* About a person whom nobody knows the entry looks the same. */
static enum status
draft_opening(struct opening *o)
{
	CLEANUP(buf_clear) struct buf detail = BUF(KEYS_PLAIN_MAX);
	struct audit_event ev = audit_of(o->rq, ENTRY_BREAKGLASS_USED);

	o->purpose_ref = BUF(160);
	TRY(consenting_purpose_ref(o->row.purpose, o->purpose->version, &o->purpose_ref));
	fill_event(o, &ev);
	TRY(write_detail(o, &detail));
	ev.detail = buf_str(&detail);
	ev.person = (struct keys_person){ .sub = o->person.sub, .wrapped = o->person.wrapped_key };
	if (o->person.wrapped_key.n > 0)
		TRY(audit_draft(o->rq->authd, &ev, &o->draft));
	else
		TRY(audit_decoy(o->rq->authd, &ev, o->ask->sub, &o->draft));
	o->row.event_id = str_of(o->draft.id_text);
	return OK;
}

/* ---- the order ---- */

static enum status
save(struct opening *o)
{
	CLEANUP(store_abandon) struct store_tx tx = { 0 };
	const int64_t since = o->row.opened_us - o->role->break_glass_per_us;

	TRY(store_begin(request_store(o->rq), &tx));
	TRY(store_breakglass_add(&tx, &o->row, since, o->role->break_glass_quota));
	TRY(breakglass_tell_person(&tx, &o->person, &o->row, INBOX_EMERGENCY_LOOK));
	TRY(breakglass_tell_officers(&tx, o->officers, &o->row, INBOX_EMERGENCY_TO_REVIEW));
	TRY(audit_emit(&tx, &o->draft, STORE_TARGET_BREAKGLASS, o->row.id));
	return store_commit(&tx);
}

static enum status
explain(struct request *rq, enum status st)
{
	switch (st) {
	case E_USED:
		return request_fail(rq, E_DENIED, "breakglass_suspended",
				    "your right to break the glass is suspended until the privacy officer has judged");
	case E_LIMITED:
		return request_fail(rq, E_DENIED, "breakglass_quota", "you have broken the glass as often as you may");
	default:
		return st;
	}
}

static enum status
find_equal(struct opening *o, struct store_breakglass *out)
{
	const struct request *rq = o->rq;
	const struct store_breakglass_use use = {
		.operator_id = str_of(rq->who.pseudonym),
		.organisation = str_of(rq->who.organisation),
		.service = str_of(rq->who.service),
		.sub = o->ask->sub,
		.category = o->ask->category,
		.purpose = o->ask->purpose,
	};

	return store_breakglass_open(request_store(o->rq), &use, clock_now_us(), out);
}

static enum status
open_new(struct opening *o)
{
	struct receipt receipt;

	TRY(breakglass_person(request_store(o->rq), o->ask->sub, &o->person));
	TRY(officers_of(request_store(o->rq), o->rq->policy, str_of(o->rq->who.organisation), &o->officers));
	TRY(make_row(o));
	TRY(draft_opening(o));
	TRY(save(o));
	return audit_forward(o->rq->authd, &o->draft, &receipt);
}

/* 1. May they?  2. Is it open already?  3. Row, entry and what people are told, in one transaction.  4. The entry is
 * durable.  5. Only then is anybody told that it is open, and only then is it. */
enum status
breakglass_open(struct request *rq, const struct breakglass_ask *ask, struct store_breakglass *out, bool *existed)
{
	CLEANUP(opening_clear) struct opening o = { .rq = rq, .ask = ask };
	enum status st;

	TRY(check_caller(&o));
	TRY(check_matter(&o));
	TRY(check_role(&o));
	st = find_equal(&o, out);
	*existed = st == OK;
	if (st == E_NOT_FOUND) {
		st = open_new(&o);
		*existed = st == E_CONFLICT; /* the same was opened at this moment */
		if (st != OK && st != E_CONFLICT)
			return explain(rq, st);
		TRY(find_equal(&o, out));
	}
	TRY(st == E_CONFLICT ? OK : st);
	if (out->log_index == STORE_NO_INDEX)
		return request_fail(rq, E_UNAVAILABLE, "log_unavailable",
				    "this emergency is still on its way into the log; try again in a moment");
	return OK;
}

/* ---- closing ---- */

static enum status
save_close(struct request *rq, const struct store_breakglass *b, const struct audit_draft *draft)
{
	CLEANUP(store_abandon) struct store_tx tx = { 0 };

	TRY(store_begin(request_store(rq), &tx));
	TRY(store_breakglass_close(&tx, b->id, str_of(rq->who.pseudonym), clock_now_us()));
	TRY(audit_emit(&tx, draft, STORE_TARGET_NONE, STR("")));
	return store_commit(&tx);
}

/* From the commit on no decision begins that permits; one under way is not written behind the entry (fence.h). */
enum status
breakglass_close(struct request *rq, struct str id)
{
	CLEANUP(store_breakglass_clear) struct store_breakglass b = { 0 };
	CLEANUP(store_person_clear) struct store_person person = { 0 };
	CLEANUP(audit_draft_clear) struct audit_draft draft = { 0 };
	struct audit_event ev = audit_of(rq, ENTRY_BREAKGLASS_CLOSED);
	struct receipt receipt;

	TRY(store_breakglass_find(request_store(rq), id, &b));
	if (rq->who.pseudonym[0] == '\0' || !str_is(b.operator_id, rq->who.pseudonym) || b.log_index == STORE_NO_INDEX)
		return E_NOT_FOUND;
	TRY(breakglass_person(request_store(rq), b.sub, &person));
	breakglass_about(&ev, &b, &person);
	ev.entry.by.operator_id = b.operator_id;
	TRY(audit_draft(rq->authd, &ev, &draft));
	TRY(save_close(rq, &b, &draft));
	return audit_forward(rq->authd, &draft, &receipt);
}
