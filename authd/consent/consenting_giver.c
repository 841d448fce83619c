/* consenting_giver.c: who acts, and how an entry and a record say so. */
#include "authd/access/mandate.h"
#include "authd/consent/consenting.h"
#include "authd/consent/consenting_parts.h"
#include "authd/request.h"

/* How the person proved who they are, as the signature of the act (152-FZ 9(4) item 9): the strongest factor counts. */
static struct str
signature_of(const struct principal *who)
{
	static const struct {
		const char *amr, *method;
	} known[] = { { "hwk", "button+passkey" }, { "otp", "button+otp" } };

	if (who->kind == PRINCIPAL_TOKEN)
		return STR("token");
	for (size_t i = 0; i < ARRAY_LEN(known); i++)
		if (str_find(str_of(who->amr), str_of(known[i].amr)) < str_of(who->amr).n)
			return str_of(known[i].method);
	return STR("button");
}

static struct str
acr_of(const struct principal *who)
{
	static const char *const text[] = { "", "1", "2", "3" };

	return str_of(who->acr < ARRAY_LEN(text) ? text[who->acr] : "");
}

/* Whoever acts under a mandate gives for the person whose key this is. */
static struct consenting_mandate
mandate_of(const struct principal *who)
{
	const struct store_mandate *m = &who->mandate;

	if (!who->acting)
		return (struct consenting_mandate){ 0 };
	return (struct consenting_mandate){
		.id = m->mandate_id,
		.log_index = (uint64_t)m->log_index,
		.party = m->representative,
		.pseudonym = m->rep_id,
		.authority = { .type = m->kind,
			       .verified_by = m->organisation.p != NULL ? m->organisation : STR("portal"),
			       .issued_us = m->issued_us,
			       .valid_until_us = mandate_end_us(m) },
		.document = str_of(who->paper),
	};
}

struct consenting_giver
consenting_giver_self(const struct request *rq)
{
	return (struct consenting_giver){
		.sub = str_of(rq->who.sub),
		.wrapped = buf_str(&rq->who.wrapped),
		.mandate = mandate_of(&rq->who),
		.method = signature_of(&rq->who),
		.acr = acr_of(&rq->who),
		.read_in = request_lang(rq),
	};
}

/* An administrator by name; a service, where it is one that acts for the person, by its client id. */
struct consenting_giver
consenting_giver_for(const struct request *rq, struct str sub, struct str wrapped)
{
	struct str name = str_of(rq->who.kind == PRINCIPAL_ADMIN ? rq->who.uid_name : rq->who.pseudonym);

	return (struct consenting_giver){
		.sub = sub,
		.wrapped = wrapped,
		.by = name.n > 0 ? name : str_of(rq->who.client_id),
		.assistance.operator_id = name,
		.acr = acr_of(&rq->who),
	};
}

struct str
consenting_giver_by(const struct consenting_giver *g)
{
	if (g->by.n > 0)
		return g->by;
	return g->mandate.id.n > 0 ? g->mandate.party : g->sub;
}

void
consenting_giver_sign(const struct consenting_giver *g, struct audit_event *ev)
{
	const struct consenting_assistance *a = &g->assistance;
	struct entry *e = &ev->entry;

	ev->person = (struct keys_person){ .sub = g->sub, .wrapped = g->wrapped };
	e->by.operator_id = g->mandate.id.n > 0 ? g->mandate.pseudonym : a->operator_id;
	/* audit_of() has named the mandate of whoever acts in their own session; at a desk it is named here. */
	if (g->mandate.id.n > 0 && e->fact_count == 0)
		audit_fact_number(ev, "mandate", g->mandate.log_index);
	if (a->channel.n == 0)
		return;
	audit_fact(ev, "channel", a->channel);
	audit_fact(ev, "confirmation", a->confirmation);
	audit_fact(ev, "assisted_by", a->operator_id);
	audit_fact(ev, "second_operator", a->second_operator);
	audit_fact(ev, "paper", a->paper);
}
