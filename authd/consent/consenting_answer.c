/* consenting_answer.c: somebody says no, or not now. */
#include "authd/consent/consenting.h"

#include "auditlog/base/clock.h"
#include "authd/audit/audit.h"
#include "authd/consent/consenting_parts.h"
#include "authd/request.h"
#include "authd/store/store_outbox.h"

static enum status
answer(struct request *rq, const struct store_request *request, const struct consenting_giver *giver,
       enum entry_event event, struct str state)
{
	CLEANUP(audit_draft_clear) struct audit_draft draft = { 0 };
	CLEANUP(store_abandon) struct store_tx tx = { 0 };
	CLEANUP(buf_clear) struct buf ref = BUF(160);
	struct audit_event ev = audit_of(rq, event);
	struct receipt receipt;

	TRY(consenting_purpose_ref(request->purpose, (unsigned)request->purpose_version, &ref));
	ev.entry.purpose = buf_str(&ref);
	ev.entry.basis =
	    (struct entry_basis){ .type = ENTRY_BASIS_ENTRY, .has_index = true, .index = (uint64_t)request->log_index };
	consenting_giver_sign(giver, &ev);
	TRY(audit_draft(rq->authd, &ev, &draft));
	TRY(store_begin(request_store(rq), &tx));
	TRY(store_request_answer(&tx, request->request_id, giver->sub, state, STR(""), clock_now_us()));
	TRY(audit_emit(&tx, &draft, STORE_TARGET_NONE, STR("")));
	TRY(store_commit(&tx));
	return audit_forward(rq->authd, &draft, &receipt);
}

enum status
consenting_refuse(struct request *rq, const struct store_request *request, const struct consenting_giver *giver)
{
	return answer(rq, request, giver, ENTRY_CONSENT_REFUSED, STR("refused"));
}

enum status
consenting_defer(struct request *rq, const struct store_request *request, const struct consenting_giver *giver)
{
	/* Once is enough: a loop of "later" writes one entry, not one for each press. */
	if (str_is(request->state, "deferred"))
		return OK;
	return answer(rq, request, giver, ENTRY_CONSENT_DEFERRED, STR("deferred"));
}
