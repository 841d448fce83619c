#include "authd/policy/bundle.h"

#include <stdio.h>

/* ---- how a test stands in tests/<name>.yaml ---- */

struct case_raw {
	const char *name;
	const struct conf_node *at, *given, *when, *then;
};

struct given_raw {
	int person;
	const struct conf_node *consent, *operator;
	uint64_t acr, used;
	bool service_suspended, related, objection, contract, break_glass;
};

struct consent_raw {
	const char *state;
	const struct conf_node *categories, *from, *until, *range, *recipients;
	uint64_t version;
	bool logged;
	int representative;
};

struct operator_raw {
	const struct conf_node *roles;
	bool is_person;
};

struct when_raw {
	const char *service, *action, *category, *purpose;
	const struct conf_node *roles, *range;
	bool emergency, break_glass;
};

struct range_raw {
	const struct conf_node *from, *to;
};

struct then_raw {
	int decision;
	const char *reason, *basis;
};

enum { PERSON_KNOWN, PERSON_UNKNOWN, PERSON_DISABLED, PERSON_RESTRICTED, PERSON_DEAD };
static const char *const persons[] = { "known", "unknown", "disabled", "restricted", "dead", NULL };
enum { REPRESENTATIVE_NONE, REPRESENTATIVE_VALID, REPRESENTATIVE_INVALID };
static const char *const representatives[] = { "none", "valid", "invalid", NULL };
static const char *const decisions[] = { "deny", "permit", NULL };

#define NODE(raw, key, required)                                                                                       \
	{                                                                                                              \
#key, CONF_NODE, offsetof(struct raw, key), required, NULL, 0, 0, NULL, NULL, NULL                     \
	}
#define TEXT(raw, key, required)                                                                                       \
	{                                                                                                              \
#key, CONF_STRING, offsetof(struct raw, key), required, NULL, 0, 256, NULL, NULL, NULL                 \
	}
#define FLAG(raw, key, member, fallback)                                                                               \
	{                                                                                                              \
		key, CONF_BOOL, offsetof(struct raw, member), false, fallback, 0, 0, NULL, NULL, NULL                  \
	}
#define PICK(raw, key, names, required, fallback)                                                                      \
	{                                                                                                              \
#key, CONF_CHOICE, offsetof(struct raw, key), required, fallback, 0, 0, names, NULL, NULL              \
	}
#define SCHEMA(name, raw)                                                                                              \
	static const struct conf_schema name##_schema = { name##_fields, ARRAY_LEN(name##_fields), sizeof(struct raw) }

static const struct conf_field case_fields[] = {
	TEXT(case_raw, name, false), NODE(case_raw, at, true),    NODE(case_raw, given, false),
	NODE(case_raw, when, true),  NODE(case_raw, then, false),
};
SCHEMA(case, case_raw);

static const struct conf_field given_fields[] = {
	PICK(given_raw, person, persons, false, "known"),
	NODE(given_raw, consent, false),
	NODE(given_raw, operator, false),
	{ "acr", CONF_UINT, offsetof(struct given_raw, acr), false, "0", 0, ROLE_ACR_MOST, NULL, NULL, NULL },
	{ "used", CONF_UINT, offsetof(struct given_raw, used), false, "0", 0, 1000000, NULL, NULL, NULL },
	FLAG(given_raw, "service_suspended", service_suspended, "false"),
	FLAG(given_raw, "related", related, "false"),
	FLAG(given_raw, "objection", objection, "false"),
	FLAG(given_raw, "contract", contract, "false"),
	FLAG(given_raw, "break_glass", break_glass, "false"),
};
SCHEMA(given, given_raw);

static const struct conf_field consent_fields[] = {
	TEXT(consent_raw, state, true),
	NODE(consent_raw, categories, true),
	NODE(consent_raw, from, false),
	NODE(consent_raw, until, false),
	NODE(consent_raw, range, false),
	NODE(consent_raw, recipients, false),
	{ "version", CONF_UINT, offsetof(struct consent_raw, version), false, "0", 0, 1000000, NULL, NULL, NULL },
	FLAG(consent_raw, "logged", logged, "true"),
	PICK(consent_raw, representative, representatives, false, "none"),
};
SCHEMA(consent, consent_raw);

static const struct conf_field operator_fields[] = {
	NODE(operator_raw, roles, true),
	FLAG(operator_raw, "is_person", is_person, "false"),
};
SCHEMA(operator, operator_raw);

static const struct conf_field when_fields[] = {
	TEXT(when_raw, service, true),
	TEXT(when_raw, action, true),
	TEXT(when_raw, category, true),
	TEXT(when_raw, purpose, true),
	NODE(when_raw, roles, false),
	NODE(when_raw, range, false),
	FLAG(when_raw, "emergency", emergency, "false"),
	FLAG(when_raw, "break_glass", break_glass, "false"),
};
SCHEMA(when, when_raw);

static const struct conf_field range_fields[] = { NODE(range_raw, from, true), NODE(range_raw, to, true) };
SCHEMA(range, range_raw);

static const struct conf_field then_fields[] = {
	PICK(then_raw, decision, decisions, true, NULL),
	TEXT(then_raw, reason, true),
	TEXT(then_raw, basis, false),
};
SCHEMA(then, then_raw);

/* ---- reading one ---- */

static enum status
read_time(struct bundle *b, const struct conf_node *node, int64_t *us)
{
	if (node != NULL && clock_parse_rfc3339(conf_text(node), us) != OK)
		return conf_refuse(node, b->err, "write it like 2026-12-10T10:00:00+03:00 or 2026-12-10",
				   "this is no time");
	return OK;
}

static enum status
read_range(struct bundle *b, const struct conf_node *node, struct limits_range *out)
{
	struct range_raw raw = { 0 };

	if (node == NULL)
		return OK;
	TRY(conf_read(node, &range_schema, &raw, b->err));
	out->set = true;
	TRY(read_time(b, raw.from, &out->from_us));
	return read_time(b, raw.to, &out->to_us);
}

static enum status
take_role(void *ctx, const void *row, const struct conf_node *name UNUSED)
{
	*(uint64_t *)ctx |= ((const struct role *)row)->bit;
	return OK;
}

static bool
names(const struct conf_node *list, struct str name)
{
	for (size_t i = 0; i < conf_count(list); i++) {
		if (str_eq(conf_text(conf_at(list, i)), name))
			return true;
	}
	return false;
}

/* A consent to several is one that a notice of the purpose can be for; towards anybody else there is none. */
static enum status
check_recipients(struct bundle *b, const struct conf_node *list, const struct purpose *purpose)
{
	TRY(bundle_scalars(b, list, "service"));
	for (size_t i = 0; list != NULL && i < conf_count(list); i++) {
		const struct conf_node *name = conf_at(list, i);

		if (purpose == NULL || !notice_recipients_of(b->policy, purpose, conf_text(name)))
			return conf_refuse(name, b->err, "name it in recipients.yaml of a notice of the purpose",
					   "no consent for this purpose is for %s among others", conf_text(name).p);
	}
	return OK;
}

static enum status
read_consent(struct bundle *b, const struct conf_node *node, struct policy_case *c)
{
	struct decision_consent *consent = &c->facts.consent;
	const struct purpose *purpose = policy_purpose(b->policy, c->req.purpose);
	struct consent_raw raw = { 0 };

	TRY(conf_read(node, &consent_schema, &raw, b->err));
	if (consent_state_parse(str_of(raw.state), &consent->state) != OK)
		return conf_refuse(conf_get(node, "state"), b->err, "use given, withdrawn and so on",
				   "unknown state %s", raw.state);
	TRY(bundle_scalars(b, raw.categories, "category"));
	consent->from_us = c->req.now_us - DAY_US;
	consent->until_us = c->req.now_us + 30 * DAY_US;
	TRY(read_time(b, raw.from, &consent->from_us));
	TRY(read_time(b, raw.until, &consent->until_us));
	TRY(read_range(b, raw.range, &consent->range));
	consent->logged = raw.logged;
	consent->purpose_version = raw.version != 0 || purpose == NULL ? (unsigned)raw.version : purpose->version;
	consent->actions = purpose != NULL ? purpose->actions : 0;
	consent->covers_category = names(raw.categories, c->req.category);
	consent->by_representative = raw.representative != REPRESENTATIVE_NONE;
	consent->representative_valid = raw.representative == REPRESENTATIVE_VALID;
	TRY(check_recipients(b, raw.recipients, purpose));
	if (raw.recipients != NULL && !names(raw.recipients, c->req.service))
		*consent = (struct decision_consent){ .state = CONSENT_NONE };
	return OK;
}

static enum status
read_operator(struct bundle *b, const struct conf_node *node, struct policy_case *c)
{
	struct operator_raw raw = { 0 };

	TRY(conf_read(node, &operator_schema, &raw, b->err));
	c->req.has_operator = true;
	c->facts.operator_is_person = raw.is_person;
	return bundle_each(b, raw.roles, &b->policy->roles, "role", take_role, &c->facts.operator_roles);
}

static enum status
read_given(struct bundle *b, const struct conf_node *node, struct policy_case *c)
{
	struct given_raw raw = { 0 };

	c->facts.known = c->facts.active = c->facts.service_active = true;
	if (node == NULL)
		return OK;
	TRY(conf_read(node, &given_schema, &raw, b->err));
	c->facts.known = raw.person != PERSON_UNKNOWN;
	c->facts.active = raw.person != PERSON_DISABLED && raw.person != PERSON_DEAD;
	c->facts.dead = raw.person == PERSON_DEAD;
	c->facts.restricted = raw.person == PERSON_RESTRICTED;
	c->facts.service_active = !raw.service_suspended;
	c->facts.related = raw.related;
	c->facts.objection = raw.objection;
	c->facts.contract = raw.contract;
	c->facts.contract_until_us = raw.contract ? c->req.now_us + 3600 * SECOND_US : 0;
	c->facts.break_glass_open = raw.break_glass;
	c->facts.break_glass_until_us = raw.break_glass ? c->req.now_us + 3600 * SECOND_US : 0;
	c->facts.acr = (unsigned)raw.acr;
	c->facts.used = raw.used;
	if (raw.operator!= NULL)
		TRY(read_operator(b, raw.operator, c));
	return raw.consent != NULL ? read_consent(b, raw.consent, c) : OK;
}

/* Names here may be unknown on purpose: a test may claim that nonsense is refused. */
static enum status
read_when(struct bundle *b, const struct conf_node *node, struct policy_case *c)
{
	struct when_raw raw = { 0 };

	TRY(conf_read(node, &when_schema, &raw, b->err));
	c->req.service = str_of(raw.service);
	c->req.caller = c->req.subject = c->req.service;
	c->req.action = str_of(raw.action);
	c->req.category = str_of(raw.category);
	c->req.purpose = str_of(raw.purpose);
	c->req.emergency = raw.emergency;
	c->req.break_glass = raw.break_glass;
	c->req.names_roles = raw.roles != NULL;
	TRY(bundle_each(b, raw.roles, &b->policy->roles, "role", take_role, &c->req.named_roles));
	return read_range(b, raw.range, &c->req.range);
}

static enum status
read_then(struct bundle *b, const struct conf_node *node, struct policy_case *c)
{
	struct then_raw raw = { 0 };

	TRY(conf_read(node, &then_schema, &raw, b->err));
	c->permit = raw.decision == 1;
	if (reason_parse(str_of(raw.reason), &c->reason) != OK)
		return conf_refuse(conf_get(node, "reason"), b->err, "use one of the closed list", "unknown reason %s",
				   raw.reason);
	if (reason_permits(c->reason) != c->permit)
		return conf_refuse(node, b->err, "correct one of the two", "%s does not go with %s", raw.reason,
				   decisions[raw.decision]);
	if (raw.basis != NULL && basis_parse(str_of(raw.basis), &c->basis) != OK)
		return conf_refuse(conf_get(node, "basis"), b->err,
				   "use consent, statute, contract, vital or break_glass", "unknown basis %s",
				   raw.basis);
	return OK;
}

enum status
policy_test_read_case(struct bundle *b, const struct conf_node *node, struct policy_case *c)
{
	struct case_raw raw = { 0 };

	TRY(conf_read(node, &case_schema, &raw, b->err));
	c->node = node;
	c->name = raw.name;
	TRY(read_time(b, raw.at, &c->req.now_us));
	TRY(read_when(b, raw.when, c));
	TRY(read_given(b, raw.given, c));
	return raw.then != NULL ? read_then(b, raw.then, c) : OK;
}

/* A test says its name and what it expects; only a question may leave both out. */
static enum status
read_case(struct bundle *b, const struct conf_node *node, struct policy_case *c)
{
	TRY(policy_test_read_case(b, node, c));
	if (c->name == NULL || c->reason == REASON_NONE)
		return conf_refuse(node, b->err, "add it", "a test needs %s", c->name == NULL ? "a name" : "then");
	return OK;
}

static enum status
read_file(struct bundle *b, const char *name)
{
	struct policy *p = b->policy;
	const struct conf_node *root = NULL;
	char path[512];

	snprintf(path, sizeof(path), "tests/%.400s", name);
	TRY(bundle_file(b, path, &root));
	if (!str_ends(str_of(name), STR(".yaml")))
		return conf_refuse(root, b->err, "rename or remove it", "tests end in .yaml");
	if (conf_kind(root) != CONF_LIST)
		return conf_refuse(root, b->err, "begin each with \"- name: …\"", "the file must be a list of tests");
	for (size_t i = 0; i < conf_count(root); i++) {
		if (p->case_count == POLICY_CASE_MOST)
			return conf_refuse(conf_at(root, i), b->err, "join some", "more than %d tests",
					   POLICY_CASE_MOST);
		TRY(read_case(b, conf_at(root, i), &p->cases[p->case_count]));
		p->case_count++;
	}
	return OK;
}

enum status
policy_test_load(struct bundle *b)
{
	CLEANUP(bundle_names_free) char **files = NULL;
	void *rows = NULL;

	TRY(arena_array(&b->policy->arena, POLICY_CASE_MOST, sizeof(struct policy_case), &rows));
	b->policy->cases = rows;
	TRY(bundle_names(b, "tests", &files));
	for (size_t i = 0; files[i] != NULL; i++)
		TRY(read_file(b, files[i]));
	return OK;
}
