#include "authd/access/facts.h"

#include <string.h>

#include "authd/authd.h"
#include "authd/store/store_breakglass.h"
#include "authd/store/store_mandate.h"
#include "authd/store/store_person.h"
#include "authd/store/store_role.h"

#define DEADLINE_US INT64_C(1500000)

struct facts {
	char sub[FACTS_TEXT_MOST + 1], service[FACTS_TEXT_MOST + 1], purpose[FACTS_TEXT_MOST + 1];
	char category[FACTS_TEXT_MOST + 1], operator_id[FACTS_TEXT_MOST + 1], organisation[FACTS_TEXT_MOST + 1];
	char contract[FACTS_TEXT_MOST + 1];
	bool break_glass;
	int64_t now_us;
	struct store_facts found;
	struct store_breakglass glass; /* open, in the log; else empty */
	struct store_person operator_row;
	struct store_role_list roles;
	bool operator_concerned; /* it is the person themselves, their representative, or whom they represent */
};

static void
clear(void *arg)
{
	struct facts *f = arg;

	store_facts_clear(&f->found);
	store_breakglass_clear(&f->glass);
	store_person_clear(&f->operator_row);
	store_role_list_clear(&f->roles);
}

static enum status
copy(char to[FACTS_TEXT_MOST + 1], struct str from)
{
	if (from.n > FACTS_TEXT_MOST)
		return E_INVALID;
	if (from.n > 0)
		memcpy(to, from.p, from.n);
	to[from.n] = '\0';
	return OK;
}

/* An operator nobody knows has no roles; that is an answer, not an error, and costs what one costs whom we know. */
static enum status
find_operator(struct facts *f, struct store *db)
{
	struct str sub;
	enum status st;

	if (f->operator_id[0] == '\0')
		return OK;
	st = store_person_by_pseudonym(db, str_of(f->operator_id), &f->operator_row);
	if (st == E_NOT_FOUND)
		st = store_person_find(db, str_of(f->operator_id), &f->operator_row);
	if (st != E_NOT_FOUND)
		TRY(st);
	sub = st == OK ? f->operator_row.sub : str_of(f->operator_id);
	TRY(store_role_of(db, sub, &f->roles));
	TRY(store_mandate_related(db, sub, str_of(f->sub), f->now_us, &f->operator_concerned));
	f->operator_concerned |= str_is(sub, f->sub);
	return OK;
}

/* What is still on its way into the log has opened nothing (R1). */
static enum status
find_glass(struct facts *f, struct store *db)
{
	CLEANUP(store_breakglass_clear) struct store_breakglass open = { 0 };
	const struct store_breakglass_use use = { .operator_id = f->operator_row.pseudonym,
						  .organisation = str_of(f->organisation),
						  .service = str_of(f->service),
						  .sub = str_of(f->sub),
						  .category = str_of(f->category),
						  .purpose = str_of(f->purpose) };
	enum status st;

	if (!f->break_glass || use.operator_id.n == 0)
		return OK;
	st = store_breakglass_open(db, &use, f->now_us, &open);
	if (st == E_NOT_FOUND || (st == OK && open.log_index == STORE_NO_INDEX))
		return OK;
	TRY(st);
	f->glass = open;
	open = (struct store_breakglass){ 0 };
	return OK;
}

static enum status
gather(void *arg, void *worker_ctx)
{
	struct facts *f = arg;

	const struct store_facts_query query = {
		.sub = str_of(f->sub),
		.service = str_of(f->service),
		.purpose = str_of(f->purpose),
		.category = str_of(f->category),
		.contract = str_of(f->contract),
		.now_us = f->now_us,
	};

	TRY(store_consent_facts(worker_ctx, &query, &f->found));
	TRY(find_operator(f, worker_ctx));
	return find_glass(f, worker_ctx);
}

enum status
facts_gather(struct authd *a, const struct facts_query *q, struct facts **out)
{
	CLEANUP(worker_arg_dropp) struct facts *f = worker_arg_new(sizeof(*f), clear);

	if (f == NULL)
		return E_NOMEM;
	TRY(copy(f->sub, q->sub));
	TRY(copy(f->service, q->service));
	TRY(copy(f->purpose, q->purpose));
	TRY(copy(f->category, q->category));
	TRY(copy(f->operator_id, q->operator_id));
	TRY(copy(f->organisation, q->organisation));
	TRY(copy(f->contract, q->contract));
	f->break_glass = q->break_glass;
	f->now_us = q->now_us;
	TRY(worker_run(a->pool, gather, f, DEADLINE_US));
	*out = STEAL(&f);
	return OK;
}

void
facts_dropp(struct facts **f)
{
	worker_arg_drop(*f);
	*f = NULL;
}

struct str
facts_wrapped(const struct facts *f)
{
	return f->found.wrapped_key;
}

/*
 * The entry is for everybody to read. Whoever works elsewhere, or nowhere, is not named in it: a service that calls
 * anybody it knows its operator would learn that they are here, and which pseudonym is theirs.
 */
struct str
facts_operator(const struct facts *f)
{
	for (size_t i = 0; i < f->roles.count; i++)
		if (str_is(f->roles.items[i].organisation, f->organisation))
			return f->operator_row.pseudonym;
	return STR("");
}

/* Roles that the policy no longer knows give nothing. */
static uint64_t
operator_roles(const struct facts *f, const struct policy *p)
{
	uint64_t set = 0;

	if (f->operator_row.status != STORE_PERSON_ACTIVE)
		return 0;
	for (size_t i = 0; i < f->roles.count; i++) {
		const struct role *role = policy_role(p, f->roles.items[i].role);

		if (role != NULL && str_is(f->roles.items[i].organisation, f->organisation))
			set |= role->bit;
	}
	return set;
}

static struct decision_consent
consent_of(const struct store_facts *s, const struct purpose *purpose)
{
	struct decision_consent c = { .state = CONSENT_NONE };

	if (s->record_id.p == NULL || consent_state_parse(s->state, &c.state) != OK)
		return c;
	c.from_us = s->from_us;
	c.until_us = s->until_us;
	c.logged = s->log_index != STORE_NO_INDEX;
	c.log_index = c.logged ? (uint64_t)s->log_index : 0;
	c.record_id = s->record_id;
	c.ctag = s->ctag;
	c.purpose_version = (unsigned)s->purpose_version;
	c.covers_category = s->has_category;
	c.by_representative = s->by_representative;
	c.representative_valid = s->representative_valid;
	if (purpose != NULL) {
		/* A record says what its purpose said at that version; for any other version the decision refuses
		 * anyway. */
		c.actions = purpose->actions;
		c.range = purpose_range(purpose, s->from_us, s->until_us);
	}
	return c;
}

struct decision_facts
facts_for(const struct facts *f, const struct policy *p, const struct purpose *purpose, unsigned acr)
{
	const struct store_facts *s = &f->found;

	return (struct decision_facts){
		.known = s->person_known && s->wrapped_key.p != NULL && s->person_status != STORE_PERSON_STRANGER,
		.active = s->person_status == STORE_PERSON_ACTIVE,
		.dead = s->dead,
		.related = s->related,
		.restricted = s->restricted,
		.objection = s->objection,
		.contract = s->contract_index != STORE_NO_INDEX,
		.contract_index = s->contract_index != STORE_NO_INDEX ? (uint64_t)s->contract_index : 0,
		.contract_ctag = s->contract_ctag,
		.contract_until_us = s->contract_until_us,
		.service_active = true,
		.operator_roles = operator_roles(f, p),
		.operator_is_person = f->operator_concerned,
		.acr = acr,
		.break_glass_open = f->glass.id.n > 0,
		.break_glass_until_us = f->glass.until_us,
		.break_glass_ref = f->glass.id,
		.break_glass_ctag = f->glass.ctag,
		.break_glass_index = f->glass.id.n > 0 ? (uint64_t)f->glass.log_index : 0,
		.consent = consent_of(s, purpose),
	};
}
