#include "authd/policy/bundle.h"

#include <stdlib.h>
#include <string.h>

#include "authd/policy/bundle_source.h"
#include "authd/policy/policy_json.h"
#include "authd/policy/workdays.h"

struct head_raw {
	uint64_t version;
	struct words title;
	const struct conf_node *zone, *holidays, *workdays;
	const char *operator;
};
static const struct conf_field head_fields[] = {
	{ "version", CONF_UINT, offsetof(struct head_raw, version), true, NULL, 1, 1000000, NULL, NULL,
	  "count up with every change" },
	{ "title", CONF_MAPPING, offsetof(struct head_raw, title), true, NULL, 0, 0, NULL, &words_schema, NULL },
	{ "operator", CONF_STRING, offsetof(struct head_raw, operator), false, NULL, 0, 0, NULL, NULL,
	  "write the id of the organisation that runs this" },
	{ "zone", CONF_NODE, offsetof(struct head_raw, zone), false, NULL, 0, 0, NULL, NULL, NULL },
	{ "holidays", CONF_NODE, offsetof(struct head_raw, holidays), false, NULL, 0, 0, NULL, NULL, NULL },
	{ "workdays", CONF_NODE, offsetof(struct head_raw, workdays), false, NULL, 0, 0, NULL, NULL, NULL },
};
static const struct conf_schema head_schema = { head_fields, ARRAY_LEN(head_fields), sizeof(struct head_raw) };

static enum status
load_head(struct bundle *b)
{
	const struct conf_node *root = NULL;
	struct head_raw raw = { 0 };

	TRY(bundle_file(b, "bundle.yaml", &root));
	TRY(conf_read(root, &head_schema, &raw, b->err));
	b->policy->version = (unsigned)raw.version;
	b->policy->operator= raw.operator;
	return workdays_load(b, raw.zone, raw.holidays, raw.workdays);
}

/* Who runs the installation answers for what nobody else did: a name that is there, or none. */
static enum status
check_operator(struct bundle *b)
{
	const char *name = b->policy->operator;

	if (name == NULL || policy_organisation(b->policy, str_of(name)) != NULL)
		return OK;
	return conf_refuse(conf_get(conf_root(b->policy->files[0]), "operator"), b->err,
			   "define it or correct the spelling", "unknown organisation %.64s", name);
}

/* Each part may name only what stands above it. */
static enum status (*const parts[])(struct bundle *b) = {
	load_head,           category_load,  category_load_statutes, notice_load,
	organisation_load,   check_operator, purpose_load,           role_load,
	separation_load,     service_load,   notice_recipients_load, policy_test_load,
	bundle_source_check,
};

static enum status
load(struct bundle *b)
{
	for (size_t i = 0; i < ARRAY_LEN(parts); i++)
		TRY(parts[i](b));
	return policy_json_seal(b->policy);
}

/* sources is taken, also on failure. */
static enum status
load_from(const char *dir, json_t *sources, struct policy **out, struct conf_error *err)
{
	CLEANUP(policy_unrefp) struct policy *p = calloc(1, sizeof(*p));
	struct bundle b = { p, dir, err, 0 };

	err->text[0] = '\0';
	if (p == NULL || sources == NULL) {
		json_decref(sources);
		return E_NOMEM;
	}
	atomic_init(&p->refs, 1);
	p->sources = sources;
	p->json.max = POLICY_JSON_MOST;
	TRY(load(&b));
	*out = STEAL(&p);
	return OK;
}

enum status
policy_load(const char *dir, struct policy **out, struct conf_error *err)
{
	return load_from(dir, json_object(), out, err);
}

enum status
policy_load_files(json_t *files, struct policy **out, struct conf_error *err)
{
	return load_from(NULL, json_incref(files), out, err);
}

const json_t *
policy_files(const struct policy *p)
{
	return p->sources;
}

struct policy *
policy_ref(struct policy *p)
{
	atomic_fetch_add_explicit(&p->refs, 1, memory_order_relaxed);
	return p;
}

static void
destroy(struct policy *p)
{
	for (size_t i = 0; i < p->file_count; i++)
		conf_free(p->files[i]);
	free(p->files);
	free(p->grants);
	json_decref(p->sources);
	arena_clear(&p->arena);
	buf_clear(&p->json);
	free(p);
}

void
policy_unref(struct policy *p)
{
	if (p != NULL && atomic_fetch_sub_explicit(&p->refs, 1, memory_order_acq_rel) == 1)
		destroy(p);
}

void
policy_unrefp(struct policy **p)
{
	policy_unref(*p);
	*p = NULL;
}

struct str
policy_hash(const struct policy *p)
{
	return str_from(p->hash, POLICY_HASH_LEN);
}

unsigned
policy_version(const struct policy *p)
{
	return p->version;
}

struct str
policy_json(const struct policy *p)
{
	return buf_str(&p->json);
}

struct str
policy_operator(const struct policy *p)
{
	return str_of(p->operator);
}

/* One lookup by name and one by place for each kind. */
#define LOOKUPS(kind, list)                                                                                            \
	const struct kind *policy_##kind(const struct policy *p, struct str id)                                        \
	{                                                                                                              \
		return nametable_get(&p->list.by_id, id);                                                              \
	}                                                                                                              \
	const struct kind *policy_##kind##_at(const struct policy *p, size_t i)                                        \
	{                                                                                                              \
		return i < p->list.n ? (const struct kind *)p->list.rows + i : NULL;                                   \
	}

LOOKUPS(category, categories)
LOOKUPS(statute, statutes)
LOOKUPS(purpose, purposes)
LOOKUPS(role, roles)
LOOKUPS(organisation, organisations)
LOOKUPS(service, services)

const struct policy_grant *
policy_grant_at(const struct policy *p, size_t i)
{
	return i < p->grant_count ? &p->grants[i] : NULL;
}

bool
policy_grant_holds(const struct policy_grant *g, const struct organisation *o)
{
	return g->scope < 0 || (o->scopes >> g->scope & 1) != 0;
}

const struct conf_node *
policy_place(const struct policy *p, const char *file, size_t i)
{
	for (size_t k = 0; k < p->file_count; k++) {
		const struct conf_node *root = conf_root(p->files[k]);

		if (str_ends(str_of(conf_file(root)), str_of(file)))
			return conf_at(root, i);
	}
	return NULL;
}

bool
policy_declares(const struct policy *p UNUSED, const struct service *s, const struct purpose *u)
{
	return s != NULL && u != NULL && (s->declared[u->index / 64] >> (u->index % 64) & 1) != 0;
}

enum status
policy_roles(const struct policy *p, const struct str *names, size_t n, uint64_t *set)
{
	uint64_t all = 0;

	for (size_t i = 0; i < n; i++) {
		const struct role *r = policy_role(p, names[i]);

		if (r == NULL)
			return E_NOT_FOUND;
		all |= r->bit;
	}
	*set = all;
	return OK;
}

uint64_t
policy_closure(const struct policy *p, uint64_t set)
{
	const struct role *roles = p->roles.rows;
	uint64_t all = 0;

	for (; set != 0; set &= set - 1)
		all |= roles[__builtin_ctzll(set)].closure;
	return all;
}

bool
policy_may(const struct policy *p, uint64_t set, enum action a, unsigned acr, bool *acr_short)
{
	const struct role *roles = p->roles.rows;
	uint64_t all = policy_closure(p, set);
	uint64_t with = 0;
	bool may = false;

	for (; all != 0; all &= all - 1) {
		unsigned i = (unsigned)__builtin_ctzll(all);

		if ((unsigned)a < ACTION_COUNT && (roles[i].desk >> a & 1) != 0)
			with |= roles[i].bit;
	}
	may = (with & policy_roles_at(p, acr)) != 0;
	if (acr_short != NULL)
		*acr_short = with != 0 && !may;
	return may;
}

static bool
separated(const struct policy *p, uint64_t roles, bool dynamic)
{
	for (size_t i = 0; i < p->separation_count; i++) {
		const struct role_separation *s = &p->separations[i];

		if (s->dynamic == dynamic && (unsigned)__builtin_popcountll(roles & s->roles) > s->at_most)
			return false;
	}
	return true;
}

bool
policy_static_ok(const struct policy *p, uint64_t held)
{
	return separated(p, policy_closure(p, held), false);
}

bool
policy_dynamic_ok(const struct policy *p, uint64_t active)
{
	return separated(p, policy_closure(p, active), true);
}

uint64_t
policy_roles_at(const struct policy *p, unsigned acr)
{
	return p->roles_at[acr < ROLE_ACR_MOST ? acr : ROLE_ACR_MOST];
}
