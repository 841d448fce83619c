#include "authd/consent/consent_parties.h"

#include "authd/policy/member.h"

static json_t *
party(const struct service *s)
{
	return json_pack("{s:s,s:s,s:s,s:s}", "service", s->id, "organisation", s->organisation->id, "name",
			 s->organisation->name.in[WORDS_RU], "name_en", s->organisation->name.in[WORDS_EN]);
}

static json_t *
body(const struct organisation *o)
{
	return json_pack("{s:s,s:s,s:s,s:s,s:s}", "id", o->id, "name", o->name.in[WORDS_RU], "name_en",
			 o->name.in[WORDS_EN], "address", o->address, "contact", o->contact);
}

static json_t *
words(const struct words *w)
{
	return json_pack("{s:s,s:s}", "ru", w->in[WORDS_RU], "en", w->in[WORDS_EN]);
}

/* Of several it says which service each is: two may be of one organisation. */
static enum status
put_recipients(json_t *record, const struct consent_parties *p)
{
	json_t *recipients = json_array();

	TRY(member_set(record, "recipients", recipients));
	for (size_t i = 0; i < p->n; i++) {
		json_t *one = party(p->service[i]);

		if (json_array_append_new(recipients, one) != 0)
			return E_NOMEM;
		if (p->n > 1)
			TRY(member_set(one, "title", words(&p->service[i]->title)));
	}
	return OK;
}

/* Every service that holds one of the categories. */
static enum status
put_providers(json_t *record, const struct consent_parties *p)
{
	const struct service *s = NULL;
	json_t *providers = json_array();

	TRY(member_set(record, "providers", providers));
	for (size_t i = 0; (s = policy_service_at(p->policy, i)) != NULL; i++) {
		if ((s->provides & p->categories) != 0 && json_array_append_new(providers, party(s)) != 0)
			return E_NOMEM;
	}
	return OK;
}

/* The organisation of recipient i, unless one before is of the same. */
static const struct organisation *
controller_at(const struct consent_parties *p, size_t i)
{
	for (size_t k = 0; k < i; k++)
		if (p->service[k]->organisation == p->service[i]->organisation)
			return NULL;
	return p->service[i]->organisation;
}

/* Each organisation that gets the data answers for it by its own name and address (152-FZ art. 9(4) item 3). */
static enum status
put_controllers(json_t *record, const struct consent_parties *p)
{
	json_t *others = NULL;

	TRY(member_set(record, "controller", body(p->service[0]->organisation)));
	for (size_t i = 1; i < p->n; i++) {
		if (controller_at(p, i) == NULL)
			continue;
		if (others == NULL) {
			others = json_array();
			TRY(member_set(record, "other_controllers", others));
		}
		if (json_array_append_new(others, body(controller_at(p, i))) != 0)
			return E_NOMEM;
	}
	return OK;
}

static bool
has_body(const json_t *list, const struct organisation *o)
{
	for (size_t i = 0; i < json_array_size(list); i++)
		if (str_is(str_of(json_string_value(json_object_get(json_array_get(list, i), "id"))), o->id))
			return true;
	return false;
}

static enum status
put_processors(json_t *record, const struct consent_parties *p)
{
	json_t *processors = json_array();

	TRY(member_set(record, "processors", processors));
	for (size_t i = 0; i < p->n; i++) {
		const struct organisation *o = controller_at(p, i);

		for (size_t k = 0; o != NULL && k < o->processor_count; k++)
			if (!has_body(processors, o->processors[k]) &&
			    json_array_append_new(processors, body(o->processors[k])) != 0)
				return E_NOMEM;
	}
	return OK;
}

enum status
consent_parties_put(json_t *record, const struct consent_parties *parties)
{
	TRY(put_recipients(record, parties));
	TRY(put_providers(record, parties));
	TRY(put_controllers(record, parties));
	return put_processors(record, parties);
}
