/* consenting_end.c: the person takes a consent back. */
#include "authd/consent/consenting.h"

#include "auditlog/base/clock.h"
#include "authd/audit/audit.h"
#include "authd/consent/consent.h"
#include "authd/consent/consenting_parts.h"
#include "authd/http/json.h"
#include "authd/http/json_write.h"
#include "authd/notify/inbox.h"
#include "authd/request.h"
#include "authd/store/store_outbox.h"

/* ---- withdrawing ---- */

static enum status
draft_withdrawal(struct request *rq, const struct store_consent *c, const struct consenting_giver *giver,
		 struct audit_draft *out)
{
	CLEANUP(buf_clear) struct buf ref = BUF(160), detail = BUF(256);
	struct audit_event ev = audit_of(rq, ENTRY_CONSENT_WITHDRAWN);

	TRY(consenting_purpose_ref(c->purpose, (unsigned)c->purpose_version, &ref));
	buf_put_cstr(&detail, "{\"record\":");
	json_put_string(&detail, c->record_id);
	buf_put_char(&detail, '}');
	TRY(buf_status(&detail));
	ev.entry.purpose = buf_str(&ref);
	ev.entry.basis = (struct entry_basis){
		.type = ENTRY_BASIS_ENTRY, .has_index = true, .index = (uint64_t)c->log_index, .ctag = c->ctag
	};
	consenting_giver_sign(giver, &ev);
	ev.detail = buf_str(&detail);
	return audit_draft(rq->authd, &ev, out);
}

enum status
consenting_note_destruction(struct store_tx *tx, const struct store_consent *c, int64_t ended_us)
{
	CLEANUP(json_decrefp) json_t *record = NULL;
	int64_t by_us;

	TRY(json_read(c->record, CONSENT_RECORD_MOST, &record, NULL));
	TRY(consent_destroy_by(record, ended_us, &by_us));
	return store_consent_destroy_by(tx, c->record_id, by_us);
}

/* What somebody else did for them people learn. */
static enum status
tell_person(struct store_tx *tx, const struct store_consent *c, const struct consenting_giver *giver)
{
	const struct inbox_refs refs = { .target = c->record_id,
					 .organisation = c->organisation,
					 .purpose = c->purpose };

	return str_eq(consenting_giver_by(giver), giver->sub) && giver->assistance.channel.n == 0
		   ? OK
		   : inbox_tell(tx, c->sub, INBOX_CONSENT_WITHDRAWN_FOR_YOU, &refs);
}

static enum status
save_withdrawal(struct request *rq, const struct store_consent *c, const struct consenting_giver *giver,
		const struct audit_draft *draft)
{
	CLEANUP(store_abandon) struct store_tx tx = { 0 };
	const int64_t now = clock_now_us();
	const struct store_consent_event event = {
		.record_id = c->record_id,
		.state = STR("withdrawn"),
		.at_us = now,
		.by_id = consenting_giver_by(giver),
		.event_id = str_of(draft->id_text),
		.log_index = STORE_NO_INDEX,
		.method = consenting_or_null(giver->method),
		.acr = consenting_or_null(giver->acr),
	};

	TRY(store_begin(request_store(rq), &tx));
	TRY(store_consent_withdraw(&tx, c->record_id, c->sub, now, event.event_id, NULL));
	TRY(consenting_note_destruction(&tx, c, now));
	TRY(store_consent_event_add(&tx, &event));
	TRY(tell_person(&tx, c, giver));
	TRY(audit_emit(&tx, draft, STORE_TARGET_CONSENT_WITHDRAW, c->record_id));
	return store_commit(&tx);
}

/* 1. From the commit on no decision begins that permits.  2. The entry; a decision under way whose own comes behind it
 * begins again (auditlog/daemon/fence.h). */
enum status
consenting_withdraw(struct request *rq, const struct consenting_giver *giver, struct str record_id)
{
	CLEANUP(store_consent_clear) struct store_consent c = { 0 };
	CLEANUP(audit_draft_clear) struct audit_draft draft = { 0 };
	struct receipt receipt;

	TRY(store_consent_find(request_store(rq), record_id, giver->sub, &c));
	if (c.log_index == STORE_NO_INDEX)
		return request_fail(rq, E_UNAVAILABLE, "log_unavailable",
				    "this consent is still on its way into the log; try again in a moment");
	TRY(draft_withdrawal(rq, &c, giver, &draft));
	TRY(save_withdrawal(rq, &c, giver, &draft));
	return audit_forward(rq->authd, &draft, &receipt);
}
