/* mandating_end.c: a mandate ends: taken back, resigned, run out, frozen. */
#include "auditlog/base/clock.h"
#include "auditlog/base/log.h"
#include "authd/access/mandating_parts.h"
#include "authd/audit/audit.h"
#include "authd/request.h"
#include "authd/store/store_outbox.h"
#include "authd/store/store_person.h"
#include "authd/sweeping.h"

#define DUE_BATCH 20

struct ending {
	const struct store_mandate *m;
	struct str state, reason;
	enum inbox_kind tell;
	struct audit_draft draft; /* of one that was in the log */
	bool logged;
};

enum status
mandating_end_draft(struct authd *a, struct store *db, struct audit_event *ev, const struct store_mandate *m,
		    struct str reason, struct audit_draft *out)
{
	CLEANUP(store_person_clear) struct store_person p = { 0 };

	TRY(store_person_find(db, m->sub, &p));
	ev->entry.reason = reason;
	ev->entry.basis =
	    (struct entry_basis){ .type = ENTRY_BASIS_ENTRY, .has_index = true, .index = (uint64_t)m->log_index };
	/* Of an erased person there is no key: then the entry concerns nobody who could be told. */
	if (p.wrapped_key.n > 0)
		ev->person = (struct keys_person){ .sub = p.sub, .wrapped = p.wrapped_key };
	return audit_draft(a, ev, out);
}

static enum status
save_end(struct store *db, const struct ending *e)
{
	CLEANUP(store_abandon) struct store_tx tx = { 0 };

	TRY(store_begin(db, &tx));
	TRY(store_mandate_end(&tx, e->m->mandate_id, e->state, e->reason, clock_now_us()));
	if (e->logged) {
		TRY(mandating_tell(&tx, e->m, e->m->representative, e->tell));
		TRY(audit_emit(&tx, &e->draft, STORE_TARGET_NONE, STR("")));
	}
	return store_commit(&tx);
}

/* From the commit on nothing begins under it; what had begun is kept from standing behind its entry by the fence. */
static enum status
end(struct authd *a, struct store *db, struct audit_event *ev, struct ending *e)
{
	struct receipt receipt;

	e->logged = e->m->log_index != STORE_NO_INDEX;
	if (e->logged)
		TRY(mandating_end_draft(a, db, ev, e->m, e->reason, &e->draft));
	TRY(save_end(db, e));
	return e->logged ? audit_forward(a, &e->draft, &receipt) : OK;
}

enum status
mandating_end(struct request *rq, const struct store_mandate *m, struct str reason, struct str operator_id)
{
	struct ending e = { .m = m, .state = STR("revoked"), .reason = reason, .tell = INBOX_MANDATE_REVOKED };
	struct audit_event ev = audit_of(rq, ENTRY_MANDATE_REVOKED);
	enum status st = E_CONFLICT;

	if (operator_id.n > 0)
		ev.entry.by.operator_id = operator_id;
	if (!str_is(m->state, "active") || m->log_index != STORE_NO_INDEX)
		st = end(rq->authd, request_store(rq), &ev, &e);
	audit_draft_clear(&e.draft);
	/* Its grant is on its way; what ends it must stand behind. */
	if (st == E_CONFLICT)
		return request_fail(rq, E_UNAVAILABLE, "log_unavailable",
				    "this mandate is still on its way into the log; try again in a moment");
	return st;
}

/* ---- by itself ---- */

static enum status
write_down(struct authd *a, struct store *db, const struct store_mandate *m, int64_t now_us)
{
	bool of_age = m->majority_us != 0 && m->majority_us <= now_us;
	struct audit_event ev = { .entry = { .event = ENTRY_MANDATE_ENDED, .by.service = STR("authd") } };
	struct ending e = { .m = m,
			    .state = STR("ended"),
			    .reason = of_age ? STR("majority") : STR("expired"),
			    .tell = INBOX_MANDATE_ENDED };
	enum status st = end(a, db, &ev, &e);

	audit_draft_clear(&e.draft);
	return st == E_NOT_FOUND ? OK : st; /* another node was first, or somebody took it back meanwhile */
}

/* What an office said about somebody and did not stand by. The entry is about who was to be represented, as was the
 * first. */
enum status
mandating_lapse_draft(struct authd *a, struct store *db, const struct store_mandate *m, struct str why,
		      struct audit_draft *out)
{
	CLEANUP(store_person_clear) struct store_person p = { 0 };
	struct audit_event ev = { .entry = { .event = ENTRY_DESK_REFUSED, .by.service = STR("authd") } };

	TRY(store_person_find(db, m->sub, &p));
	if (p.wrapped_key.n > 0)
		ev.person = (struct keys_person){ .sub = p.sub, .wrapped = p.wrapped_key };
	audit_fact(&ev, "organisation", m->organisation);
	audit_fact(&ev, "act", STR("mandate"));
	audit_fact(&ev, "kind", m->kind);
	audit_fact(&ev, "why", why);
	return audit_draft(a, &ev, out);
}

static enum status
lapse(struct authd *a, struct store *db, const struct store_mandate *m, int64_t now_us)
{
	CLEANUP(audit_draft_clear) struct audit_draft draft = { 0 };
	CLEANUP(store_abandon) struct store_tx tx = { 0 };
	struct receipt receipt;
	enum status st;

	TRY(mandating_lapse_draft(a, db, m, STR("unconfirmed"), &draft));
	TRY(store_begin(db, &tx));
	st = store_mandate_lapse(&tx, m->mandate_id, STR("unconfirmed"), now_us);
	if (st == E_NOT_FOUND)
		return OK; /* another node was first, or somebody confirmed it a moment before */
	TRY(st);
	TRY(audit_emit(&tx, &draft, STORE_TARGET_NONE, STR("")));
	TRY(store_commit(&tx));
	return audit_forward(a, &draft, &receipt);
}

static enum status
end_unconfirmed(struct authd *a, struct store *db, int64_t now_us)
{
	CLEANUP(store_mandate_list_clear) struct store_mandate_list late = { 0 };
	struct sweeping s = { .work = "mandates.unconfirmed" };

	TRY(store_mandate_unconfirmed(db, now_us - a->config.mandate_wait_us, sweeping_batch(&s, DUE_BATCH), &late));
	for (size_t i = 0; i < late.count; i++) {
		const struct store_mandate *m = &late.items[i];

		if (!sweeping_passes(&s, m->mandate_id))
			TRY(sweeping_done(&s, m->mandate_id, lapse(a, db, m, now_us)));
	}
	return OK;
}

enum status
mandating_upkeep(struct authd *a, struct store *db)
{
	CLEANUP(store_mandate_list_clear) struct store_mandate_list due = { 0 };
	struct sweeping s = { .work = "mandates.due" };
	const int64_t now = clock_now_us();

	TRY(store_mandate_due(db, now, sweeping_batch(&s, DUE_BATCH), &due));
	for (size_t i = 0; i < due.count; i++) {
		const struct store_mandate *m = &due.items[i];

		if (!sweeping_passes(&s, m->mandate_id))
			TRY(sweeping_done(&s, m->mandate_id, write_down(a, db, m, now)));
	}
	return end_unconfirmed(a, db, now);
}
