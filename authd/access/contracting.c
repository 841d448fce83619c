#include "authd/access/contracting.h"

#include <string.h>

#include "auditlog/base/clock.h"
#include "authd/audit/asked.h"
#include "authd/audit/audit.h"
#include "authd/consent/consenting_parts.h"
#include "authd/http/json_write.h"
#include "authd/notify/inbox.h"
#include "authd/request.h"
#include "authd/store/store_decoy.h"
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
event_of(struct request *rq, const struct keys_person *who, enum entry_event event, const struct store_contract *c,
	 struct entry_basis basis, struct buf *detail, struct audit_event *out)
{
	*out = audit_of(rq, event);
	buf_put_cstr(detail, "{\"contract\":");
	json_put_string(detail, c->contract_id);
	buf_put_char(detail, '}');
	TRY(buf_status(detail));
	out->entry.basis = basis;
	out->person = *who;
	out->detail = buf_str(detail);
	return OK;
}

static enum status
draft(struct request *rq, const struct keys_person *who, enum entry_event event, const struct store_contract *c,
      struct entry_basis basis, struct audit_draft *out)
{
	CLEANUP(buf_clear) struct buf detail = BUF(256);
	struct audit_event ev;

	TRY(event_of(rq, who, event, c, basis, &detail, &ev));
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

/* ---- proposing ---- */

struct proposing {
	struct request *rq;
	const struct keys_person *who; /* wrapped empty: nobody knows them */
	struct buf nobody;             /* the key that does the work then */
	struct buf id, sealed, ctag;
	struct store_contract c;
	struct audit_draft draft;
};

static void
proposing_clear(struct proposing *p)
{
	buf_clear(&p->nobody);
	buf_clear(&p->id);
	buf_clear(&p->sealed);
	buf_clear(&p->ctag);
	audit_draft_clear(&p->draft);
}

static bool
is_nobody(const struct proposing *p)
{
	return p->who->wrapped.n == 0;
}

static enum status
seal(struct proposing *p, struct str number)
{
	struct keys_person who = *p->who;
	struct keys_place place;
	const struct uuid fresh = uuid_new();

	if (is_nobody(p))
		TRY(audit_decoy_person(p->rq->authd, &p->nobody, &who));
	uuid_put(&p->id, &fresh);
	TRY(buf_status(&p->id));
	place = place_of(buf_str(&p->id));
	TRY(keys_field_seal(p->rq->authd->keys, &who, &place, number, &p->sealed));
	TRY(make_ctag(p->rq, &who, buf_str(&p->id), &p->ctag));
	p->c.contract_id = buf_str(&p->id);
	p->c.details = buf_str(&p->sealed);
	p->c.ctag = buf_str(&p->ctag);
	return OK;
}

/* The first entry of a month about somebody costs a write, whoever it is (asked.h). */
static enum status
draft_proposal(struct proposing *p)
{
	CLEANUP(buf_clear) struct buf detail = BUF(256);
	struct audit_event ev;

	TRY(event_of(p->rq, p->who, ENTRY_CONTRACT_PROPOSED, &p->c, terms_of(&p->c), &detail, &ev));
	TRY(asked_about(p->rq, &ev, p->who->sub));
	if (is_nobody(p))
		return audit_decoy(p->rq->authd, &ev, p->who->sub, &p->draft);
	return audit_draft(p->rq->authd, &ev, &p->draft);
}

static enum status
tell(struct proposing *p, struct store_tx *tx)
{
	const struct inbox_refs refs = { .organisation = p->c.organisation, .until_us = p->c.until_us };
	CLEANUP(buf_clear) struct buf tag = BUF(ENTRY_TAG_LEN);

	if (!is_nobody(p))
		return inbox_tell(tx, p->who->sub, INBOX_CONTRACT_PROPOSED, &refs);
	TRY(audit_decoy_text(p->rq->authd, p->c.contract_id, &tag));
	return store_decoy_told(tx, buf_str(&tag), p->c.proposed_us + STORE_CONTRACT_KEEP_US);
}

/* To somebody unknown it is a proposal like any other, which nobody answers. */
static enum status
save_proposal(struct proposing *p)
{
	CLEANUP(store_abandon) struct store_tx tx = { 0 };

	TRY(store_begin(request_store(p->rq), &tx));
	TRY(store_contract_add(&tx, &p->c));
	TRY(tell(p, &tx));
	TRY(audit_emit(&tx, &p->draft, STORE_TARGET_NONE, STR("")));
	return store_commit(&tx);
}

enum status
contracting_propose(struct request *rq, const struct keys_person *who, const struct contracting_terms *t,
		    char id[UUID_TEXT_LEN + 1])
{
	CLEANUP(proposing_clear)
	struct proposing p = {
		.rq = rq,
		.who = who,
		.nobody = BUF(KEYS_BLOB_MAX),
		.id = BUF(UUID_TEXT_LEN),
		.sealed = BUF(KEYS_BLOB_MAX),
		.ctag = BUF(64),
		.c = { .sub = who->sub,
		       .service = t->service,
		       .organisation = t->organisation,
		       .kind = t->kind,
		       .state = STR("proposed"),
		       .from_us = t->from_us,
		       .until_us = t->until_us,
		       .proposed_us = clock_now_us() },
	};
	struct receipt receipt;

	TRY(check_terms(rq, t));
	TRY(seal(&p, t->number));
	TRY(draft_proposal(&p));
	TRY(save_proposal(&p));
	memcpy(id, p.id.p, UUID_TEXT_LEN);
	id[UUID_TEXT_LEN] = '\0';
	return audit_forward(rq->authd, &p.draft, &receipt);
}

/* ---- answering and ending ---- */

enum status
contracting_answer_for(struct request *rq, const struct consenting_giver *giver, struct str id, bool yes)
{
	const struct keys_person who = { .sub = giver->sub, .wrapped = giver->wrapped };
	CLEANUP(buf_clear) struct buf detail = BUF(256);
	struct audit_event ev;
	CLEANUP(store_contract_clear) struct store_contract c = { 0 };
	CLEANUP(audit_draft_clear) struct audit_draft d = { 0 };
	CLEANUP(store_abandon) struct store_tx tx = { 0 };
	struct receipt receipt;

	TRY(store_contract_find(request_store(rq), id, who.sub, STR(""), &c));
	TRY(event_of(rq, &who, yes ? ENTRY_CONTRACT_REGISTERED : ENTRY_CONTRACT_DECLINED, &c, terms_of(&c), &detail,
		     &ev));
	if (giver->assistance.channel.n > 0)
		consenting_giver_sign(giver, &ev);
	TRY(audit_draft(rq->authd, &ev, &d));
	TRY(store_begin(request_store(rq), &tx));
	TRY(store_contract_answer(&tx, id, who.sub, yes ? STR("in_force") : STR("declined"), clock_now_us(),
				  str_of(d.id_text)));
	TRY(audit_emit(&tx, &d, yes ? STORE_TARGET_CONTRACT : STORE_TARGET_NONE, yes ? id : STR("")));
	TRY(store_commit(&tx));
	return audit_forward(rq->authd, &d, &receipt);
}

enum status
contracting_answer(struct request *rq, const struct keys_person *who, struct str id, bool yes)
{
	/* In their own session or with their own token, and nobody helped. */
	const struct consenting_giver alone = { .sub = who->sub, .wrapped = who->wrapped };

	return contracting_answer_for(rq, &alone, id, yes);
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
