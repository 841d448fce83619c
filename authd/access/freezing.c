#include "authd/access/freezing.h"

#include "authd/audit/audit.h"
#include "authd/identity/session.h"
#include "authd/request.h"
#include "authd/store/store_desk_codes.h"
#include "authd/store/store_grant.h"
#include "authd/store/store_login.h"
#include "authd/store/store_mandate.h"
#include "authd/store/store_outbox.h"
#include "authd/store/store_session.h"

static struct audit_event
event_of(const struct request *rq, enum entry_event event)
{
	struct audit_event ev = audit_of(rq, event);

	ev.person = request_person(rq);
	return ev;
}

/* The session that says so goes on with another cookie: the one that it had may be what was stolen. */
static enum status
save(struct request *rq, const struct audit_draft *draft)
{
	CLEANUP(store_abandon) struct store_tx tx = { 0 };
	CLEANUP(buf_clear) struct buf cookie = BUF(64);
	const struct str sub = str_of(rq->who.sub);
	const int64_t now = clock_now_us();
	int count;

	TRY(store_begin(request_store(rq), &tx));
	TRY(store_freeze_set(&tx, sub, now, &count));
	TRY(session_renew(rq, &tx, &cookie));
	TRY(store_login_drop_all(&tx, sub));
	TRY(store_session_end_all(&tx, sub, str_of(rq->who.sid), now, NULL));
	TRY(store_grant_revoke_person(&tx, sub, now));
	TRY(store_desk_codes_drop(&tx, sub)); /* by telephone they speak for the person */
	TRY(audit_emit(&tx, draft, STORE_TARGET_FREEZE, sub));
	TRY(store_commit(&tx));
	session_renewed(rq, &cookie);
	return OK;
}

enum status
freezing_begin(struct request *rq)
{
	CLEANUP(audit_draft_clear) struct audit_draft draft = { 0 };
	const struct audit_event ev = event_of(rq, ENTRY_AUTH_FROZEN);
	struct receipt receipt;

	TRY(audit_draft(rq->authd, &ev, &draft));
	TRY(save(rq, &draft));
	return audit_forward(rq->authd, &draft, &receipt);
}

/* Somebody who has the browser or the password alone is who it was frozen against. */
static bool
proves_it(const struct principal *who, int64_t frozen_us)
{
	return who->acr >= 2 && who->auth_us > frozen_us && who->auth_us + FREEZING_FRESH_US > clock_now_us();
}

static enum status
lift(struct request *rq, int64_t frozen_us)
{
	CLEANUP(store_abandon) struct store_tx tx = { 0 };

	TRY(store_begin(request_store(rq), &tx));
	TRY(store_freeze_lift(&tx, str_of(rq->who.sub), frozen_us));
	return store_commit(&tx);
}

/* R1: the entry first; a crash behind it leaves everything frozen. */
enum status
freezing_end(struct request *rq)
{
	const struct audit_event ev = event_of(rq, ENTRY_AUTH_THAWED);
	struct receipt receipt;
	int64_t frozen_us = 0;

	TRY(store_freeze_find(request_store(rq), str_of(rq->who.sub), &frozen_us));
	if (frozen_us == 0)
		return E_NOT_FOUND;
	if (!proves_it(&rq->who, frozen_us))
		return E_DENIED;
	TRY(audit_record(rq->authd, &ev, &receipt));
	return lift(rq, frozen_us);
}
