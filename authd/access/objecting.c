#include "authd/access/objecting.h"

#include "auditlog/base/clock.h"
#include "authd/audit/audit.h"
#include "authd/http/json_write.h"
#include "authd/notify/inbox.h"
#include "authd/request.h"
#include "authd/store/store_objection.h"
#include "authd/store/store_outbox.h"

#define ANY "*"

/* One change on its way: the event, then the row in one transaction with it. */
struct change {
	struct request *rq;
	const struct keys_person *who;
	enum entry_event event;
	const char *target;
	struct audit_draft draft;
};

static struct change
change_of(struct request *rq, const struct keys_person *who, enum entry_event event, const char *target)
{
	return (struct change){ .rq = rq, .who = who, .event = event, .target = target };
}

static void
change_clear(struct change *c)
{
	audit_draft_clear(&c->draft);
}

static enum status
draft(struct change *c, struct audit_event *ev)
{
	if (c->rq->who.kind == PRINCIPAL_ADMIN)
		ev->entry.by.operator_id = str_of(c->rq->who.uid_name);
	ev->person = *c->who;
	return audit_draft(c->rq->authd, ev, &c->draft);
}

static enum status
finish(struct change *c, struct store_tx *tx)
{
	struct receipt receipt;

	TRY(audit_emit(tx, &c->draft, c->target, c->who->sub));
	TRY(store_commit(tx));
	return audit_forward(c->rq->authd, &c->draft, &receipt);
}

static struct entry_basis
of_entry(int64_t index)
{
	return (struct entry_basis){ .type = ENTRY_BASIS_ENTRY, .has_index = true, .index = (uint64_t)index };
}

static enum status
still_on_its_way(struct request *rq)
{
	return request_fail(rq, E_UNAVAILABLE, "log_unavailable",
			    "this is still on its way into the log; try again in a moment");
}

/* ---- objections ---- */

static enum status
check_purpose(struct request *rq, struct str id, struct str category, const struct purpose **out)
{
	const struct purpose *p = rq->policy == NULL ? NULL : policy_purpose(rq->policy, id);
	const struct category *c = category.n > 0 && p != NULL ? policy_category(rq->policy, category) : NULL;

	if (p == NULL)
		return request_fail(rq, E_INVALID, "invalid_request", "this purpose does not exist");
	if (!p->may_object)
		return request_fail(rq, E_INVALID, "invalid_request", "the law admits no objection to this purpose");
	if (category.n > 0 && (c == NULL || purpose_rule_for(p, c) == NULL))
		return request_fail(rq, E_INVALID, "invalid_request", "this purpose does not use the category");
	*out = p;
	return OK;
}

static enum status
draft_objection(struct change *c, struct str purpose_ref, struct str category, struct entry_basis basis)
{
	struct audit_event ev = audit_of(c->rq, c->event);

	ev.entry.purpose = purpose_ref;
	ev.entry.basis = basis;
	if (category.n > 0) {
		ev.entry.categories[0] = category;
		ev.entry.category_count = 1;
	}
	return draft(c, &ev);
}

enum status
objecting_set(struct request *rq, const struct keys_person *who, struct str purpose, struct str category)
{
	CLEANUP(change_clear) struct change c = change_of(rq, who, ENTRY_OBJECTION_SET, STORE_TARGET_OBJECTION);
	CLEANUP(store_abandon) struct store_tx tx = { 0 };
	CLEANUP(buf_clear) struct buf ref = BUF(160);
	struct store_objection row = { .sub = who->sub, .purpose = purpose, .since_us = clock_now_us() };
	const struct purpose *p;
	enum status st;

	TRY(check_purpose(rq, purpose, category, &p));
	buf_printf(&ref, "%s/%u", p->id, p->version);
	TRY(buf_status(&ref));
	TRY(draft_objection(&c, buf_str(&ref), category, (struct entry_basis){ 0 }));
	row.category = category.n > 0 ? category : STR(ANY);
	row.event_id = str_of(c.draft.id_text);
	TRY(store_begin(request_store(rq), &tx));
	st = store_objection_set(&tx, &row);
	if (st == E_USED)
		return OK;
	TRY(st);
	return finish(&c, &tx);
}

/* The index of the entry that set it. */
static enum status
find_objection(struct request *rq, struct str sub, struct str purpose, struct str category, int64_t *index)
{
	CLEANUP(store_objection_list_clear) struct store_objection_list list = { 0 };

	TRY(store_objection_of(request_store(rq), sub, &list));
	for (size_t i = 0; i < list.count; i++) {
		const struct store_objection *o = &list.items[i];

		if (!str_eq(o->purpose, purpose) || !str_eq(o->category, category))
			continue;
		*index = o->log_index;
		return o->log_index == STORE_NO_INDEX ? still_on_its_way(rq) : OK;
	}
	return E_NOT_FOUND;
}

enum status
objecting_lift(struct request *rq, const struct keys_person *who, struct str purpose, struct str category)
{
	CLEANUP(change_clear)
	struct change c = change_of(rq, who, ENTRY_OBJECTION_LIFTED, STORE_TARGET_OBJECTION_LIFT);
	CLEANUP(store_abandon) struct store_tx tx = { 0 };
	struct str stored = category.n > 0 ? category : STR(ANY);
	int64_t index = STORE_NO_INDEX;

	TRY(find_objection(rq, who->sub, purpose, stored, &index));
	TRY(draft_objection(&c, purpose, category, of_entry(index)));
	TRY(store_begin(request_store(rq), &tx));
	TRY(store_objection_lift(&tx, who->sub, purpose, stored, index, str_of(c.draft.id_text)));
	return finish(&c, &tx);
}

/* ---- restrictions ---- */

static enum status
seal_reason(struct request *rq, const struct keys_person *who, const char *set_by, struct str reason, struct buf *out)
{
	const struct keys_place place = { STR("restriction"), STR("reason"), str_of(set_by) };

	return keys_field_seal(rq->authd->keys, who, &place, reason, out);
}

static enum status
draft_restriction(struct change *c, const char *set_by, struct str reason, struct entry_basis basis)
{
	CLEANUP(buf_clear) struct buf detail = BUF(KEYS_PLAIN_MAX);
	struct audit_event ev = audit_of(c->rq, c->event);

	ev.entry.basis = basis;
	audit_fact(&ev, "set_by", str_of(set_by));
	if (reason.n > 0) {
		buf_put_cstr(&detail, "{\"reason\":");
		json_put_string(&detail, reason);
		buf_put_char(&detail, '}');
		TRY(buf_status(&detail));
		ev.detail = buf_str(&detail);
	}
	return draft(c, &ev);
}

/* What the law calls it, and until when. */
static struct entry_basis
with_term(int64_t until_us)
{
	return (struct entry_basis){ .type = ENTRY_BASIS_STATUTE, .ref = STR("152-FZ-21"), .until_us = until_us };
}

enum status
objecting_restrict(struct request *rq, const struct keys_person *who, const char *set_by, struct str reason,
		   int64_t until_us)
{
	CLEANUP(change_clear)
	struct change c = change_of(rq, who, ENTRY_RESTRICTION_SET, STORE_TARGET_RESTRICTION);
	CLEANUP(store_abandon) struct store_tx tx = { 0 };
	CLEANUP(buf_clear) struct buf sealed = BUF(KEYS_BLOB_MAX);
	const int64_t now = clock_now_us();
	struct store_restriction row = {
		.sub = who->sub, .set_by = str_of(set_by), .since_us = now, .until_us = until_us
	};
	enum status st;

	if (reason.n > OBJECTING_REASON_MOST || (until_us != 0 && until_us <= now))
		return request_fail(rq, E_INVALID, "invalid_request", "the reason is too long, or the term is over");
	TRY(seal_reason(rq, who, set_by, reason, &sealed));
	TRY(draft_restriction(&c, set_by, reason, with_term(until_us)));
	row.reason = buf_str(&sealed);
	row.event_id = str_of(c.draft.id_text);
	TRY(store_begin(request_store(rq), &tx));
	st = store_restriction_set(&tx, &row);
	if (st == E_USED)
		return OK;
	TRY(st);
	if (str_is(row.set_by, STORE_BY_OFFICER))
		TRY(inbox_tell(&tx, who->sub, INBOX_RESTRICTION_SET, &(struct inbox_refs){ .until_us = until_us }));
	return finish(&c, &tx);
}

static enum status
find_restriction(struct request *rq, struct str sub, const char *set_by, int64_t *index)
{
	CLEANUP(store_restriction_list_clear) struct store_restriction_list list = { 0 };

	TRY(store_restriction_of(request_store(rq), sub, clock_now_us(), &list));
	for (size_t i = 0; i < list.count; i++) {
		if (!str_is(list.items[i].set_by, set_by))
			continue;
		*index = list.items[i].log_index;
		return *index == STORE_NO_INDEX ? still_on_its_way(rq) : OK;
	}
	return E_NOT_FOUND;
}

enum status
objecting_unrestrict(struct request *rq, const struct keys_person *who, const char *set_by)
{
	CLEANUP(change_clear)
	struct change c = change_of(rq, who, ENTRY_RESTRICTION_LIFTED, STORE_TARGET_RESTRICTION_LIFT);
	CLEANUP(store_abandon) struct store_tx tx = { 0 };
	int64_t index = STORE_NO_INDEX;

	TRY(find_restriction(rq, who->sub, set_by, &index));
	TRY(draft_restriction(&c, set_by, STR(""), of_entry(index)));
	TRY(store_begin(request_store(rq), &tx));
	TRY(store_restriction_lift(&tx, who->sub, str_of(set_by), index, str_of(c.draft.id_text)));
	/* GDPR art. 18(3): the person is told before what an officer blocked is opened again. */
	if (rq->who.kind == PRINCIPAL_ADMIN)
		TRY(inbox_tell(&tx, who->sub, INBOX_RESTRICTION_LIFTED, &(struct inbox_refs){ 0 }));
	return finish(&c, &tx);
}
