#include "authd/policy/scope.h"

#include <string.h>

struct service_raw {
	struct service s;
	const struct conf_node *organisation, *roles, *purposes, *provides, *rate;
};

#define AT(member) offsetof(struct service_raw, member)
#define NODE(name, required)                                                                                           \
	{                                                                                                              \
#name, CONF_NODE, AT(name), required, NULL, 0, 0, NULL, NULL, NULL                                     \
	}
static const struct conf_field service_fields[] = {
	{ "id", CONF_STRING, AT(s.id), true, NULL, 0, 0, NULL, NULL, NULL },
	{ "title", CONF_MAPPING, AT(s.title), true, NULL, 0, 0, NULL, &words_schema,
	  "name the service as people would" },
	NODE(organisation, true),
	NODE(roles, false),
	NODE(purposes, false),
	NODE(provides, false),
	NODE(rate, false),
	{ "suspended", CONF_BOOL, AT(s.suspended), false, "false", 0, 0, NULL, NULL, NULL },
	{ "break_glass", CONF_BOOL, AT(s.break_glass), false, "false", 0, 0, NULL, NULL, NULL },
};
static const struct conf_schema service_schema = { service_fields, ARRAY_LEN(service_fields),
						   sizeof(struct service_raw) };

/*
 * What each kind of organisation may at most: volunteers get the least data for the shortest time, look and keep
 * nothing, and never break the glass.
 */
static const struct {
	bool special, break_glass, keep;
	size_t most_categories;
	int64_t longest_consent_us; /* 0: as the purpose says */
	int64_t permit_ttl_us;
} kind_limits[] = {
	[ORGANISATION_STATE] = { true, true, true, CATEGORY_MOST, 0, DECISION_TTL_US },
	[ORGANISATION_NGO] = { true, false, true, CATEGORY_MOST, 0, DECISION_TTL_US },
	[ORGANISATION_VOLUNTEER] = { false, false, false, 3, 92 * DAY_US, 60 * SECOND_US },
};

struct service_taker {
	struct bundle *b;
	struct service *s;
};

/* A purpose of one region or of some organisations is no business of others. */
static enum status
check_scope(struct bundle *b, const struct service *s, const struct purpose *p, const struct conf_node *name)
{
	const struct conf_node *item = policy_place(b->policy, "purposes.yaml", p->index);
	struct scope scope = { conf_get(item, "regions"), conf_get(item, "organisations") };

	if (scope_covers(&scope, s->organisation))
		return OK;
	return conf_refuse(name, b->err, "remove it here, or widen the purpose's regions or organisations",
			   "the purpose %s does not hold in %s", p->id, s->organisation->id);
}

static enum status
check_least(struct bundle *b, const struct service *s, const struct purpose *p, const struct conf_node *name)
{
	if (p->rule_count > kind_limits[s->organisation->kind].most_categories)
		return conf_refuse(name, b->err, "choose a purpose with fewer categories",
				   "volunteers get at most %zu categories",
				   kind_limits[s->organisation->kind].most_categories);
	if (p->mode != MODE_VIEW && !kind_limits[s->organisation->kind].keep)
		return conf_refuse(name, b->err, "choose a purpose with mode: view",
				   "volunteers look and keep nothing");
	return OK;
}

static enum status
check_special(struct bundle *b, const struct service *s, const struct purpose *p, const struct conf_node *name)
{
	for (size_t i = 0; i < p->rule_count && !kind_limits[s->organisation->kind].special; i++) {
		if (p->rules[i].category->special)
			return conf_refuse(name, b->err, "choose a purpose without special categories",
					   "volunteers do not get special categories (%s)", p->rules[i].category->id);
	}
	return OK;
}

static enum status
take_purpose(void *ctx, const void *row, const struct conf_node *name)
{
	struct service_taker *t = ctx;
	struct service *s = t->s;
	const struct purpose *p = row;
	int64_t longest = kind_limits[s->organisation->kind].longest_consent_us;

	TRY(check_special(t->b, s, p, name));
	if (longest != 0 && p->max_consent_us > longest)
		return conf_refuse(name, t->b->err, "choose a purpose with max_consent: P92D or less",
				   "volunteers get consents of at most 92 days");
	TRY(check_least(t->b, s, p, name));
	TRY(check_scope(t->b, s, p, name));
	s->declared[p->index / 64] |= UINT64_C(1) << (p->index % 64);
	s->purposes[s->purpose_count++] = p;
	return OK;
}

static enum status
take_role(void *ctx, const void *row, const struct conf_node *name UNUSED)
{
	struct service *s = ((struct service_taker *)ctx)->s;

	s->own_roles |= ((const struct role *)row)->bit;
	s->roles |= ((const struct role *)row)->closure;
	return OK;
}

static enum status
take_provided(void *ctx, const void *row, const struct conf_node *name UNUSED)
{
	((struct service_taker *)ctx)->s->provides |= UINT64_C(1) << ((const struct category *)row)->index;
	return OK;
}

static const struct {
	const char *unit;
	int64_t us;
} rate_units[] = { { "s", SECOND_US }, { "min", 60 * SECOND_US }, { "h", 3600 * SECOND_US } };

/* "50/min" */
static enum status
read_rate(struct bundle *b, const struct conf_node *node, struct service *s)
{
	struct str rest = conf_text(node);
	size_t slash = str_find_char(rest, '/');
	uint64_t count = 0;

	if (str_to_u64(str_slice(rest, 0, slash), 1000000, &count) == OK && count > 0) {
		for (size_t i = 0; i < ARRAY_LEN(rate_units); i++) {
			if (str_is(str_slice(rest, slash + 1, rest.n), rate_units[i].unit)) {
				s->rate_count = (uint32_t)count;
				s->rate_per_us = rate_units[i].us;
				return OK;
			}
		}
	}
	return conf_refuse(node, b->err, "write it as 50/min, 5/s or 1000/h", "this is no rate");
}

static enum status
read_lists(struct bundle *b, const struct service_raw *raw, struct service *s)
{
	struct policy *p = b->policy;
	struct service_taker taker = { b, s };
	void *memory = NULL;

	TRY(bundle_scalars(b, raw->purposes, "purpose"));
	TRY(arena_array(&p->arena, raw->purposes != NULL ? conf_count(raw->purposes) : 0, sizeof(*s->purposes),
			&memory));
	s->purposes = memory;
	TRY(arena_array(&p->arena, p->purposes.n / 64 + 1, sizeof(*s->declared), &memory));
	s->declared = memory;
	TRY(bundle_each(b, raw->purposes, &p->purposes, "purpose", take_purpose, &taker));
	TRY(bundle_each(b, raw->roles, &p->roles, "role", take_role, &taker));
	return bundle_each(b, raw->provides, &p->categories, "category", take_provided, &taker);
}

static enum status
read_service(struct bundle *b, const struct conf_node *item, struct service *s)
{
	struct service_raw raw = { 0 };
	const void *organisation = NULL;

	TRY(conf_read(item, &service_schema, &raw, b->err));
	*s = raw.s;
	TRY(bundle_name_row(b, item, &b->policy->services, s));
	TRY(bundle_find(b, &b->policy->organisations, raw.organisation, "organisation", &organisation));
	s->organisation = organisation;
	s->permit_ttl_us = kind_limits[s->organisation->kind].permit_ttl_us;
	if (s->break_glass && !kind_limits[s->organisation->kind].break_glass)
		return conf_refuse(conf_get(item, "break_glass"), b->err, "remove it",
				   "only a service of a state body handles emergencies by breaking the glass");
	if (raw.rate != NULL)
		TRY(read_rate(b, raw.rate, s));
	TRY(read_lists(b, &raw, s));
	if (s->purpose_count > 0 && s->roles == 0)
		return conf_refuse(item, b->err, "add roles or remove the purposes",
				   "the service has purposes but no role");
	return OK;
}

static size_t
count_providers(const struct policy_list *list, unsigned category)
{
	const struct service *s = list->rows;
	size_t n = 0;

	for (size_t i = 0; i < list->n; i++)
		n += s[i].provides >> category & 1;
	return n;
}

/* Once at loading, so that no ticket has to walk all services. */
static enum status
note_providers(struct policy *p)
{
	const struct service *s = p->services.rows;

	for (unsigned c = 0; c < p->categories.n; c++) {
		void *memory = NULL;

		TRY(arena_array(&p->arena, count_providers(&p->services, c), sizeof(*p->providers[c]), &memory));
		p->providers[c] = memory;
		for (size_t i = 0; i < p->services.n; i++)
			if ((s[i].provides >> c & 1) != 0)
				p->providers[c][p->provider_count[c]++] = &s[i];
	}
	return OK;
}

const struct service *
policy_provider_at(const struct policy *p, const struct category *c, size_t i)
{
	return i < p->provider_count[c->index] ? p->providers[c->index][i] : NULL;
}

enum status
service_load(struct bundle *b)
{
	struct policy_list *list = &b->policy->services;
	const struct conf_node *root = NULL;

	TRY(bundle_list(b, "services.yaml", sizeof(struct service), SERVICE_MOST, list, &root));
	for (size_t i = 0; i < list->n; i++)
		TRY(read_service(b, conf_at(root, i), (struct service *)list->rows + i));
	return note_providers(b->policy);
}

const struct notice *
service_notice(const struct policy *p, const struct service *s, const struct purpose *u)
{
	const struct purpose_regional *nearest = NULL;

	for (size_t i = 0; i < u->regional_count; i++) {
		const struct purpose_regional *r = &u->regional[i];

		if (scope_region_in(s->organisation->region, str_of(r->region)) &&
		    (nearest == NULL || strlen(r->region) > strlen(nearest->region)))
			nearest = r;
	}
	return nearest != NULL ? notice_find(p, str_of(nearest->notice_id), nearest->notice_version)
			       : notice_find(p, str_of(u->notice_id), u->notice_version);
}
