#include "authd/identity/lapse.h"

#include "auditlog/base/clock.h"
#include "auditlog/base/log.h"
#include "authd/audit/audit.h"
#include "authd/authd.h"
#include "authd/store/store_logout.h"
#include "authd/store/store_outbox.h"
#include "authd/store/store_person.h"
#include "authd/sweeping.h"

#define AT_ONCE 100

static enum status
save(struct store *db, const struct store_lapse *l, const struct audit_draft *draft)
{
	CLEANUP(store_abandon) struct store_tx tx = { 0 };

	TRY(store_begin(db, &tx));
	TRY(store_logout_lapse(&tx, l->sid, clock_now_us()));
	TRY(audit_emit(&tx, draft, STORE_TARGET_NONE, STR("")));
	return store_commit(&tx);
}

static enum status
end(struct authd *a, struct store *db, const struct store_lapse *l)
{
	CLEANUP(store_person_clear) struct store_person p = { 0 };
	CLEANUP(audit_draft_clear) struct audit_draft draft = { 0 };
	struct audit_event ev = { .entry = { .event = ENTRY_AUTH_SESSION_ENDED, .by.service = STR("portal") } };
	struct receipt receipt;
	enum status st;

	TRY(store_person_find(db, l->sub, &p));
	if (p.wrapped_key.n > 0)
		ev.person = (struct keys_person){ .sub = p.sub, .wrapped = p.wrapped_key };
	audit_fact(&ev, "why", STR("lapsed"));
	TRY(audit_draft(a, &ev, &draft));
	st = save(db, l, &draft);
	if (st == E_NOT_FOUND) /* used again, or ended by somebody, since it was read */
		return OK;
	TRY(st);
	return audit_forward(a, &draft, &receipt);
}

static int64_t
end_of(const struct store_lapse *l)
{
	const int64_t silent = l->seen_us + l->idle_us_limit;

	return silent < l->expires_us ? silent : l->expires_us;
}

void
lapse_sweep(struct authd *a, struct store *db)
{
	CLEANUP(store_lapse_list_clear) struct store_lapse_list list = { 0 };
	struct sweeping s = { .work = "session.lapse" };
	const int64_t now = clock_now_us();
	enum status st = store_logout_lapsing(db, now, sweeping_batch(&s, AT_ONCE), &list);

	for (size_t i = 0; st == OK && i < list.count; i++) {
		const struct store_lapse *l = &list.items[i];

		if (sweeping_passes(&s, l->sid))
			continue;
		st = end_of(l) > now ? store_logout_look(db, l->sid, end_of(l)) : end(a, db, l);
		st = sweeping_done(&s, l->sid, st);
	}
	if (st != OK)
		log_warn(st, "session.lapse", "it is tried again in a second");
}
