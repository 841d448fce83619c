/* consenting_giver.c: who acts, and how an entry and a record say so. */
#include "authd/access/consenting.h"
#include "authd/access/consenting_parts.h"
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

struct consenting_giver
consenting_giver_self(const struct request *rq)
{
	return (struct consenting_giver){
		.sub = str_of(rq->who.sub),
		.wrapped = buf_str(&rq->who.wrapped),
		.method = signature_of(&rq->who),
		.acr = acr_of(&rq->who),
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

static void
add_text(struct entry *e, const char *name, struct str text)
{
	if (text.n > 0)
		e->facts[e->fact_count++] = (struct entry_fact){ .name = str_of(name), .text = text };
}

void
consenting_giver_sign(const struct consenting_giver *g, struct audit_event *ev)
{
	const struct consenting_assistance *a = &g->assistance;
	struct entry *e = &ev->entry;

	ev->person = (struct keys_person){ .sub = g->sub, .wrapped = g->wrapped };
	e->by.operator_id = g->mandate.id.n > 0 ? g->mandate.pseudonym : a->operator_id;
	if (g->mandate.id.n > 0)
		e->facts[e->fact_count++] =
		    (struct entry_fact){ .name = STR("mandate"), .number = g->mandate.log_index };
	if (a->channel.n == 0)
		return;
	add_text(e, "channel", a->channel);
	add_text(e, "confirmation", a->confirmation);
	add_text(e, "assisted_by", a->operator_id);
	add_text(e, "second_operator", a->second_operator);
	add_text(e, "paper", a->paper);
}
