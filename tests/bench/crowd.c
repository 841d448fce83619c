#include "tests/bench/crowd.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* SplitMix64. */
uint64_t
crowd_mix(uint64_t n)
{
	n += UINT64_C(0x9e3779b97f4a7c15);
	n = (n ^ (n >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
	n = (n ^ (n >> 27)) * UINT64_C(0x94d049bb133111eb);
	return n ^ (n >> 31);
}

/* ---- names ---- */

static const struct {
	const char *prefix; /* NULL: a UUID that rises with i, as those of version 7 do */
} kinds[] = {
	[CROWD_PERSON] = { "sub_" }, [CROWD_OFFICIAL] = { "sub_" }, [CROWD_PSEUDONYM] = { "opr_" },
	[CROWD_RECORD] = { NULL },   [CROWD_REQUEST] = { NULL },    [CROWD_EVENT] = { NULL },
	[CROWD_TAG] = { "" },
};

struct str
crowd_name(char out[CROWD_ID_MOST], enum crowd_kind kind, uint64_t i)
{
	static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
	uint64_t half[2] = { crowd_mix(i * 16 + 2 * kind), crowd_mix(i * 16 + 2 * kind + 1) };
	const char *prefix = kinds[kind].prefix;
	int n;

	if (prefix == NULL) {
		const uint64_t ms = UINT64_C(1796000000000) + i;

		n = snprintf(out, CROWD_ID_MOST, "%08x-%04x-7%03x-8%03x-%012llx", (unsigned)(ms >> 16),
			     (unsigned)(ms & 0xffff), (unsigned)(half[0] & 0xfff), (unsigned)(half[0] >> 12 & 0xfff),
			     (unsigned long long)(half[1] & UINT64_C(0xffffffffffff)));
		return str_from(out, (size_t)n);
	}
	n = snprintf(out, CROWD_ID_MOST, "%s", prefix);
	for (int k = 0; k < 22; k++)
		out[n++] = digits[half[k / 11] >> (5 * (k % 11)) & 63];
	out[n] = '\0';
	return str_from(out, (size_t)n);
}

/* ---- what they agreed to ---- */

static bool
find_target(const struct policy *p, const struct service *s, struct crowd_target *out)
{
	const struct purpose *purpose = s->purpose_count > 0 ? s->purposes[0] : NULL;
	struct crowd_target t = { .service = s, .purpose = purpose };
	uint64_t may = s->roles;

	for (size_t i = 0; purpose != NULL && i < purpose->rule_count && t.category_count < CROWD_CATEGORIES; i++) {
		const struct purpose_rule *rule = &purpose->rules[i];
		uint64_t readers = purpose_rule_roles(rule, ACTION_READ, s->organisation->zone) & may;

		if (rule->basis != BASIS_CONSENT || readers == 0)
			continue;
		may = readers;
		t.category[t.category_count++] = str_of(rule->category->id);
	}
	for (size_t i = 0; t.role == NULL && policy_role_at(p, i) != NULL; i++)
		if ((policy_role_at(p, i)->bit & may) != 0)
			t.role = policy_role_at(p, i);
	*out = t;
	return t.category_count > 0 && t.role != NULL;
}

enum status
crowd_new(const struct policy *p, struct str only, uint64_t people, struct crowd *out)
{
	size_t services = 0;

	while (policy_service_at(p, services) != NULL)
		services++;
	*out = (struct crowd){ .policy = p, .people = people, .targets = calloc(services, sizeof(*out->targets)) };
	if (out->targets == NULL)
		return E_NOMEM;
	for (size_t i = 0; i < services; i++) {
		const struct service *s = policy_service_at(p, i);

		if ((only.n == 0 || str_is(only, s->id)) && find_target(p, s, &out->targets[out->target_count]))
			out->target_count++;
	}
	out->staff = people / 100 / (out->target_count != 0 ? out->target_count : 1);
	out->staff = (out->staff != 0 ? out->staff : 1) * out->target_count;
	return out->target_count > 0 ? OK : E_NOT_FOUND;
}

void
crowd_clear(struct crowd *c)
{
	free(c->targets);
	*c = (struct crowd){ 0 };
}

const struct crowd_target *
crowd_target_of(const struct crowd *c, uint64_t i)
{
	return &c->targets[i % c->target_count];
}

uint64_t
crowd_official(const struct crowd *c, uint64_t i, uint64_t n)
{
	return i % c->target_count + c->target_count * (n % (c->staff / c->target_count));
}
