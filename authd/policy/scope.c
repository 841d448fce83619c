#include "authd/policy/scope.h"

#include <string.h>

#define REGION_MOST  6 /* RU-SPE */
#define REGION_CHARS "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-"

enum status
scope_check_region(struct bundle *b, const struct conf_node *region)
{
	struct str text = conf_text(region);

	if (!str_only(text, REGION_CHARS) || text.n < 2 || text.n > REGION_MOST ||
	    str_find_char(str_slice(text, 0, 2), '-') < 2 || (text.n > 2 && (text.p[2] != '-' || text.n == 3)))
		return conf_refuse(region, b->err, "write RU or RU-SPE (ISO 3166-2)", "this is no region");
	return OK;
}

bool
scope_region_in(const char *region, struct str wanted)
{
	struct str own = region != NULL ? str_of(region) : STR("");

	return own.n > 0 && str_starts(own, wanted) && (own.n == wanted.n || own.p[wanted.n] == '-');
}

static bool
has_region(const struct conf_node *list, const char *region)
{
	for (size_t i = 0; region != NULL && i < conf_count(list); i++) {
		if (scope_region_in(region, conf_text(conf_at(list, i))))
			return true;
	}
	return false;
}

static bool
has_id(const struct conf_node *list, const char *id)
{
	for (size_t i = 0; i < conf_count(list); i++) {
		if (str_is(conf_text(conf_at(list, i)), id))
			return true;
	}
	return false;
}

bool
scope_covers(const struct scope *s, const struct organisation *o)
{
	if (s->regions == NULL && s->organisations == NULL)
		return true;
	return (s->regions != NULL && has_region(s->regions, o->region)) ||
	       (s->organisations != NULL && has_id(s->organisations, o->id));
}

static enum status
no_more(void *ctx UNUSED, const void *row UNUSED, const struct conf_node *name UNUSED)
{
	return OK;
}

static enum status
check_regions(struct bundle *b, const struct conf_node *regions)
{
	TRY(bundle_scalars(b, regions, "region"));
	if (conf_count(regions) == 0)
		return conf_refuse(regions, b->err, "name at least one, or leave it out", "this holds nowhere");
	for (size_t i = 0; i < conf_count(regions); i++) {
		const struct conf_node *region = conf_at(regions, i);
		bool found = false;

		TRY(scope_check_region(b, region));
		for (size_t k = 0; k < b->policy->organisations.n && !found; k++) {
			const char *own = policy_organisation_at(b->policy, k)->region;

			found = scope_region_in(own, conf_text(region));
		}
		if (!found)
			return conf_refuse(region, b->err, "give an organisation its region or remove it here",
					   "no organisation is in %s", conf_text(region).p);
	}
	return OK;
}

enum status
scope_check(struct bundle *b, const struct scope *s)
{
	if (s->regions != NULL)
		TRY(check_regions(b, s->regions));
	if (s->organisations != NULL && conf_kind(s->organisations) == CONF_LIST && conf_count(s->organisations) == 0)
		return conf_refuse(s->organisations, b->err, "name at least one, or leave it out",
				   "this holds nowhere");
	return bundle_each(b, s->organisations, &b->policy->organisations, "organisation", no_more, NULL);
}

enum status
scope_number(struct bundle *b, const struct scope *s, int *number)
{
	struct policy *p = b->policy;
	struct organisation *all = p->organisations.rows;

	*number = -1;
	if (s->regions == NULL && s->organisations == NULL)
		return OK;
	TRY(scope_check(b, s));
	if (p->scope_count == SCOPE_MOST)
		return conf_refuse(s->regions != NULL ? s->regions : s->organisations, b->err, "join some",
				   "more than %d limited permissions", SCOPE_MOST);
	*number = (int)p->scope_count++;
	for (size_t i = 0; i < p->organisations.n; i++)
		all[i].scopes |= scope_covers(s, &all[i]) ? UINT64_C(1) << *number : 0;
	return OK;
}

/* ---- zones ---- */

static enum status
find_zones(struct bundle *b)
{
	struct policy *p = b->policy;
	struct organisation *all = p->organisations.rows;

	for (size_t i = 0; i < p->organisations.n; i++) {
		unsigned zone = 0;

		while (zone < p->zone_count && p->zones[zone] != all[i].scopes)
			zone++;
		if (zone == ROLE_ZONE_MOST)
			return conf_refuse(policy_place(p, "organisations.yaml", i), b->err,
					   "limit permissions by region rather than by single organisations",
					   "the permissions divide the organisations into more than %d groups",
					   ROLE_ZONE_MOST);
		if (zone == p->zone_count)
			p->zones[p->zone_count++] = all[i].scopes;
		all[i].zone = zone;
	}
	return OK;
}

static enum status
make_zoned(struct policy *p, struct purpose_rule *rule)
{
	void *memory = NULL;

	if (rule->zoned != NULL)
		return OK;
	TRY(arena_array(&p->arena, p->zone_count, sizeof(*rule->zoned), &memory));
	rule->zoned = memory;
	for (unsigned zone = 0; zone < p->zone_count; zone++)
		rule->zoned[zone] = rule->everywhere;
	return OK;
}

static enum status
add_limited(struct policy *p, const struct policy_grant *g)
{
	struct purpose *u = (struct purpose *)p->purposes.rows + g->purpose->index;
	struct purpose_rule *rule = &u->rules[u->rule_of[g->category->index] - 1];

	TRY(make_zoned(p, rule));
	for (unsigned zone = 0; zone < p->zone_count; zone++) {
		if ((p->zones[zone] >> g->scope & 1) != 0)
			*purpose_permit_set(&rule->zoned[zone], g->action) |= g->role->bit;
	}
	return OK;
}

enum status
scope_resolve(struct bundle *b)
{
	struct policy *p = b->policy;

	TRY(find_zones(b));
	for (size_t i = 0; i < p->grant_count; i++) {
		if (p->grants[i].scope >= 0)
			TRY(add_limited(p, &p->grants[i]));
	}
	return OK;
}
