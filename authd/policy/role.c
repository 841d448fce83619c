#include "authd/policy/scope.h"

struct role_raw {
	struct role r;
	uint64_t acr;
	const struct conf_node *inherits, *may;
};

static const struct conf_field role_fields[] = {
	{ "id", CONF_STRING, offsetof(struct role_raw, r.id), true, NULL, 0, 0, NULL, NULL, NULL },
	{ "title", CONF_MAPPING, offsetof(struct role_raw, r.title), true, NULL, 0, 0, NULL, &words_schema,
	  "name the role as people would" },
	{ "acr", CONF_UINT, offsetof(struct role_raw, acr), false, "0", 0, ROLE_ACR_MOST, NULL, NULL, NULL },
	{ "inherits", CONF_NODE, offsetof(struct role_raw, inherits), false, NULL, 0, 0, NULL, NULL, NULL },
	{ "may", CONF_NODE, offsetof(struct role_raw, may), false, NULL, 0, 0, NULL, NULL, NULL },
};
static const struct conf_schema role_schema = { role_fields, ARRAY_LEN(role_fields), sizeof(struct role_raw) };

struct may_raw {
	const struct conf_node *action, *categories, *purposes, *ttl, *quota, *review_within;
	struct scope scope;
};

#define NODE(name, member, required)                                                                                   \
	{                                                                                                              \
		name, CONF_NODE, offsetof(struct may_raw, member), required, NULL, 0, 0, NULL, NULL, NULL              \
	}
static const struct conf_field may_fields[] = {
	NODE("action", action, true),          NODE("categories", categories, false),
	NODE("for", purposes, false),          NODE("ttl", ttl, false),
	NODE("quota", quota, false),           NODE("review_within", review_within, false),
	NODE("regions", scope.regions, false), NODE("organisations", scope.organisations, false),
};
static const struct conf_schema may_schema = { may_fields, ARRAY_LEN(may_fields), sizeof(struct may_raw) };

/* ---- what each kind of permission must and must not say ---- */

enum { HAS_CATEGORIES = 1, HAS_PURPOSES = 2, HAS_TERMS = 4 };

static unsigned
members_of(const struct may_raw *raw)
{
	unsigned has = 0;

	has |= raw->categories != NULL ? HAS_CATEGORIES : 0;
	has |= raw->purposes != NULL ? HAS_PURPOSES : 0;
	has |= raw->ttl != NULL && raw->quota != NULL && raw->review_within != NULL ? HAS_TERMS : 0;
	return has;
}

static enum status
check_members(struct bundle *b, const struct conf_node *node, const struct may_raw *raw, enum action a)
{
	unsigned has = members_of(raw);
	bool term = raw->ttl != NULL || raw->quota != NULL || raw->review_within != NULL;

	if (action_is_data(a) && (has != (HAS_CATEGORIES | HAS_PURPOSES) || term))
		return conf_refuse(node, b->err, "write {action: read, categories: […], for: […]}",
				   "%s needs categories and purposes and nothing else", action_name(a));
	if (a == ACTION_BREAK_GLASS && (has & ~(unsigned)HAS_PURPOSES) != (HAS_CATEGORIES | HAS_TERMS))
		return conf_refuse(
		    node, b->err,
		    "write {action: break-glass, categories: […], ttl: PT1H, quota: {count: 5, per: P30D}, "
		    "review_within: P1D}",
		    "break-glass needs categories, ttl, quota and review_within");
	if (a > ACTION_BREAK_GLASS &&
	    (has != 0 || term || raw->scope.regions != NULL || raw->scope.organisations != NULL))
		return conf_refuse(node, b->err, "write only the action", "%s takes nothing else", action_name(a));
	return OK;
}

/* ---- permissions into the rules of purposes ---- */

/* The sets behind the two lists of one permission. */
struct may_set {
	uint64_t categories;
	uint64_t purposes[PURPOSE_MOST / 64];
};

static enum status
take_category(void *ctx, const void *row, const struct conf_node *name UNUSED)
{
	((struct may_set *)ctx)->categories |= UINT64_C(1) << ((const struct category *)row)->index;
	return OK;
}

static enum status
take_purpose(void *ctx, const void *row, const struct conf_node *name UNUSED)
{
	unsigned index = ((const struct purpose *)row)->index;

	((struct may_set *)ctx)->purposes[index / 64] |= UINT64_C(1) << (index % 64);
	return OK;
}

/* One permission on its way into the tables. */
struct may {
	const struct conf_node *node;
	struct may_set set;
	enum action action;
	struct role *role;
	int scope;
	uint64_t used; /* categories of which it gave something */
};

/* Notes the role at one category of one purpose. A limited permission waits for scope_resolve(). */
static enum status
permit_rule(struct bundle *b, struct purpose *u, struct purpose_rule *rule, struct may *m)
{
	struct category *c = (struct category *)b->policy->categories.rows + rule->category->index;
	struct policy_grant grant = { m->role, m->action, u, c, m->node, m->scope };

	if (m->action == ACTION_BREAK_GLASS)
		c->break_glass |= m->role->bit;
	else
		c->roles[m->action] |= m->role->bit;
	if (m->scope < 0)
		*purpose_permit_set(&rule->everywhere, m->action) |= m->role->bit;
	m->used |= UINT64_C(1) << c->index;
	return bundle_grant(b, &grant);
}

static enum status
permit_purpose(struct bundle *b, struct purpose *u, struct may *m)
{
	bool here = false;

	if (action_is_data(m->action) && (u->actions & action_bit(m->action)) == 0)
		return conf_refuse(m->node, b->err, "add the action to the purpose or remove the purpose here",
				   "the purpose %s does not provide for %s", u->id, action_name(m->action));
	for (size_t i = 0; i < u->rule_count; i++) {
		if ((m->set.categories >> u->rules[i].category->index & 1) == 0)
			continue;
		TRY(permit_rule(b, u, &u->rules[i], m));
		here = true;
	}
	if (!here && m->action != ACTION_BREAK_GLASS)
		return conf_refuse(m->node, b->err, "correct the lists", "the purpose %s uses none of these categories",
				   u->id);
	return OK;
}

static enum status
permit_data(struct bundle *b, const struct may_raw *raw, struct may *m)
{
	struct policy *p = b->policy;

	TRY(scope_number(b, &raw->scope, &m->scope));
	TRY(bundle_each(b, raw->categories, &p->categories, "category", take_category, &m->set));
	TRY(bundle_each(b, raw->purposes, &p->purposes, "purpose", take_purpose, &m->set));
	for (size_t i = 0; i < p->purposes.n; i++) {
		/* Only an emergency may leave the purposes open; then it is all of them. */
		if (raw->purposes == NULL || (m->set.purposes[i / 64] >> (i % 64) & 1) != 0)
			TRY(permit_purpose(b, (struct purpose *)p->purposes.rows + i, m));
	}
	if (m->used != m->set.categories || m->used == 0)
		return conf_refuse(raw->categories, b->err, "remove the category or add a purpose",
				   "a category here is used by none of these purposes");
	return OK;
}

static enum status
read_break_glass(struct bundle *b, const struct may_raw *raw, struct role *r)
{
	struct limits_frequency quota = { 0 };
	const char *text = NULL;

	if (r->break_glass_quota != 0)
		return conf_refuse(raw->action, b->err, "join the two",
				   "a role has one break-glass permission at most");
	TRY(bundle_duration(b, raw->ttl, &text, &r->break_glass_ttl_us));
	if (r->break_glass_ttl_us > ROLE_BREAK_GLASS_MOST_US)
		return conf_refuse(raw->ttl, b->err, "write ttl: PT1H, or P1D at most",
				   "an emergency lasts a day at most");
	TRY(bundle_frequency(b, raw->quota, &quota));
	TRY(bundle_duration(b, raw->review_within, &text, &r->break_glass_review_us));
	r->break_glass_quota = quota.count;
	r->break_glass_per_us = quota.per_us;
	return OK;
}

static enum status
read_may(struct bundle *b, const struct conf_node *node, struct role *r)
{
	struct may_raw raw = { 0 };
	enum action a = ACTION_COUNT;
	struct may m = { .node = node, .role = r };

	TRY(conf_read(node, &may_schema, &raw, b->err));
	if (action_parse(conf_text(raw.action), &a) != OK)
		return conf_refuse(raw.action, b->err, "use one of the actions of policies/README.md",
				   "unknown action %.64s",
				   conf_text(raw.action).p != NULL ? conf_text(raw.action).p : "");
	TRY(check_members(b, node, &raw, a));
	if (a > ACTION_BREAK_GLASS) {
		r->desk |= UINT64_C(1) << a;
		return bundle_grant(b, &(struct policy_grant){ r, a, NULL, NULL, node, -1 });
	}
	if (a == ACTION_BREAK_GLASS)
		TRY(read_break_glass(b, &raw, r));
	m.action = a;
	return permit_data(b, &raw, &m);
}

/* ---- roles and what they inherit ---- */

static enum status
read_role(struct bundle *b, const struct conf_node *item, struct role *r)
{
	struct role_raw raw = { 0 };
	unsigned index = r->index;

	TRY(conf_read(item, &role_schema, &raw, b->err));
	*r = raw.r;
	r->index = index;
	r->bit = UINT64_C(1) << index;
	r->closure = r->bit;
	r->acr = (unsigned)raw.acr;
	TRY(bundle_name_row(b, item, &b->policy->roles, r));
	if (raw.may != NULL && conf_kind(raw.may) != CONF_LIST)
		return conf_refuse(raw.may, b->err, "begin each permission with a dash",
				   "the permissions must be a list");
	for (size_t i = 0; raw.may != NULL && i < conf_count(raw.may); i++)
		TRY(read_may(b, conf_at(raw.may, i), r));
	return OK;
}

static enum status
take_inherited(void *ctx, const void *row, const struct conf_node *name UNUSED)
{
	*(uint64_t *)ctx |= ((const struct role *)row)->bit;
	return OK;
}

/* Grows every closure by the closures of what is in it until nothing changes: at most one round for each role. */
static void
close_over(struct policy *p, const uint64_t *direct)
{
	struct role *roles = p->roles.rows;
	bool changed = true;

	while (changed) {
		changed = false;
		for (size_t i = 0; i < p->roles.n; i++) {
			uint64_t all = roles[i].closure | direct[i];

			for (size_t k = 0; k < p->roles.n; k++) {
				if ((all >> k & 1) != 0 && k != i)
					all |= roles[k].closure | direct[k];
			}
			changed |= all != roles[i].closure;
			roles[i].closure = all;
		}
	}
}

/* A role that is reached from what it inherits inherits itself. */
static enum status
check_cycles(struct bundle *b, const struct conf_node *root, const uint64_t *direct)
{
	const struct role *roles = b->policy->roles.rows;

	for (size_t i = 0; i < b->policy->roles.n; i++) {
		for (size_t k = 0; k < b->policy->roles.n; k++) {
			if ((direct[i] >> k & 1) != 0 && (k == i || (roles[k].closure & roles[i].bit) != 0))
				return conf_refuse(conf_get(conf_at(root, i), "inherits"), b->err, "break the circle",
						   "the role %s inherits itself", roles[i].id);
		}
	}
	return OK;
}

static void
raise_assurance(struct policy *p)
{
	struct role *roles = p->roles.rows;

	for (size_t i = 0; i < p->roles.n; i++) {
		for (size_t k = 0; k < p->roles.n; k++) {
			if ((roles[i].closure >> k & 1) != 0 && roles[k].acr > roles[i].acr)
				roles[i].acr = roles[k].acr;
		}
	}
	/* Only now, when every level is final. */
	for (unsigned acr = 0; acr <= ROLE_ACR_MOST; acr++) {
		for (size_t i = 0; i < p->roles.n; i++)
			p->roles_at[acr] |= roles[i].acr <= acr ? roles[i].bit : 0;
	}
}

enum status
role_load(struct bundle *b)
{
	struct policy_list *list = &b->policy->roles;
	const struct conf_node *root = NULL;
	uint64_t direct[ROLE_MOST] = { 0 };

	TRY(bundle_list(b, "roles.yaml", sizeof(struct role), ROLE_MOST, list, &root));
	for (size_t i = 0; i < list->n; i++) {
		struct role *r = (struct role *)list->rows + i;

		r->index = (unsigned)i;
		TRY(read_role(b, conf_at(root, i), r));
	}
	for (size_t i = 0; i < list->n; i++)
		TRY(bundle_each(b, conf_get(conf_at(root, i), "inherits"), list, "role", take_inherited, &direct[i]));
	close_over(b->policy, direct);
	TRY(check_cycles(b, root, direct));
	raise_assurance(b->policy);
	return scope_resolve(b);
}

unsigned
role_acr_level(struct str acr)
{
	uint64_t level = 0;

	return str_to_u64(acr, ROLE_ACR_MOST, &level) == OK ? (unsigned)level : 0;
}
