#include "authd/access/contracting.h"

#include <string.h>

#include "auditlog/base/clock.h"
#include "authd/audit/audit.h"
#include "authd/http/json.h"
#include "authd/notify/inbox.h"
#include "authd/request.h"
#include "authd/store/store_outbox.h"

/* Nothing that a person agrees to once lasts for ever. */
#define TERM_MOST_US (INT64_C(10) * 366 * DAY_US)

/* A contract is a ground only where a purpose of this service says so. */
static bool
is_known_kind(const struct policy *p, struct str service_id, struct str kind)
{
	const struct service *s = policy_service(p, service_id);
	const struct purpose *purpose;

	for (size_t i = 0; s != NULL && (purpose = policy_purpose_at(p, i)) != NULL; i++) {
		for (size_t k = 0; policy_declares(p, s, purpose) && k < purpose->rule_count; k++)
			if (purpose->rules[k].basis == BASIS_CONTRACT && str_is(kind, purpose->rules[k].ref))
				return true;
	}
	return false;
}

static enum status
check_terms(struct request *rq, const struct contracting_terms *t)
{
	if (rq->policy == NULL)
		return request_fail(rq, E_UNAVAILABLE, "policy_missing", "no policy is in force");
	if (!is_known_kind(rq->policy, t->service, t->kind))
		return request_fail(rq, E_INVALID, "invalid_request",
				    "kind is none that a purpose of this service rests on");
	if (t->from_us >= t->until_us || t->until_us <= clock_now_us() || t->until_us - t->from_us > TERM_MOST_US)
		return request_fail(rq, E_INVALID, "invalid_request",
				    "until must lie in the future, behind from, and within ten years of it");
	return OK;
}

static struct keys_place
place_of(struct str id)
{
	return (struct keys_place){ STR("contract"), STR("details"), id };
}

static enum status
make_ctag(struct request *rq, const struct keys_person *who, struct str id, struct buf *ctag)
{
	CLEANUP(buf_clear) struct buf month = BUF(8), tag = BUF(64);

	clock_put_month(&month, clock_now_us());
	TRY(buf_status(&month));
	return keys_tags(rq->authd->keys, who, buf_str(&month), id, &tag, ctag);
}

/* What the entries of a contract say: with whom, of which kind, how long; the number is for the person alone. */
static enum status
draft(struct request *rq, const struct keys_person *who, enum entry_event event, const struct store_contract *c,
      struct entry_basis basis, struct audit_draft *out)
{
	CLEANUP(buf_clear) struct buf detail = BUF(256);
	struct audit_event ev = audit_of(rq, event);

	buf_put_cstr(&detail, "{\"contract\":");
	json_put_string(&detail, c->contract_id);
	buf_put_char(&detail, '}');
	TRY(buf_status(&detail));
	ev.entry.basis = basis;
	ev.person = *who;
	ev.detail = buf_str(&detail);
	return audit_draft(rq->authd, &ev, out);
}

static struct entry_basis
terms_of(const struct store_contract *c)
{
	return (struct entry_basis){
		.type = ENTRY_BASIS_CONTRACT,
		.ctag = c->ctag,
		.ref = c->kind,
		.recipient = c->service,
		.from_us = c->from_us,
		.until_us = c->until_us,
	};
}

enum status
contracting_propose(struct request *rq, const struct keys_person *who, const struct contracting_terms *t,
		    char id[UUID_TEXT_LEN + 1])
{
	CLEANUP(audit_draft_clear) struct audit_draft d = { 0 };
	CLEANUP(store_abandon) struct store_tx tx = { 0 };
	CLEANUP(buf_clear)
	struct buf text = BUF(UUID_TEXT_LEN), sealed = BUF(KEYS_BLOB_MAX), ctag = BUF(64);
	const struct uuid fresh = uuid_new();
	struct store_contract c = {
		.sub = who->sub,
		.service = t->service,
		.organisation = t->organisation,
		.kind = t->kind,
		.state = STR("proposed"),
		.from_us = t->from_us,
		.until_us = t->until_us,
		.proposed_us = clock_now_us(),
	};
	struct keys_place place;
	struct receipt receipt;

	TRY(check_terms(rq, t));
	uuid_put(&text, &fresh);
	TRY(buf_status(&text));
	c.contract_id = buf_str(&text);
	place = place_of(c.contract_id);
	TRY(keys_field_seal(rq->authd->keys, who, &place, t->number, &sealed));
	TRY(make_ctag(rq, who, c.contract_id, &ctag));
	c.details = buf_str(&sealed);
	c.ctag = buf_str(&ctag);
	TRY(draft(rq, who, ENTRY_CONTRACT_PROPOSED, &c, terms_of(&c), &d));
	TRY(store_begin(request_store(rq), &tx));
	TRY(store_contract_add(&tx, &c));
	TRY(inbox_tell(&tx, who->sub, INBOX_CONTRACT_PROPOSED,
		       &(struct inbox_refs){ .organisation = t->organisation, .until_us = t->until_us }));
	TRY(audit_emit(&tx, &d, STORE_TARGET_NONE, STR("")));
	TRY(store_commit(&tx));
	memcpy(id, text.p, UUID_TEXT_LEN);
	id[UUID_TEXT_LEN] = '\0';
	return audit_forward(rq->authd, &d, &receipt);
}

enum status
contracting_answer(struct request *rq, const struct keys_person *who, struct str id, bool yes)
{
	CLEANUP(store_contract_clear) struct store_contract c = { 0 };
	CLEANUP(audit_draft_clear) struct audit_draft d = { 0 };
	CLEANUP(store_abandon) struct store_tx tx = { 0 };
	struct receipt receipt;

	TRY(store_contract_find(request_store(rq), id, who->sub, STR(""), &c));
	TRY(draft(rq, who, yes ? ENTRY_CONTRACT_REGISTERED : ENTRY_CONTRACT_DECLINED, &c, terms_of(&c), &d));
	TRY(store_begin(request_store(rq), &tx));
	TRY(store_contract_answer(&tx, id, who->sub, yes ? STR("in_force") : STR("declined"), clock_now_us(),
				  str_of(d.id_text)));
	TRY(audit_emit(&tx, &d, yes ? STORE_TARGET_CONTRACT : STORE_TARGET_NONE, yes ? id : STR("")));
	TRY(store_commit(&tx));
	return audit_forward(rq->authd, &d, &receipt);
}

/* From the commit on no decision begins that permits; one under way is not written behind the entry (fence.h). */
enum status
contracting_end(struct request *rq, const struct keys_person *who, const struct store_contract *c)
{
	CLEANUP(audit_draft_clear) struct audit_draft d = { 0 };
	CLEANUP(store_abandon) struct store_tx tx = { 0 };
	const struct entry_basis basis = {
		.type = ENTRY_BASIS_ENTRY, .has_index = true, .index = (uint64_t)c->log_index, .ctag = c->ctag
	};
	struct receipt receipt;

	if (!str_is(c->state, "in_force"))
		return E_USED;
	if (c->log_index == STORE_NO_INDEX)
		return request_fail(rq, E_UNAVAILABLE, "log_unavailable",
				    "this contract is still on its way into the log; try again in a moment");
	TRY(draft(rq, who, ENTRY_CONTRACT_ENDED, c, basis, &d));
	TRY(store_begin(request_store(rq), &tx));
	TRY(store_contract_end(&tx, c->contract_id, clock_now_us(), str_of(d.id_text)));
	TRY(audit_emit(&tx, &d, STORE_TARGET_CONTRACT_END, c->contract_id));
	TRY(store_commit(&tx));
	return audit_forward(rq->authd, &d, &receipt);
}

enum status
contracting_number(struct request *rq, const struct keys_person *who, const struct store_contract *c, struct buf *out)
{
	const struct keys_place place = place_of(c->contract_id);

	return c->details.n == 0 ? OK : keys_field_open(rq->authd->keys, who, &place, c->details, out);
}
