#include "authd/identity/erasure.h"

#include <string.h>

#include "auditlog/base/clock.h"
#include "auditlog/base/log.h"
#include "authd/audit/audit.h"
#include "authd/audit/tag_memory.h"
#include "authd/consent/consenting_parts.h"
#include "authd/request.h"
#include "authd/store/store_consent.h"
#include "authd/store/store_login.h"
#include "authd/store/store_outbox.h"
#include "authd/store/store_role.h"
#include "authd/store/store_session.h"

#define YOUNG_US (5 * SECOND_US) /* whoever asked may still be at it */
#define SCRUB_US (10 * SECOND_US)
#define CONSENTS 50 /* revoked at once */
#define HEALED   10 /* erasures gone on with in one look */

/* ---- 1. asked ---- */

/* Who acted for an organisation is found by the pseudonym in its entries, through this row. */
static enum status
check_roles(struct request *rq, struct store_tx *tx, struct str sub)
{
	CLEANUP(store_role_list_clear) struct store_role_list roles = { 0 };

	TRY(store_role_held(tx, sub, &roles));
	return roles.count == 0
		   ? OK
		   : request_fail(rq, E_CONFLICT, "roles_held", "revoke this person's roles before erasing them");
}

static enum status
save_asked(struct request *rq, const struct store_erasure *row, const struct audit_draft *draft)
{
	CLEANUP(store_abandon) struct store_tx tx = { 0 };

	TRY(store_begin(request_store(rq), &tx));
	TRY(check_roles(rq, &tx, row->sub));
	TRY(store_erasure_add(&tx, row));
	TRY(store_person_set_status(&tx, row->sub, STORE_PERSON_DISABLED, row->erasing_event_id));
	TRY(store_login_drop_all(&tx, row->sub));
	TRY(store_session_end_all(&tx, row->sub, STR(""), row->asked_us, NULL));
	TRY(audit_emit(&tx, draft, STORE_TARGET_ERASING, row->sub));
	return store_commit(&tx);
}

/* The id of the last entry is fixed now, so that it is written once whoever writes it. */
static enum status
begin(struct request *rq, const struct store_person *p, struct str asked_by)
{
	CLEANUP(audit_draft_clear) struct audit_draft draft = { 0 };
	CLEANUP(buf_clear) struct buf erased_id = BUF(UUID_TEXT_LEN);
	const struct uuid id = uuid_new();
	struct audit_event ev = audit_of(rq, ENTRY_SUBJECT_ERASING);
	struct store_erasure row = {
		.sub = p->sub, .asked_by = asked_by, .asked_us = clock_now_us(), .state = STR(STORE_ERASURE_ASKED)
	};
	struct receipt receipt;

	uuid_put(&erased_id, &id);
	TRY(buf_status(&erased_id));
	ev.entry.by.operator_id = asked_by;
	ev.person = (struct keys_person){ .sub = p->sub, .wrapped = p->wrapped_key };
	TRY(audit_draft(rq->authd, &ev, &draft));
	row.erasing_event_id = str_of(draft.id_text);
	row.erased_event_id = buf_str(&erased_id);
	TRY(save_asked(rq, &row, &draft));
	return audit_forward(rq->authd, &draft, &receipt);
}

enum status
erasure_begin(struct request *rq, const struct store_person *p, struct str asked_by)
{
	CLEANUP(store_erasure_clear) struct store_erasure there = { 0 };
	enum status st = store_erasure_find(request_store(rq), p->sub, &there);

	if (st == OK)
		return E_USED;
	return st == E_NOT_FOUND ? begin(rq, p, asked_by) : st;
}

/* ---- 2. consents ---- */

/* The event of an administrator's request that is not at hand any more. */
static struct audit_event
event_of(enum entry_event event, const struct store_erasure *e, uint64_t cited)
{
	return (struct audit_event){
		.entry = { .event = event,
			   .by = { .service = STR("admin"), .operator_id = e->asked_by },
			   .basis = { .type = ENTRY_BASIS_ENTRY, .has_index = true, .index = cited } },
	};
}

static enum status
save_revoked(struct store *db, const struct store_erasure *e, const struct store_consent *c,
	     const struct audit_draft *draft)
{
	CLEANUP(store_abandon) struct store_tx tx = { 0 };
	const int64_t now = clock_now_us();
	const struct store_consent_event event = {
		.record_id = c->record_id,
		.state = STR("revoked"),
		.at_us = now,
		.by_id = e->asked_by,
		.event_id = str_of(draft->id_text),
		.log_index = STORE_NO_INDEX,
	};
	enum status st;

	TRY(store_begin(db, &tx));
	st = store_consent_end(&tx, c->record_id, event.state, now, event.event_id);
	if (st == E_NOT_FOUND) /* ended by somebody else meanwhile, with an entry of theirs */
		return OK;
	TRY(st);
	TRY(store_consent_event_add(&tx, &event));
	TRY(audit_emit(&tx, draft, STORE_TARGET_CONSENT_WITHDRAW, c->record_id));
	return store_commit(&tx);
}

/* As a withdrawal: from the commit on no decision begins that permits, and the log keeps those under way before it. */
static enum status
revoke(struct authd *a, struct store *db, const struct store_erasure *e, const struct keys_person *who,
       const struct store_consent *c)
{
	CLEANUP(audit_draft_clear) struct audit_draft draft = { 0 };
	CLEANUP(buf_clear) struct buf ref = BUF(160);
	struct audit_event ev = event_of(ENTRY_CONSENT_REVOKED, e, (uint64_t)c->log_index);
	struct receipt receipt;

	if (c->log_index == STORE_NO_INDEX) /* still on its way: nothing could be cited */
		return E_UNAVAILABLE;
	TRY(consenting_purpose_ref(c->purpose, (unsigned)c->purpose_version, &ref));
	ev.entry.purpose = buf_str(&ref);
	ev.entry.basis.ctag = c->ctag;
	ev.person = *who;
	TRY(audit_draft(a, &ev, &draft));
	TRY(save_revoked(db, e, c, &draft));
	return audit_forward(a, &draft, &receipt);
}

static enum status
given_consents(struct store *db, struct str sub, struct store_consent_list *out)
{
	const struct store_consent_filter given = { .sub = sub, .state = STR("given") };

	return store_consent_page(db, &given, STR(""), CONSENTS, out);
}

static enum status
revoke_consents(struct authd *a, struct store *db, const struct store_erasure *e, const struct keys_person *who)
{
	size_t found = CONSENTS;

	while (found == CONSENTS) {
		CLEANUP(store_consent_list_clear) struct store_consent_list list = { 0 };

		TRY(given_consents(db, e->sub, &list));
		for (size_t i = 0; i < list.count; i++)
			TRY(revoke(a, db, e, who, &list.items[i]));
		found = list.count;
	}
	return OK;
}

/* ---- 3. destroyed ---- */

/* Somebody who was just being let in may have given a consent since: then all again. */
static enum status
check_no_consent(struct store_tx *tx, struct str sub)
{
	CLEANUP(store_consent_list_clear) struct store_consent_list list = { 0 };

	TRY(given_consents(tx->db, sub, &list));
	return list.count == 0 ? OK : E_BUSY;
}

static enum status
destroy(struct authd *a, struct store *db, const struct store_erasure *e)
{
	CLEANUP(store_abandon) struct store_tx tx = { 0 };

	TRY(store_begin(db, &tx));
	TRY(store_person_erase(&tx, e->sub, e->erased_event_id));
	TRY(check_no_consent(&tx, e->sub));
	TRY(store_erasure_go_on(&tx, e->sub, STR(STORE_ERASURE_ASKED), STR(STORE_ERASURE_DESTROYED)));
	TRY(store_commit(&tx));
	/* Neither would let anybody in: the database is asked for each. But nothing of the person stays here either. */
	token_cache_next_epoch(a->tokens);
	tag_memory_forget(a->tags);
	return OK;
}

static enum status
go_on_asked(struct authd *a, struct store *db, const struct store_erasure *e)
{
	CLEANUP(store_person_clear) struct store_person p = { 0 };
	struct keys_person who;

	if (e->erasing_index == STORE_NO_INDEX)
		return E_UNAVAILABLE; /* the announcement comes first */
	TRY(store_person_find(db, e->sub, &p));
	who = (struct keys_person){ .sub = p.sub, .wrapped = p.wrapped_key };
	TRY(revoke_consents(a, db, e, &who));
	return destroy(a, db, e);
}

/* ---- 4. done ---- */

static enum status
save_done(struct store *db, const struct store_erasure *e, const struct audit_draft *draft)
{
	CLEANUP(store_abandon) struct store_tx tx = { 0 };

	TRY(store_begin(db, &tx));
	TRY(store_erasure_go_on(&tx, e->sub, STR(STORE_ERASURE_DESTROYED), STR(STORE_ERASURE_DONE)));
	TRY(audit_emit(&tx, draft, STORE_TARGET_ERASED, e->sub));
	return store_commit(&tx);
}

/* Somebody still reads what is to go: that may take long, so it is for the next look and not for this loop. */
static enum status
scrub(struct store *db)
{
	enum status st = store_scrub(db, SCRUB_US);

	return st == E_BUSY ? E_UNAVAILABLE : st;
}

/* About nobody: whose erasure this was stands in the entry that it names, and there is no tag of theirs any more. */
static enum status
go_on_destroyed(struct authd *a, struct store *db, const struct store_erasure *e)
{
	CLEANUP(audit_draft_clear) struct audit_draft draft = { 0 };
	struct audit_event ev = event_of(ENTRY_SUBJECT_ERASED, e, (uint64_t)e->erasing_index);
	struct receipt receipt;

	TRY(scrub(db));
	ev.own_id = e->erased_event_id;
	TRY(audit_draft(a, &ev, &draft));
	TRY(save_done(db, e, &draft));
	/* Entries of decisions that still had the key stand before it (auditlog/daemon/fence.h). */
	return audit_forward(a, &draft, &receipt);
}

static enum status
step(struct authd *a, struct store *db, const struct store_erasure *e)
{
	if (str_is(e->state, STORE_ERASURE_ASKED))
		return go_on_asked(a, db, e);
	if (str_is(e->state, STORE_ERASURE_DESTROYED))
		return go_on_destroyed(a, db, e);
	return e->erased_index != STORE_NO_INDEX ? OK : E_UNAVAILABLE; /* the outbox has it */
}

/* E_USED: another thread or node took that step; E_BUSY: a consent came in between. Both look again. */
enum status
erasure_go_on(struct authd *a, struct store *db, struct str sub, struct store_erasure *out)
{
	for (int tries = 0; tries < 8; tries++) {
		CLEANUP(store_erasure_clear) struct store_erasure e = { 0 };
		enum status st;

		TRY(store_erasure_find(db, sub, &e));
		st = step(a, db, &e);
		if (st != OK && st != E_USED && st != E_BUSY)
			return st;
		if (st == OK && e.erased_index != STORE_NO_INDEX) {
			*out = e;
			e = (struct store_erasure){ 0 };
			return OK;
		}
	}
	return E_BUSY;
}

void
erasure_heal(struct authd *a, struct store *db)
{
	CLEANUP(store_erasure_list_clear) struct store_erasure_list open = { 0 };

	if (store_erasure_open(db, clock_now_us() - YOUNG_US, HEALED, &open) != OK)
		return;
	for (size_t i = 0; i < open.count; i++) {
		CLEANUP(store_erasure_clear) struct store_erasure done = { 0 };
		enum status st = erasure_go_on(a, db, open.items[i].sub, &done);

		if (st == OK)
			log_info("erasure.finished", "event=%.*s", STR_ARG(open.items[i].erasing_event_id));
		else
			log_warn(st, "erasure.waits", "event=%.*s", STR_ARG(open.items[i].erasing_event_id));
	}
}
