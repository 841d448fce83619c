/*
 * consenting_lapse.c: a consent or a request ends without the person. The order is that of a withdrawal: from the
 * commit on nothing begins that rests on it, what began before ends, and the entry stands behind it. Two nodes or a
 * button and a timer may want the same at once: the row changes once, whoever loses writes no entry.
 */
#include "authd/consent/consenting.h"

#include "auditlog/base/clock.h"
#include "authd/audit/audit.h"
#include "authd/consent/consenting_parts.h"
#include "authd/http/json_write.h"
#include "authd/notify/inbox.h"
#include "authd/request.h"
#include "authd/store/store_outbox.h"
#include "authd/store/store_person.h"

static const struct {
	enum consent_state state;
	const char *why;
} reasons[] = {
	{ CONSENT_EXPIRED, "term_over" },           { CONSENT_REVOKED, "purpose_reached" },
	{ CONSENT_REVOKED, "service_ended" },       { CONSENT_REVOKED, "officer" },
	{ CONSENT_INVALIDATED, "error" },           { CONSENT_INVALIDATED, "no_authority" },
	{ CONSENT_INVALIDATED, "purpose_changed" }, { CONSENT_INVALIDATED, "purpose_gone" },
};

static const struct {
	enum consent_state state;
	enum entry_event event;
	enum inbox_kind told;
} ends[] = {
	{ CONSENT_EXPIRED, ENTRY_CONSENT_EXPIRED, INBOX_CONSENT_EXPIRED },
	{ CONSENT_REVOKED, ENTRY_CONSENT_REVOKED, INBOX_CONSENT_REVOKED },
	{ CONSENT_INVALIDATED, ENTRY_CONSENT_INVALIDATED, INBOX_CONSENT_INVALIDATED },
};

bool
consenting_may_lapse(enum consent_state state, struct str why)
{
	for (size_t i = 0; i < ARRAY_LEN(reasons); i++)
		if (reasons[i].state == state && str_is(why, reasons[i].why))
			return true;
	return false;
}

/* ARRAY_LEN(ends) when it is none of these. */
static size_t
end_of(enum consent_state state)
{
	size_t i = 0;

	while (i < ARRAY_LEN(ends) && ends[i].state != state)
		i++;
	return i;
}

/* An erased person has no key any more: then the entry is about nobody. */
static enum status
add_person(struct store *db, struct str sub, struct store_person *person, struct audit_event *ev)
{
	enum status st = store_person_find(db, sub, person);

	if (st == E_NOT_FOUND)
		return OK;
	TRY(st);
	if (person->wrapped_key.n > 0)
		ev->person = (struct keys_person){ .sub = person->sub, .wrapped = person->wrapped_key };
	return OK;
}

enum status
consenting_lapse_draft(struct authd *a, struct store *db, const struct audit_event *who, const struct store_consent *c,
		       enum consent_state state, struct str why, struct audit_draft *out)
{
	CLEANUP(store_person_clear) struct store_person person = { 0 };
	CLEANUP(buf_clear) struct buf ref = BUF(160), detail = BUF(256);
	const size_t end = end_of(state);
	struct audit_event ev = *who;

	if (end == ARRAY_LEN(ends))
		return E_INVALID;
	TRY(consenting_purpose_ref(c->purpose, (unsigned)c->purpose_version, &ref));
	TRY(add_person(db, c->sub, &person, &ev));
	buf_put_cstr(&detail, "{\"record\":");
	json_put_string(&detail, c->record_id);
	buf_put_char(&detail, '}');
	TRY(buf_status(&detail));
	ev.entry.event = ends[end].event;
	ev.entry.purpose = buf_str(&ref);
	ev.entry.basis = (struct entry_basis){
		.type = ENTRY_BASIS_ENTRY, .has_index = true, .index = (uint64_t)c->log_index, .ctag = c->ctag
	};
	audit_fact(&ev, "why", why);
	if (ev.person.sub.n > 0)
		ev.detail = buf_str(&detail);
	return audit_draft(a, &ev, out);
}

enum status
consenting_lapse_save(struct store_tx *tx, const struct store_consent *c, enum consent_state state, struct str by,
		      struct str why, const struct audit_draft *draft)
{
	const int64_t now = clock_now_us();
	const struct inbox_refs refs = { .target = c->record_id,
					 .organisation = c->organisation,
					 .purpose = c->purpose };
	const struct store_consent_event event = {
		.record_id = c->record_id,
		.state = str_of(consent_state_name(state)),
		.at_us = now,
		.by_id = by,
		.event_id = str_of(draft->id_text),
		.log_index = STORE_NO_INDEX,
		.method = why,
	};
	enum status st = store_consent_end(tx, c->record_id, event.state, now, event.event_id);

	if (st == E_NOT_FOUND)
		return E_USED;
	TRY(st);
	TRY(consenting_note_destruction(tx, c, now));
	TRY(store_consent_event_add(tx, &event));
	TRY(inbox_tell(tx, c->sub, ends[end_of(state)].told, &refs));
	return audit_emit(tx, draft, STORE_TARGET_CONSENT_WITHDRAW, c->record_id);
}

static enum status
save_end(struct store *db, const struct store_consent *c, enum consent_state state, struct str by, struct str why,
	 const struct audit_draft *draft)
{
	CLEANUP(store_abandon) struct store_tx tx = { 0 };

	TRY(store_begin(db, &tx));
	TRY(consenting_lapse_save(&tx, c, state, by, why, draft));
	return store_commit(&tx);
}

enum status
consenting_lapse(struct authd *a, struct store *db, const struct audit_event *ev, struct str by,
		 const struct store_consent *c, enum consent_state state, struct str why)
{
	CLEANUP(audit_draft_clear) struct audit_draft draft = { 0 };
	struct receipt receipt;

	if (!consenting_may_lapse(state, why))
		return E_INVALID;
	if (!str_is(c->state, "given"))
		return E_USED;
	if (c->log_index == STORE_NO_INDEX)
		return E_UNAVAILABLE;
	TRY(consenting_lapse_draft(a, db, ev, c, state, why, &draft));
	TRY(save_end(db, c, state, by, why, &draft));
	return audit_forward(a, &draft, &receipt);
}

enum status
consenting_end(struct request *rq, const struct store_consent *c, enum consent_state state, struct str why)
{
	const struct consenting_giver who = consenting_giver_for(rq, c->sub, STR(""));
	struct audit_event ev = audit_of(rq, ENTRY_CONSENT_REVOKED);
	enum status st;

	if (!consenting_may_lapse(state, why))
		return request_fail(rq, E_INVALID, "invalid_request", "why is not one of the reasons for this end");
	ev.entry.by.operator_id = who.assistance.operator_id;
	st = consenting_lapse(rq->authd, request_store(rq), &ev, consenting_giver_by(&who), c, state, why);
	if (st == E_USED)
		return request_fail(rq, E_CONFLICT, "consent_ended", "this consent has ended before");
	return st;
}

/* ---- a request that nobody answered ---- */

enum status
consenting_over_draft(struct authd *a, struct store *db, const struct store_request *r, struct audit_draft *out)
{
	CLEANUP(store_person_clear) struct store_person person = { 0 };
	CLEANUP(buf_clear) struct buf ref = BUF(160);
	struct audit_event ev = { .entry = { .event = ENTRY_CONSENT_REQUEST_EXPIRED, .by.service = STR("portal") } };

	TRY(consenting_purpose_ref(r->purpose, (unsigned)r->purpose_version, &ref));
	TRY(add_person(db, r->sub, &person, &ev));
	ev.entry.purpose = buf_str(&ref);
	ev.entry.basis =
	    (struct entry_basis){ .type = ENTRY_BASIS_ENTRY, .has_index = true, .index = (uint64_t)r->log_index };
	return audit_draft(a, &ev, out);
}

enum status
consenting_over_save(struct store_tx *tx, const struct store_request *r, const struct audit_draft *draft)
{
	const struct inbox_refs refs = { .organisation = r->organisation, .purpose = r->purpose };
	const int64_t now = clock_now_us();
	enum status st = store_request_expire(tx, r->request_id, r->expires_us > now ? r->expires_us : now);

	if (st == E_NOT_FOUND)
		return E_USED;
	TRY(st);
	TRY(inbox_tell(tx, r->sub, INBOX_REQUEST_EXPIRED, &refs));
	return audit_emit(tx, draft, STORE_TARGET_NONE, STR(""));
}

enum status
consenting_request_over(struct authd *a, struct store *db, const struct store_request *r)
{
	CLEANUP(audit_draft_clear) struct audit_draft draft = { 0 };
	CLEANUP(store_abandon) struct store_tx tx = { 0 };
	struct receipt receipt;

	TRY(consenting_over_draft(a, db, r, &draft));
	TRY(store_begin(db, &tx));
	TRY(consenting_over_save(&tx, r, &draft));
	TRY(store_commit(&tx));
	return audit_forward(a, &draft, &receipt);
}
