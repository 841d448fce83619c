/* death_ends.c: what ends with a person, each with its entry: consents, requests, contracts, mandates. */
#include <stdlib.h>

#include "authd/access/death_parts.h"
#include "authd/access/mandating_parts.h"
#include "authd/authd.h"
#include "authd/consent/consenting_parts.h"
#include "authd/store/store_outbox.h"

struct death_end {
	const struct store_consent *consent; /* one of these */
	const struct store_request *request;
	const struct store_contract *contract;
	const struct store_mandate *mandate;
	struct str reason; /* of a mandate */
	struct audit_draft draft;
	bool entry; /* there is one; an offer of the person's own, which nobody took, was never in the log */
	bool ended; /* by us */
};

void
death_ends_clear(struct death_ends *e)
{
	for (size_t i = 0; i < e->count; i++)
		audit_draft_clear(&e->item[i].draft);
	free(e->item);
	store_consent_list_clear(&e->consents);
	store_request_list_clear(&e->requests);
	store_contract_list_clear(&e->contracts);
	store_mandate_list_clear(&e->mandates);
	*e = (struct death_ends){ 0 };
}

/* ---- gathering ---- */

/* The next free one; NULL when it is enough for once. */
static struct death_end *
next(struct death_ends *e)
{
	if (e->count < DEATH_ENDS_MOST)
		return &e->item[e->count++];
	e->more = true;
	return NULL;
}

static enum status
gather_consents(struct store *db, struct str sub, struct death_ends *e)
{
	const struct store_consent_filter given = { .sub = sub, .state = STR("given") };
	struct death_end *one;

	TRY(store_consent_page(db, &given, STR(""), DEATH_ENDS_MOST, &e->consents));
	e->more |= e->consents.count == DEATH_ENDS_MOST;
	for (size_t i = 0; i < e->consents.count; i++) {
		const bool logged = e->consents.items[i].log_index != STORE_NO_INDEX;

		e->more |= !logged;
		if (logged && (one = next(e)) != NULL)
			*one = (struct death_end){ .consent = &e->consents.items[i], .entry = true };
	}
	return OK;
}

static enum status
gather_requests(struct store *db, struct str sub, struct death_ends *e)
{
	struct death_end *one;

	TRY(store_request_waiting(db, sub, clock_now_us(), STR(""), DEATH_ENDS_MOST, &e->requests));
	e->more |= e->requests.count == DEATH_ENDS_MOST;
	for (size_t i = 0; i < e->requests.count; i++) {
		const bool logged = e->requests.items[i].log_index != STORE_NO_INDEX;

		e->more |= !logged;
		if (logged && (one = next(e)) != NULL)
			*one = (struct death_end){ .request = &e->requests.items[i], .entry = true };
	}
	return OK;
}

static enum status
gather_contracts(struct store *db, struct str sub, struct death_ends *e)
{
	struct death_end *one;

	TRY(store_contract_in_force(db, sub, DEATH_ENDS_MOST, &e->contracts));
	e->more |= e->contracts.count == DEATH_ENDS_MOST;
	for (size_t i = 0; i < e->contracts.count; i++) {
		const struct store_contract *c = &e->contracts.items[i];

		e->more |= c->log_index == STORE_NO_INDEX;
		if (c->log_index != STORE_NO_INDEX && (one = next(e)) != NULL)
			*one = (struct death_end){ .contract = c, .entry = true };
	}
	return OK;
}

/* With the represented dies what was done for them; what a representative did for somebody else stays. */
static struct str
reason_of(const struct store_mandate *m, struct str sub, bool heirs)
{
	if (heirs)
		return STR("unfounded");
	return str_eq(m->sub, sub) ? STR("death") : STR("representative_death");
}

static bool
concerns(const struct store_mandate *m, struct str sub, bool heirs)
{
	/* Whom the dead one is an heir of is dead as well, and has another heir, perhaps. */
	return (str_is(m->kind, "heir") && str_eq(m->sub, sub)) == heirs;
}

static bool
is_proposed(const struct store_mandate *m)
{
	return str_is(m->state, "proposed");
}

static enum status
gather_mandates(struct store *db, struct str sub, bool heirs, struct death_ends *e)
{
	struct death_end *one;

	TRY(store_mandate_alive(db, sub, STORE_LIST_MAX, &e->mandates));
	e->more |= e->mandates.count == STORE_LIST_MAX;
	for (size_t i = 0; i < e->mandates.count; i++) {
		const struct store_mandate *m = &e->mandates.items[i];
		const bool active = str_is(m->state, "active"), logged = m->log_index != STORE_NO_INDEX;

		if (!concerns(m, sub, heirs))
			continue;
		e->more |= active && !logged;
		if ((!active || logged) && (one = next(e)) != NULL)
			*one = (struct death_end){ .mandate = m,
						   .reason = reason_of(m, sub, heirs),
						   .entry = active || m->operator_id.n > 0 };
	}
	return OK;
}

/* ---- entries ---- */

static struct audit_event
event_of(enum entry_event event)
{
	return (struct audit_event){ .entry = { .event = event, .by.service = STR("authd") } };
}

static enum status
draft_contract(struct authd *a, struct store *db, const struct store_contract *c, struct audit_draft *out)
{
	CLEANUP(store_person_clear) struct store_person p = { 0 };
	struct audit_event ev = event_of(ENTRY_CONTRACT_ENDED);

	TRY(store_person_find(db, c->sub, &p));
	ev.person = (struct keys_person){ .sub = p.sub, .wrapped = p.wrapped_key };
	ev.entry.basis = (struct entry_basis){
		.type = ENTRY_BASIS_ENTRY, .has_index = true, .index = (uint64_t)c->log_index, .ctag = c->ctag
	};
	audit_fact(&ev, "why", STR("death"));
	return audit_draft(a, &ev, out);
}

static enum status
draft_one(struct authd *a, struct store *db, struct death_end *e)
{
	struct audit_event ev = event_of(ENTRY_CONSENT_REVOKED);

	if (!e->entry)
		return OK;
	if (e->consent != NULL)
		return consenting_lapse_draft(a, db, &ev, e->consent, CONSENT_REVOKED, STR("death"), &e->draft);
	if (e->request != NULL)
		return consenting_over_draft(a, db, e->request, &e->draft);
	if (e->contract != NULL)
		return draft_contract(a, db, e->contract, &e->draft);
	if (is_proposed(e->mandate))
		return mandating_lapse_draft(a, db, e->mandate, e->reason, &e->draft);
	ev.entry.event = ENTRY_MANDATE_ENDED;
	return mandating_end_draft(a, db, &ev, e->mandate, e->reason, &e->draft);
}

enum status
death_ends_gather(struct authd *a, struct store *db, struct str sub, bool heirs, struct death_ends *out)
{
	out->item = calloc(DEATH_ENDS_MOST, sizeof(*out->item));
	if (out->item == NULL)
		return E_NOMEM;
	if (!heirs) {
		TRY(gather_consents(db, sub, out));
		TRY(gather_requests(db, sub, out));
		TRY(gather_contracts(db, sub, out));
	}
	TRY(gather_mandates(db, sub, heirs, out));
	for (size_t i = 0; i < out->count; i++)
		TRY(draft_one(a, db, &out->item[i]));
	return OK;
}

/* ---- ending ---- */

static enum status
save_mandate(struct store_tx *tx, const struct death_end *e)
{
	const bool proposed = is_proposed(e->mandate);
	const int64_t now = clock_now_us();

	/* One that is confirmed at this moment has another entry: it is left for the next time. */
	if (proposed)
		TRY(store_mandate_lapse(tx, e->mandate->mandate_id, e->reason, now));
	else
		TRY(store_mandate_end(tx, e->mandate->mandate_id, STR("ended"), e->reason, now));
	if (!e->entry)
		return OK;
	if (!proposed)
		TRY(mandating_tell(tx, e->mandate, e->mandate->representative, INBOX_MANDATE_ENDED));
	return audit_emit(tx, &e->draft, STORE_TARGET_NONE, STR(""));
}

static enum status
save_contract(struct store_tx *tx, const struct death_end *e)
{
	TRY(store_contract_end(tx, e->contract->contract_id, clock_now_us(), str_of(e->draft.id_text)));
	return audit_emit(tx, &e->draft, STORE_TARGET_CONTRACT_END, e->contract->contract_id);
}

static enum status
save_one(struct store_tx *tx, const struct death_end *e)
{
	if (e->consent != NULL)
		return consenting_lapse_save(tx, e->consent, CONSENT_REVOKED, STR("ombud"), STR("death"), &e->draft);
	if (e->request != NULL)
		return consenting_over_save(tx, e->request, &e->draft);
	return e->contract != NULL ? save_contract(tx, e) : save_mandate(tx, e);
}

enum status
death_ends_save(struct store_tx *tx, struct death_ends *e)
{
	for (size_t i = 0; i < e->count; i++) {
		enum status st = save_one(tx, &e->item[i]);

		if (st == E_USED || st == E_NOT_FOUND) /* somebody was faster, with an entry of theirs */
			continue;
		TRY(st);
		e->item[i].ended = true;
	}
	return OK;
}

/* The outbox has what does not get through now; the first that failed is what is said. */
enum status
death_ends_forward(struct authd *a, const struct death_ends *e)
{
	enum status first = OK;

	for (size_t i = 0; i < e->count && first == OK; i++) {
		struct receipt receipt;

		if (e->item[i].ended && e->item[i].entry)
			first = audit_forward(a, &e->item[i].draft, &receipt);
	}
	return first;
}
