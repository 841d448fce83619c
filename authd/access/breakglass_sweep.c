/*
 * breakglass_sweep.c: what the log says by itself about emergencies that nobody reviewed, and their numbers. The right
 * has ended before, at its instant (store_breakglass.h); this makes it known.
 */
#include "auditlog/base/clock.h"
#include "auditlog/base/log.h"
#include "authd/access/breakglass_parts.h"
#include "authd/authd.h"
#include "authd/store/store_outbox.h"
#include "authd/sweeping.h"

#define AT_ONCE 100

static enum status
save(struct store *db, const struct store_breakglass *b, struct str operator_sub, const json_t *officers,
     const struct audit_draft *draft)
{
	CLEANUP(store_abandon) struct store_tx tx = { 0 };

	TRY(store_begin(db, &tx));
	TRY(store_breakglass_suspend(&tx, b->id, clock_now_us()));
	TRY(breakglass_tell_operator(&tx, operator_sub, b, INBOX_EMERGENCY_SUSPENDED));
	TRY(breakglass_tell_officers(&tx, officers, b, INBOX_EMERGENCY_SUSPENDED));
	TRY(audit_emit(&tx, draft, STORE_TARGET_NONE, STR("")));
	return store_commit(&tx);
}

/* It is about the operator: whose right it was, and who can look it up. */
static enum status
suspend(struct authd *a, struct store *db, const struct store_breakglass *b)
{
	CLEANUP(store_person_clear) struct store_person who = { 0 };
	CLEANUP(audit_draft_clear) struct audit_draft draft = { 0 };
	CLEANUP(policy_unrefp) struct policy *policy = policy_slot_get(a->policy);
	CLEANUP(json_decrefp) json_t *officers = NULL;
	struct audit_event ev = { .entry = { .event = ENTRY_BREAKGLASS_SUSPENDED, .by.service = STR("authd") } };
	struct receipt receipt;
	enum status st = store_person_by_pseudonym(db, b->operator_id, &who);

	TRY(st == E_NOT_FOUND ? OK : st);
	breakglass_about(&ev, b, &who);
	ev.entry.category_count = 0; /* that is about the person whose data it was */
	audit_fact(&ev, "operator", b->operator_id);
	audit_fact(&ev, "why", STR("not_reviewed"));
	TRY(officers_of(db, policy, b->organisation, &officers));
	TRY(audit_draft(a, &ev, &draft));
	st = save(db, b, who.sub, officers, &draft);
	if (st == E_NOT_FOUND) /* another node said so, or it was reviewed meanwhile */
		return OK;
	TRY(st);
	return audit_forward(a, &draft, &receipt);
}

void
breakglass_sweep(struct authd *a, struct store *db)
{
	CLEANUP(store_breakglass_list_clear) struct store_breakglass_list list = { 0 };
	struct sweeping s = { .work = "breakglass.suspend" };
	enum status st = store_breakglass_overdue(db, clock_now_us(), sweeping_batch(&s, AT_ONCE), &list);

	for (size_t i = 0; st == OK && i < list.count; i++)
		if (!sweeping_passes(&s, list.items[i].id))
			st = sweeping_done(&s, list.items[i].id, suspend(a, db, &list.items[i]));
	if (st != OK)
		log_warn(st, "breakglass.suspend", "it is tried again in a second");
}
