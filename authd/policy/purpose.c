#include "authd/policy/purpose.h"

const struct purpose_rule *
purpose_rule_for(const struct purpose *p, const struct category *c)
{
	unsigned at = c != NULL ? p->rule_of[c->index] : 0;

	return at != 0 ? &p->rules[at - 1] : NULL;
}

uint64_t *
purpose_permit_set(struct purpose_permits *permits, enum action a)
{
	return a == ACTION_BREAK_GLASS ? &permits->break_glass : &permits->roles[a];
}

uint64_t
purpose_rule_roles(const struct purpose_rule *rule, enum action a, unsigned zone)
{
	const struct purpose_permits *permits = rule->zoned != NULL ? &rule->zoned[zone] : &rule->everywhere;

	return a == ACTION_BREAK_GLASS ? permits->break_glass : permits->roles[a];
}

struct limits_range
purpose_range(const struct purpose *p, int64_t from_us, int64_t until_us)
{
	struct limits_range range = { 0 };

	if (p->range_back_us == 0)
		return range;
	range.set = true;
	range.from_us = from_us - p->range_back_us;
	/* Ranges are named in days; the record says the day. */
	range.from_us -= range.from_us % DAY_US;
	range.to_us = until_us;
	return range;
}
