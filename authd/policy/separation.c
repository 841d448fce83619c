#include "authd/policy/bundle.h"

struct separation_raw {
	const struct conf_node *fixed, *dynamic;
	uint64_t at_most;
};

static const struct conf_field separation_fields[] = {
	{ "static", CONF_NODE, offsetof(struct separation_raw, fixed), false, NULL, 0, 0, NULL, NULL, NULL },
	{ "dynamic", CONF_NODE, offsetof(struct separation_raw, dynamic), false, NULL, 0, 0, NULL, NULL, NULL },
	{ "at_most", CONF_UINT, offsetof(struct separation_raw, at_most), true, NULL, 1, ROLE_MOST, NULL, NULL, NULL },
};
static const struct conf_schema separation_schema = { separation_fields, ARRAY_LEN(separation_fields),
						      sizeof(struct separation_raw) };

static enum status
take_role(void *ctx, const void *row, const struct conf_node *name UNUSED)
{
	*(uint64_t *)ctx |= ((const struct role *)row)->bit;
	return OK;
}

static enum status
read_separation(struct bundle *b, const struct conf_node *item, struct role_separation *s)
{
	struct separation_raw raw = { 0 };
	const struct conf_node *names = NULL;

	TRY(conf_read(item, &separation_schema, &raw, b->err));
	if ((raw.fixed == NULL) == (raw.dynamic == NULL))
		return conf_refuse(item, b->err, "write {static: […], at_most: 1} or {dynamic: […], at_most: 1}",
				   "a separation is either static or dynamic");
	names = raw.fixed != NULL ? raw.fixed : raw.dynamic;
	s->dynamic = raw.dynamic != NULL;
	s->at_most = (unsigned)raw.at_most;
	TRY(bundle_each(b, names, &b->policy->roles, "role", take_role, &s->roles));
	if (conf_count(names) <= s->at_most)
		return conf_refuse(item, b->err, "name more roles or lower at_most",
				   "this separation can never be broken");
	return OK;
}

/* A role that by itself breaks a separation could never be used. */
static enum status
check_roles(struct bundle *b, const struct conf_node *item, const struct role_separation *s)
{
	const struct role *roles = b->policy->roles.rows;

	for (size_t i = 0; i < b->policy->roles.n; i++) {
		if ((unsigned)__builtin_popcountll(roles[i].closure & s->roles) > s->at_most)
			return conf_refuse(item, b->err, "take one of them out of what it inherits",
					   "the role %s alone already breaks this separation", roles[i].id);
	}
	return OK;
}

enum status
separation_load(struct bundle *b)
{
	struct policy *p = b->policy;
	const struct conf_node *root = NULL;

	TRY(bundle_file(b, "separation.yaml", &root));
	if (conf_kind(root) != CONF_LIST || conf_count(root) > ROLE_SEPARATION_MOST)
		return conf_refuse(root, b->err, "begin each with a dash",
				   "the file must be a list of at most %d separations", ROLE_SEPARATION_MOST);
	for (size_t i = 0; i < conf_count(root); i++) {
		struct role_separation *s = &p->separations[p->separation_count++];

		TRY(read_separation(b, conf_at(root, i), s));
		TRY(check_roles(b, conf_at(root, i), s));
	}
	return OK;
}
