#include "authd/policy/scope.h"

/* A purpose as it stands in the file, before names are looked up. */
struct purpose_raw {
	struct purpose p;
	uint64_t version, acr;
	int mode, fetch;
	const struct conf_node *categories, *basis, *actions, *frequency, *data_range, *visibility, *notice, *storage;
	struct scope scope;
	const struct conf_node *max_consent, *retention, *data_life, *destroy_within;
};

static const char *const modes[] = { "store", "view", NULL };
static const char *const fetches[] = { "periodic", "once", NULL };

#define AT(member) offsetof(struct purpose_raw, member)
#define WORDS(name, hint)                                                                                              \
	{                                                                                                              \
#name, CONF_MAPPING, AT(p.name), true, NULL, 0, 0, NULL, &words_schema, hint                           \
	}
#define NODE(name, required, hint)                                                                                     \
	{                                                                                                              \
#name, CONF_NODE, AT(name), required, NULL, 0, 0, NULL, NULL, hint                                     \
	}

static const struct conf_field purpose_fields[] = {
	{ "id", CONF_STRING, AT(p.id), true, NULL, 0, 0, NULL, NULL, NULL },
	{ "version", CONF_UINT, AT(version), true, NULL, 1, 1000000, NULL, NULL, "count up with every change" },
	{ "dpv", CONF_STRING, AT(p.dpv), true, NULL, 0, 256, NULL, NULL, NULL },
	WORDS(title, "name the purpose as people would"),
	WORDS(why, "say in a sentence or two what the data is needed for"),
	WORDS(if_refused, "say what happens when the person refuses"),
	NODE(categories, true, "list the data that the purpose needs"),
	NODE(basis, true, "give every category its basis"),
	NODE(actions, true, "list what is done with the data, such as [collect, read, store]"),
	{ "acr", CONF_UINT, AT(acr), false, "0", 0, ROLE_ACR_MOST, NULL, NULL, NULL },
	{ "may_object", CONF_BOOL, AT(p.may_object), false, "true", 0, 0, NULL, NULL, NULL },
	{ "after_death", CONF_BOOL, AT(p.after_death), false, "false", 0, 0, NULL, NULL, NULL },
	{ "automated", CONF_BOOL, AT(p.automated), false, "false", 0, 0, NULL, NULL, NULL },
	{ "sole_automated_decision", CONF_BOOL, AT(p.sole_automated_decision), false, "false", 0, 0, NULL, NULL, NULL },
	{ "profiling", CONF_BOOL, AT(p.profiling), false, "false", 0, 0, NULL, NULL, NULL },
	{ "mode", CONF_CHOICE, AT(mode), false, "store", 0, 0, modes, NULL, NULL },
	{ "fetch", CONF_CHOICE, AT(fetch), false, "periodic", 0, 0, fetches, NULL, NULL },
	NODE(frequency, false, NULL),
	NODE(data_range, false, NULL),
	NODE(max_consent, true, "say how long a consent may hold, such as P365D"),
	NODE(retention, true, "say how long the data may be kept, such as P3Y"),
	NODE(data_life, false, NULL),
	NODE(destroy_within, false, NULL),
	{ "storage", CONF_STRINGS, AT(p.storage), true, NULL, 1, 16, NULL, NULL, "list the countries, such as [RU]" },
	NODE(visibility, false, NULL),
	{ "regions", CONF_NODE, AT(scope.regions), false, NULL, 0, 0, NULL, NULL, NULL },
	{ "organisations", CONF_NODE, AT(scope.organisations), false, NULL, 0, 0, NULL, NULL, NULL },
	NODE(notice, true, "name the notice that people are shown: {id: ntc_…, version: 1}"),
};
static const struct conf_schema purpose_schema = { purpose_fields, ARRAY_LEN(purpose_fields),
						   sizeof(struct purpose_raw) };

/* ---- categories and their bases ---- */

#define BASIS_HINT "write consent, {statute: …}, {contract: …} or {vital: …}"

static enum status
read_basis(struct bundle *b, const struct conf_node *node, struct purpose_rule *rule)
{
	const struct conf_node *kind =
	    conf_kind(node) == CONF_MAP && conf_count(node) == 1 ? conf_key_at(node, 0) : node;
	const struct conf_node *ref = kind != node ? conf_at(node, 0) : NULL;
	struct str text = { 0 };
	const void *statute = NULL;

	if (basis_parse(conf_text(kind), &rule->basis) != OK || rule->basis == BASIS_BREAK_GLASS ||
	    (rule->basis == BASIS_CONSENT) != (ref == NULL))
		return conf_refuse(node, b->err, BASIS_HINT, "this is no basis");
	if (rule->category->special && rule->basis != BASIS_CONSENT && rule->basis != BASIS_STATUTE)
		return conf_refuse(node, b->err, "write consent or {statute: …}",
				   "%s is a special category: only explicit consent or a statute allows it",
				   rule->category->id);
	rule->ref = "";
	if (ref == NULL)
		return OK;
	TRY(conf_as_string(ref, 64, &text, b->err));
	rule->ref = text.p;
	if (rule->basis != BASIS_STATUTE)
		return OK;
	TRY(bundle_find(b, &b->policy->statutes, ref, "statute", &statute));
	rule->statute = statute;
	return OK;
}

struct rule_taker {
	struct bundle *b;
	struct purpose *p;
	const struct conf_node *basis;
};

static enum status
take_category(void *ctx, const void *row, const struct conf_node *name)
{
	struct rule_taker *t = ctx;
	struct purpose_rule *rule = &t->p->rules[t->p->rule_count];
	const struct conf_node *basis = conf_get(t->basis, conf_text(name).p);

	rule->category = row;
	if (basis == NULL)
		return conf_refuse(name, t->b->err, "add it under basis", "the category %s has no basis",
				   rule->category->id);
	t->p->rule_of[rule->category->index] = (uint8_t)++t->p->rule_count;
	return read_basis(t->b, basis, rule);
}

static enum status
read_rules(struct bundle *b, const struct purpose_raw *raw, struct purpose *p)
{
	struct rule_taker taker = { b, p, raw->basis };
	void *rules = NULL;

	if (conf_kind(raw->basis) != CONF_MAP)
		return conf_refuse(raw->basis, b->err, "write {income: consent, …}", "the bases must be a map");
	if (conf_kind(raw->categories) != CONF_LIST || conf_count(raw->categories) == 0)
		return conf_refuse(raw->categories, b->err, "list at least one", "a purpose needs categories");
	TRY(arena_array(&b->policy->arena, conf_count(raw->categories), sizeof(*p->rules), &rules));
	p->rules = rules;
	TRY(bundle_each(b, raw->categories, &b->policy->categories, "category", take_category, &taker));
	for (size_t i = 0; i < conf_count(raw->basis); i++) {
		const struct conf_node *key = conf_key_at(raw->basis, i);
		const void *category = NULL;

		TRY(bundle_find(b, &b->policy->categories, key, "category", &category));
		if (purpose_rule_for(p, category) == NULL)
			return conf_refuse(key, b->err, "add it to categories or remove it here",
					   "%s has a basis but the purpose does not use it", conf_text(key).p);
	}
	return OK;
}

/* ---- what is done, and within which limits ---- */

static enum status
read_actions(struct bundle *b, const struct conf_node *node, uint32_t *actions)
{
	TRY(bundle_scalars(b, node, "action"));
	for (size_t i = 0; i < conf_count(node); i++) {
		enum action a = ACTION_COUNT;

		if (action_parse(conf_text(conf_at(node, i)), &a) != OK || !action_is_data(a))
			return conf_refuse(conf_at(node, i), b->err,
					   "use read, verify, collect, store, update, transfer or destroy",
					   "this is nothing that can be done with data");
		*actions |= action_bit(a);
	}
	return *actions != 0 ? OK : conf_refuse(node, b->err, "list at least one", "a purpose needs actions");
}

struct range_raw {
	const struct conf_node *back;
};
static const struct conf_field range_fields[] = {
	{ "back", CONF_NODE, offsetof(struct range_raw, back), true, NULL, 0, 0, NULL, NULL, "write back: P2Y" },
};
static const struct conf_schema range_schema = { range_fields, ARRAY_LEN(range_fields), sizeof(struct range_raw) };

static enum status
read_limits(struct bundle *b, const struct purpose_raw *raw, struct purpose *p)
{
	struct range_raw range = { 0 };
	const char *back = NULL;

	if (p->fetch == FETCH_ONCE && raw->frequency != NULL)
		return conf_refuse(raw->frequency, b->err, "remove one of the two",
				   "fetch: once is a frequency already");
	TRY(bundle_frequency(b, raw->frequency, &p->frequency));
	if (p->fetch == FETCH_ONCE)
		p->frequency.count = 1;
	if (raw->data_range == NULL)
		return OK;
	TRY(conf_read(raw->data_range, &range_schema, &range, b->err));
	return bundle_duration(b, range.back, &back, &p->range_back_us);
}

static enum status
read_terms(struct bundle *b, const struct purpose_raw *raw, struct purpose *p)
{
	TRY(bundle_duration(b, raw->max_consent, &p->max_consent, &p->max_consent_us));
	TRY(bundle_duration(b, raw->retention, &p->retention, &p->retention_us));
	p->data_life = p->retention;
	p->data_life_us = p->retention_us;
	TRY(bundle_duration(b, raw->data_life, &p->data_life, &p->data_life_us));
	/* 152-FZ art. 21(5): thirty days after a withdrawal, unless the purpose promises less. */
	p->destroy_within = "P30D";
	p->destroy_within_us = 30 * DAY_US;
	TRY(bundle_duration(b, raw->destroy_within, &p->destroy_within, &p->destroy_within_us));
	if (p->destroy_within_us > 30 * DAY_US)
		return conf_refuse(raw->destroy_within, b->err, "write at most P30D",
				   "data must be destroyed within thirty days after a withdrawal");
	return OK;
}

struct visibility_raw {
	const struct conf_node *delayed, *withheld;
};
static const struct conf_field visibility_fields[] = {
	{ "delayed", CONF_NODE, offsetof(struct visibility_raw, delayed), false, NULL, 0, 0, NULL, NULL, NULL },
	{ "withheld", CONF_NODE, offsetof(struct visibility_raw, withheld), false, NULL, 0, 0, NULL, NULL, NULL },
};
static const struct conf_schema visibility_schema = { visibility_fields, ARRAY_LEN(visibility_fields),
						      sizeof(struct visibility_raw) };

#define VISIBILITY_HINT "write immediate, on_close, {delayed: P30D} or {withheld: <statute>}"

/* Only a law may keep a look from the person, and only where nothing rests on what the person agreed to. */
static enum status
read_withheld(struct bundle *b, const struct conf_node *node, struct purpose *p)
{
	const void *statute = NULL;

	TRY(bundle_find(b, &b->policy->statutes, node, "statute", &statute));
	for (size_t i = 0; i < p->rule_count; i++) {
		if (p->rules[i].basis != BASIS_STATUTE)
			return conf_refuse(node, b->err, "let it be seen, or give the category a statute",
					   "a look at %s does not rest on a statute and cannot be withheld",
					   p->rules[i].category->id);
	}
	p->visibility = VISIBILITY_WITHHELD;
	p->visibility_ground = statute;
	return OK;
}

static enum status
read_visibility(struct bundle *b, const struct conf_node *node, struct purpose *p)
{
	struct visibility_raw raw = { 0 };
	const char *text = NULL;

	if (node == NULL || str_is(conf_text(node), "immediate"))
		return OK;
	if (str_is(conf_text(node), "on_close")) {
		p->visibility = VISIBILITY_ON_CLOSE;
		return OK;
	}
	if (conf_kind(node) != CONF_MAP)
		return conf_refuse(node, b->err, VISIBILITY_HINT, "this does not say when the person sees it");
	TRY(conf_read(node, &visibility_schema, &raw, b->err));
	if ((raw.delayed == NULL) == (raw.withheld == NULL))
		return conf_refuse(node, b->err, VISIBILITY_HINT, "one of delayed and withheld is expected");
	if (raw.withheld != NULL)
		return read_withheld(b, raw.withheld, p);
	p->visibility = VISIBILITY_DELAYED;
	return bundle_duration(b, raw.delayed, &text, &p->visibility_delay_us);
}

struct notice_raw {
	const char *id;
	uint64_t version;
	const struct conf_node *regions;
};
static const struct conf_field notice_fields[] = {
	{ "id", CONF_STRING, offsetof(struct notice_raw, id), true, NULL, 0, 64, NULL, NULL, NULL },
	{ "version", CONF_UINT, offsetof(struct notice_raw, version), true, NULL, 1, 1000000, NULL, NULL, NULL },
	{ "regions", CONF_NODE, offsetof(struct notice_raw, regions), false, NULL, 0, 0, NULL, NULL, NULL },
};
static const struct conf_schema notice_schema = { notice_fields, ARRAY_LEN(notice_fields), sizeof(struct notice_raw) };
/* Within regions there are no regions. */
static const struct conf_schema regional_schema = { notice_fields, ARRAY_LEN(notice_fields) - 1,
						    sizeof(struct notice_raw) };

static enum status
find_notice(struct bundle *b, const struct conf_node *node, const struct notice_raw *raw)
{
	if (notice_find(b->policy, str_of(raw->id), (unsigned)raw->version) == NULL)
		return conf_refuse(node, b->err, "write notices/<id>/<version>/ru.md and en.md",
				   "there is no notice %s version %u", raw->id, (unsigned)raw->version);
	return OK;
}

static enum status
read_regional(struct bundle *b, const struct conf_node *node, struct purpose *p)
{
	void *rows = NULL;

	if (node == NULL)
		return OK;
	if (conf_kind(node) != CONF_MAP || conf_count(node) == 0)
		return conf_refuse(node, b->err, "write {RU-SPE: {id: ntc_…, version: 1}}",
				   "the regions must be a map");
	TRY(arena_array(&b->policy->arena, conf_count(node), sizeof(*p->regional), &rows));
	p->regional = rows;
	for (size_t i = 0; i < conf_count(node); i++) {
		struct notice_raw raw = { 0 };

		TRY(scope_check_region(b, conf_key_at(node, i)));
		TRY(conf_read(conf_at(node, i), &regional_schema, &raw, b->err));
		TRY(find_notice(b, conf_at(node, i), &raw));
		p->regional[p->regional_count++] =
		    (struct purpose_regional){ conf_text(conf_key_at(node, i)).p, raw.id, (unsigned)raw.version };
	}
	return OK;
}

static enum status
read_notice(struct bundle *b, const struct conf_node *node, struct purpose *p)
{
	struct notice_raw raw = { 0 };

	TRY(conf_read(node, &notice_schema, &raw, b->err));
	p->notice_id = raw.id;
	p->notice_version = (unsigned)raw.version;
	TRY(find_notice(b, node, &raw));
	return read_regional(b, raw.regions, p);
}

/*
 * A profile is made of people only who asked for it: by consent, for a short time, to be objected to at any time, and
 * never as a decision that no person makes (152-FZ art. 16, GDPR art. 22).
 */
static enum status
check_profiling(struct bundle *b, const struct conf_node *item, const struct purpose *p)
{
	if (!p->profiling)
		return OK;
	for (size_t i = 0; i < p->rule_count; i++) {
		if (p->rules[i].basis != BASIS_CONSENT)
			return conf_refuse(conf_get(item, "basis"), b->err, "write consent for every category",
					   "a profile is made by consent only, not %s of %s",
					   basis_name(p->rules[i].basis), p->rules[i].category->id);
	}
	if (!p->may_object || p->sole_automated_decision)
		return conf_refuse(conf_get(item, "profiling"), b->err,
				   "leave may_object and sole_automated_decision as they are",
				   "people may object to a profile, and no decision rests on it alone");
	if (p->max_consent_us > 184 * DAY_US)
		return conf_refuse(conf_get(item, "max_consent"), b->err, "write P184D or less",
				   "a consent to a profile is asked for again after half a year");
	return OK;
}

/* What ends with the person cannot go on without them; only a law can. */
static enum status
check_after_death(struct bundle *b, const struct conf_node *item, const struct purpose *p)
{
	bool by_law = false;

	for (size_t i = 0; i < p->rule_count; i++)
		by_law |= p->rules[i].basis == BASIS_STATUTE;
	if (!p->after_death || by_law)
		return OK;
	return conf_refuse(conf_get(item, "after_death"), b->err, "leave it out, or name the statute",
			   "after a death only a statute permits");
}

static enum status
read_purpose(struct bundle *b, const struct conf_node *item, struct purpose *p)
{
	struct purpose_raw raw = { 0 };
	unsigned index = p->index;

	TRY(conf_read(item, &purpose_schema, &raw, b->err));
	*p = raw.p;
	p->index = index;
	p->version = (unsigned)raw.version;
	p->acr = (unsigned)raw.acr;
	p->mode = (enum purpose_mode)raw.mode;
	p->fetch = (enum purpose_fetch)raw.fetch;
	TRY(bundle_name_row(b, item, &b->policy->purposes, p));
	TRY(bundle_iri(b, conf_get(item, "dpv"), BUNDLE_DPV_PUBLIC_SERVICES, &p->dpv));
	TRY(read_rules(b, &raw, p));
	TRY(read_actions(b, raw.actions, &p->actions));
	TRY(read_limits(b, &raw, p));
	TRY(read_terms(b, &raw, p));
	TRY(read_visibility(b, raw.visibility, p));
	TRY(check_profiling(b, item, p));
	TRY(check_after_death(b, item, p));
	TRY(scope_check(b, &raw.scope));
	return read_notice(b, raw.notice, p);
}

enum status
purpose_load(struct bundle *b)
{
	struct policy_list *list = &b->policy->purposes;
	const struct conf_node *root = NULL;

	TRY(bundle_list(b, "purposes.yaml", sizeof(struct purpose), PURPOSE_MOST, list, &root));
	for (size_t i = 0; i < list->n; i++) {
		struct purpose *p = (struct purpose *)list->rows + i;

		p->index = (unsigned)i;
		TRY(read_purpose(b, conf_at(root, i), p));
	}
	return OK;
}
