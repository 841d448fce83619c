#include "authd/policy/scope.h"
#include "authd/policy/workdays.h"

struct organisation_raw {
	struct organisation o;
	int kind;
	const struct conf_node *region, *zone, *processors;
};

static const char *const kinds[] = { "state", "ngo", "volunteer", NULL };

#define AT(member) offsetof(struct organisation_raw, member)
static const struct conf_field organisation_fields[] = {
	{ "id", CONF_STRING, AT(o.id), true, NULL, 0, 0, NULL, NULL, NULL },
	{ "name", CONF_MAPPING, AT(o.name), true, NULL, 0, 0, NULL, &words_schema,
	  "write its full name in both languages" },
	{ "kind", CONF_CHOICE, AT(kind), true, NULL, 0, 0, kinds, NULL, "use state, ngo or volunteer" },
	{ "region", CONF_NODE, AT(region), false, NULL, 0, 0, NULL, NULL, NULL },
	{ "zone", CONF_NODE, AT(zone), false, NULL, 0, 0, NULL, NULL, NULL },
	{ "address", CONF_STRING, AT(o.address), true, NULL, 0, 512, NULL, NULL,
	  "a consent must name it (152-FZ 9(4))" },
	{ "contact", CONF_STRING, AT(o.contact), true, NULL, 0, 512, NULL, NULL, "write how people reach it" },
	{ "processors", CONF_NODE, AT(processors), false, NULL, 0, 0, NULL, NULL, NULL },
};
static const struct conf_schema organisation_schema = { organisation_fields, ARRAY_LEN(organisation_fields),
							sizeof(struct organisation_raw) };

struct processor_taker {
	struct bundle *b;
	struct organisation *o;
};

static enum status
take_processor(void *ctx, const void *row, const struct conf_node *name)
{
	struct processor_taker *t = ctx;

	if (row == t->o)
		return conf_refuse(name, t->b->err, "remove it", "an organisation is not its own processor");
	t->o->processors[t->o->processor_count++] = row;
	return OK;
}

/* When every organisation has its name. */
static enum status
read_processors(struct bundle *b, const struct conf_node *names, struct organisation *o)
{
	struct processor_taker taker = { b, o };
	void *processors = NULL;

	TRY(bundle_scalars(b, names, "organisation"));
	TRY(arena_array(&b->policy->arena, names != NULL ? conf_count(names) : 0, sizeof(*o->processors), &processors));
	o->processors = processors;
	return bundle_each(b, names, &b->policy->organisations, "organisation", take_processor, &taker);
}

enum status
organisation_load(struct bundle *b)
{
	struct policy_list *list = &b->policy->organisations;
	const struct conf_node *root = NULL;

	TRY(bundle_list(b, "organisations.yaml", sizeof(struct organisation), ORGANISATION_MOST, list, &root));
	for (size_t i = 0; i < list->n; i++) {
		struct organisation *o = (struct organisation *)list->rows + i;
		struct organisation_raw raw = { 0 };

		TRY(conf_read(conf_at(root, i), &organisation_schema, &raw, b->err));
		*o = raw.o;
		o->kind = (enum organisation_kind)raw.kind;
		if (raw.region != NULL)
			TRY(scope_check_region(b, raw.region));
		o->region = raw.region != NULL ? conf_text(raw.region).p : NULL;
		if (raw.zone != NULL)
			TRY(workdays_check_zone(b, raw.zone));
		o->zone_name = raw.zone != NULL ? conf_text(raw.zone).p : NULL;
		TRY(bundle_name_row(b, conf_at(root, i), list, o));
	}
	for (size_t i = 0; i < list->n; i++)
		TRY(read_processors(b, conf_get(conf_at(root, i), "processors"),
				    (struct organisation *)list->rows + i));
	return OK;
}

const char *
organisation_kind_name(enum organisation_kind kind)
{
	return kinds[(unsigned)kind < ARRAY_LEN(kinds) - 1 ? kind : ORGANISATION_VOLUNTEER];
}
