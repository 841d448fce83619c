/*
 * test_decision_model.c: decision.c against a second statement of the same rules that shares nothing with it: the
 * bundle as plain tables of names, a case reduced to a set of conditions, and a decision table whose first row that
 * fits is the answer. A million generated cases have to agree, in reason and in every member of a permit.
 */
#include "authd/access/decision.h"

#include "tests/unit/policy_maker.h"

#define CASES 1000000u
#define NOW   (INT64_C(1796000000) * SECOND_US)
#define SEED  UINT64_C(0x9e3779b97f4a7c15)

/* ---- the bundle of policy_maker.h once more, as tables ---- */

#define LIST_MOST 4

static const struct model_role {
	const char *id, *inherits;
	unsigned acr;
} roles[] = {
	{ "clerk", NULL, 2 },  { "chief", "clerk", 2 }, { "author", NULL, 0 }, { "approver", NULL, 3 },
	{ "desk-a", NULL, 0 }, { "desk-b", NULL, 0 },   { "helper", NULL, 0 }, { "guard", NULL, 0 },
};
#define ROLES ARRAY_LEN(roles)

/* only: a region, a country or an organisation; NULL is everywhere. */
static const struct {
	const char *role, *action, *category, *purpose, *only;
} permissions[] = {
	{ "clerk", "read", "income", "check", NULL },       { "clerk", "read", "family", "check", NULL },
	{ "clerk", "read", "health", "check", NULL },       { "clerk", "read", "contacts", "care", NULL },
	{ "clerk", "read", "family", "care", NULL },        { "clerk", "read", "income", "care", NULL },
	{ "clerk", "read", "contacts", "free", NULL },      { "clerk", "verify", "income", "check", "RU-SPE" },
	{ "clerk", "verify", "family", "check", "RU-SPE" }, { "clerk", "verify", "health", "check", "org_dc" },
	{ "clerk", "store", "contacts", "care", "RU" },     { "helper", "verify", "income", "check", NULL },
};

/* Who may look in an emergency at what; purpose NULL is any. */
static const struct {
	const char *role, *category, *purpose, *only;
} glass[] = {
	{ "chief", "health", NULL, NULL },
	{ "chief", "contacts", NULL, NULL },
	{ "guard", "family", "care", "RU-TA" },
};

static const struct model_purpose {
	const char *id;
	unsigned version, acr;
	bool may_object, view, after_death;
	uint32_t count;
	int64_t back_us;
} purposes[] = {
	{ "check", 3, 0, true, false, true, 2, 365 * DAY_US },
	{ "care", 1, 3, false, true, false, 1, 0 },
	{ "free", 1, 0, true, false, false, 0, 0 },
};

static const struct model_rule {
	const char *purpose, *category;
	enum basis basis;
	const char *ref;
} rules[] = {
	{ "check", "income", BASIS_CONSENT, "" },      { "check", "family", BASIS_CONSENT, "" },
	{ "check", "health", BASIS_STATUTE, "law-1" }, { "care", "contacts", BASIS_CONTRACT, "care" },
	{ "care", "family", BASIS_VITAL, "danger" },   { "care", "income", BASIS_CONSENT, "" },
	{ "free", "contacts", BASIS_CONSENT, "" },
};

static const struct model_service {
	const char *id, *roles[LIST_MOST], *purposes[LIST_MOST];
	bool on, glass, volunteers;
	const char *at[LIST_MOST]; /* its organisation, that one's region and its country */
} services[] = {
	{ "svc_a",
	  { "clerk", "desk-a", "desk-b" },
	  { "check", "free", "care" },
	  true,
	  true,
	  false,
	  { "org_a", "RU-SPE", "RU" } },
	{ "svc_b", { "clerk" }, { "care" }, true, false, false, { "org_a", "RU-SPE", "RU" } },
	{ "svc_c", { "clerk" }, { "check", "care" }, true, true, false, { "org_dc", "RU-TA", "RU" } },
	{ "svc_off", { "clerk" }, { "check" }, false, false, false, { "org_a", "RU-SPE", "RU" } },
	{ "svc_tax", { NULL }, { NULL }, true, false, false, { "org_dc", "RU-TA", "RU" } },
	{ "svc_v", { "clerk" }, { "care" }, true, false, true, { "org_v" } },
};

/* The bundle of policy_maker.h with regions, and with permissions that hold in some places only. */
static struct policy *
model_policy(void)
{
	CLEANUP(policy_maker_drop) struct policy_maker m = policy_maker_new();

	policy_maker_edit(
	    &m, "organisations.yaml", "[org_dc]}\n- {id: org_dc, name: {ru: ЦОД, en: DC}, kind: state,",
	    "[org_dc], region: RU-SPE}\n- {id: org_dc, name: {ru: ЦОД, en: DC}, kind: state, region: RU-TA,");
	policy_maker_edit(
	    &m, "services.yaml", "- {id: svc_b,",
	    "- {id: svc_c, title: {ru: Е, en: F}, organisation: org_dc, roles: [clerk], purposes: [check, care], "
	    "break_glass: true}\n- {id: svc_b,");
	policy_maker_edit(&m, "roles.yaml", "    - {action: assist-consent}\n",
			  "    - {action: verify, categories: [income, family], for: [check], regions: [RU-SPE]}\n"
			  "    - {action: verify, categories: [health], for: [check], organisations: [org_dc]}\n"
			  "    - {action: store, categories: [contacts], for: [care], regions: [RU]}\n"
			  "- id: guard\n"
			  "  title: {ru: Дежурный, en: Guard}\n"
			  "  may:\n"
			  "    - {action: break-glass, categories: [family], for: [care], regions: [RU-TA], ttl: PT1H, "
			  "quota: {count: 5, per: P30D}, review_within: P1D}\n");
	policy_maker_edit(&m, "purposes.yaml", "  frequency: {count: 2", "  after_death: true\n  frequency: {count: 2");
	return policy_maker_load(&m);
}

/* The row whose first member is this name; NULL without one. */
static const void *
row_named(const void *rows, size_t n, size_t size, struct str name)
{
	for (size_t i = 0; i < n; i++) {
		const char *row = (const char *)rows + i * size;
		const char *id;

		memcpy(&id, row, sizeof(id));
		if (str_is(name, id))
			return row;
	}
	return NULL;
}
#define ROW(table, name) row_named(table, ARRAY_LEN(table), sizeof((table)[0]), name)

static bool
lists(const char *const list[LIST_MOST], const char *name)
{
	for (size_t i = 0; i < LIST_MOST && list[i] != NULL; i++)
		if (strcmp(list[i], name) == 0)
			return true;
	return false;
}

/* ---- a case and what is true of it ---- */

struct model_case {
	struct decision_request req;
	struct decision_facts facts;
	bool operator_role[ROLES], named[ROLES]; /* the sets once more, by the row of the table */
};

struct model {
	uint64_t is; /* the conditions that hold */
	const struct model_service *service;
	const struct model_purpose *purpose;
	const struct model_rule *rule;
	bool held[ROLES], active[ROLES], permitting[ROLES];
};

#define CONDITIONS(X)                                                                                                  \
	X(SERVICE_ON)                                                                                                  \
	X(ROLES_HELD)                                                                                                  \
	X(PERMITTED)                                                                                                   \
	X(DESKS_APART)                                                                                                 \
	X(DUTIES_APART)                                                                                                \
	X(OPERATOR)                                                                                                    \
	X(OWN_FILE)                                                                                                    \
	X(DECLARED)                                                                                                    \
	X(IN_PURPOSE)                                                                                                  \
	X(BY_CONSENT)                                                                                                  \
	X(BY_STATUTE)                                                                                                  \
	X(BY_CONTRACT)                                                                                                 \
	X(BY_VITAL)                                                                                                    \
	X(BY_GLASS)                                                                                                    \
	X(KNOWN)                                                                                                       \
	X(ACTIVE)                                                                                                      \
	X(OUTLIVES)                                                                                                    \
	X(OF_THE_LIVING)                                                                                               \
	X(RESTRICTED)                                                                                                  \
	X(OBJECTS)                                                                                                     \
	X(ANY_CONSENT)                                                                                                 \
	X(RELATED)                                                                                                     \
	X(IN_FORCE)                                                                                                    \
	X(WITHDRAWN)                                                                                                   \
	X(EXPIRED)                                                                                                     \
	X(LOGGED)                                                                                                      \
	X(BEGUN)                                                                                                       \
	X(NOT_OVER)                                                                                                    \
	X(REPRESENTED)                                                                                                 \
	X(MANDATE)                                                                                                     \
	X(SAME_VERSION)                                                                                                \
	X(HAS_CATEGORY)                                                                                                \
	X(HAS_ACTION)                                                                                                  \
	X(CONTRACT)                                                                                                    \
	X(EMERGENCY)                                                                                                   \
	X(GLASS_OPEN)                                                                                                  \
	X(RANGE_OF_PURPOSE)                                                                                            \
	X(RANGE_OF_RECORD)                                                                                             \
	X(USE_LEFT)                                                                                                    \
	X(STRONG)
#define CONDITION_NUMBER(name) NUMBER_##name,
enum { CONDITIONS(CONDITION_NUMBER) };
#define CONDITION_BIT(name) static const uint64_t name = UINT64_C(1) << NUMBER_##name;
CONDITIONS(CONDITION_BIT)

/* First row whose `all` hold and whose `none` do not. Order and words are those of spec and decision.h. */
static const struct {
	uint64_t all, none;
	enum reason reason;
} table[] = {
#define WITH(name) (UINT64_C(1) << NUMBER_##name)
	{ 0, WITH(SERVICE_ON), REASON_SERVICE_SUSPENDED },
	{ 0, WITH(ROLES_HELD), REASON_ROLE_MISSING },
	{ 0, WITH(PERMITTED), REASON_ROLE_MISSING },
	{ 0, WITH(DESKS_APART), REASON_SOD_CONFLICT },
	{ WITH(OPERATOR) | WITH(OWN_FILE) | WITH(KNOWN) | WITH(RELATED), 0, REASON_SOD_CONFLICT },
	{ WITH(OPERATOR) | WITH(OWN_FILE) | WITH(KNOWN) | WITH(ANY_CONSENT), 0, REASON_SOD_CONFLICT },
	{ WITH(OPERATOR), WITH(DUTIES_APART), REASON_SOD_CONFLICT },
	{ 0, WITH(DECLARED), REASON_PURPOSE_NOT_DECLARED },
	{ 0, WITH(IN_PURPOSE), REASON_CATEGORY_NOT_IN_PURPOSE },
	{ 0, WITH(KNOWN), REASON_CONSENT_MISSING },
	{ WITH(OPERATOR) | WITH(OWN_FILE), 0, REASON_CONSENT_MISSING },
	{ WITH(BY_CONSENT), WITH(RELATED) | WITH(ANY_CONSENT), REASON_CONSENT_MISSING },
	{ 0, WITH(ACTIVE) | WITH(OUTLIVES), REASON_RESTRICTED_PERSON },
	{ WITH(RESTRICTED), WITH(BY_VITAL) | WITH(BY_GLASS), REASON_RESTRICTED_PERSON },
	{ WITH(OBJECTS), 0, REASON_OBJECTION },
	{ WITH(BY_CONSENT) | WITH(WITHDRAWN), 0, REASON_CONSENT_WITHDRAWN },
	{ WITH(BY_CONSENT) | WITH(EXPIRED), 0, REASON_CONSENT_EXPIRED },
	{ WITH(BY_CONSENT), WITH(IN_FORCE), REASON_CONSENT_MISSING },
	{ WITH(BY_CONSENT), WITH(LOGGED), REASON_CONSENT_MISSING },
	{ WITH(BY_CONSENT), WITH(BEGUN), REASON_CONSENT_MISSING },
	{ WITH(BY_CONSENT), WITH(NOT_OVER), REASON_CONSENT_EXPIRED },
	{ WITH(BY_CONSENT) | WITH(REPRESENTED), WITH(MANDATE), REASON_REPRESENTATIVE_INVALID },
	{ WITH(BY_CONSENT), WITH(SAME_VERSION), REASON_CONSENT_SCOPE },
	{ WITH(BY_CONSENT), WITH(HAS_CATEGORY), REASON_CONSENT_SCOPE },
	{ WITH(BY_CONSENT), WITH(HAS_ACTION), REASON_CONSENT_SCOPE },
	{ WITH(BY_STATUTE), WITH(OF_THE_LIVING) | WITH(OUTLIVES), REASON_CONSENT_MISSING },
	{ WITH(BY_CONTRACT), WITH(CONTRACT), REASON_CONSENT_MISSING },
	{ WITH(BY_VITAL), WITH(EMERGENCY), REASON_CONSENT_MISSING },
	{ WITH(BY_GLASS), WITH(GLASS_OPEN), REASON_CONSENT_MISSING },
	{ 0, WITH(RANGE_OF_PURPOSE), REASON_LIMIT_RANGE },
	{ WITH(BY_CONSENT), WITH(RANGE_OF_RECORD), REASON_LIMIT_RANGE },
	{ 0, WITH(USE_LEFT), REASON_LIMIT_FREQUENCY },
	{ 0, WITH(STRONG), REASON_ACR_TOO_LOW },
	{ WITH(BY_CONSENT), 0, REASON_CONSENT_VALID },
	{ WITH(BY_STATUTE), 0, REASON_STATUTE },
	{ WITH(BY_CONTRACT), 0, REASON_CONTRACT },
	{ WITH(BY_VITAL), 0, REASON_VITAL_INTEREST },
	{ WITH(BY_GLASS), 0, REASON_BREAK_GLASS },
};

static void
say(struct model *m, bool holds, uint64_t condition)
{
	m->is |= holds ? condition : 0;
}

static bool
says(const struct model *m, uint64_t condition)
{
	return (m->is & condition) != 0;
}

/* ---- roles ---- */

static void
with_inherited(const bool from[ROLES], bool to[ROLES])
{
	for (size_t i = 0; i < ROLES; i++)
		to[i] = from[i];
	for (size_t i = 0; i < ROLES; i++)
		for (size_t k = 0; k < ROLES && roles[i].inherits != NULL; k++)
			to[k] |= to[i] && strcmp(roles[i].inherits, roles[k].id) == 0;
}

static unsigned
count_of(const bool set[ROLES], const char *a, const char *b)
{
	unsigned n = 0;

	for (size_t i = 0; i < ROLES; i++)
		n += set[i] && (strcmp(roles[i].id, a) == 0 || strcmp(roles[i].id, b) == 0);
	return n;
}

/*
 * Whether a permission for this purpose, in those places, is one for this case. While the purpose does not use the
 * category there, any will do: what is really wrong is for a later row to say.
 */
static bool
fits(const struct model *m, const struct model_case *c, const char *purpose, const char *only)
{
	if (m->rule == NULL)
		return true;
	return (purpose == NULL || str_is(c->req.purpose, purpose)) && (only == NULL || lists(m->service->at, only));
}

static bool
permits(const struct model *m, const struct model_case *c, const char *role)
{
	bool looks = str_is(c->req.action, "read") && c->req.has_operator && m->service->glass;

	for (size_t i = 0; i < ARRAY_LEN(glass) && c->req.break_glass; i++)
		if (strcmp(glass[i].role, role) == 0 && str_is(c->req.category, glass[i].category) &&
		    fits(m, c, glass[i].purpose, glass[i].only))
			return looks;
	for (size_t i = 0; i < ARRAY_LEN(permissions) && !c->req.break_glass; i++)
		if (strcmp(permissions[i].role, role) == 0 && str_is(c->req.action, permissions[i].action) &&
		    str_is(c->req.category, permissions[i].category) &&
		    fits(m, c, permissions[i].purpose, permissions[i].only))
			return true;
	return false;
}

static void
roles_of(struct model *m, const struct model_case *c)
{
	bool own[ROLES] = { false }, through[ROLES] = { false };
	bool all_held = !c->req.unknown_role, any = false;

	for (size_t i = 0; i < ROLES && m->service != NULL; i++)
		own[i] = lists(m->service->roles, roles[i].id);
	with_inherited(own, through);
	with_inherited(c->req.has_operator ? c->operator_role : own, m->held);
	for (size_t i = 0; i < ROLES; i++)
		all_held &= !c->named[i] || m->held[i];
	with_inherited(c->req.names_roles ? c->named : m->held, m->active);
	for (size_t i = 0; i < ROLES && m->service != NULL; i++) {
		m->active[i] &= through[i] || c->req.break_glass;
		m->permitting[i] = m->active[i] && permits(m, c, roles[i].id);
		any |= m->permitting[i];
	}
	say(m, !c->req.names_roles || all_held, ROLES_HELD);
	say(m, any, PERMITTED);
	say(m, count_of(m->active, "desk-a", "desk-b") < 2, DESKS_APART);
	say(m, count_of(m->held, "author", "approver") < 2, DUTIES_APART);
}

/* The least assurance that does, for somebody in these roles; ROLE_ACR_MOST when none does. */
static unsigned
assurance_needed(const struct model *m)
{
	unsigned least = ROLE_ACR_MOST;

	for (size_t i = 0; i < ROLES; i++)
		if (m->permitting[i] && roles[i].acr < least)
			least = roles[i].acr;
	return m->purpose != NULL && m->purpose->acr > least ? m->purpose->acr : least;
}

/* ---- the rest of the conditions ---- */

static void
purpose_of(struct model *m, const struct model_case *c)
{
	m->service = ROW(services, c->req.service);
	m->purpose = ROW(purposes, c->req.purpose);
	say(m, m->service != NULL && m->service->on && c->facts.service_active, SERVICE_ON);
	say(m, m->service != NULL && m->purpose != NULL && lists(m->service->purposes, m->purpose->id), DECLARED);
	for (size_t i = 0; i < ARRAY_LEN(rules) && says(m, DECLARED); i++)
		if (strcmp(rules[i].purpose, m->purpose->id) == 0 && str_is(c->req.category, rules[i].category))
			m->rule = &rules[i];
	say(m, m->rule != NULL, IN_PURPOSE);
}

static void
basis_of(struct model *m, const struct model_case *c)
{
	static const uint64_t *const conditions[BASIS_COUNT] = {
		[BASIS_CONSENT] = &BY_CONSENT, [BASIS_STATUTE] = &BY_STATUTE,   [BASIS_CONTRACT] = &BY_CONTRACT,
		[BASIS_VITAL] = &BY_VITAL,     [BASIS_BREAK_GLASS] = &BY_GLASS,
	};

	if (m->rule != NULL)
		m->is |= c->req.break_glass ? BY_GLASS : *conditions[m->rule->basis];
	say(m, c->facts.contract, CONTRACT);
	say(m, c->req.emergency, EMERGENCY);
	say(m, c->facts.break_glass_open && c->facts.break_glass_until_us > c->req.now_us, GLASS_OPEN);
}

static void
person_of(struct model *m, const struct model_case *c)
{
	say(m, c->req.has_operator, OPERATOR);
	say(m, c->facts.operator_is_person, OWN_FILE);
	say(m, c->facts.known, KNOWN);
	say(m, c->facts.active, ACTIVE);
	say(m, c->facts.dead && says(m, BY_STATUTE) && m->purpose->after_death, OUTLIVES);
	say(m, m->purpose != NULL && !m->purpose->after_death, OF_THE_LIVING);
	say(m, c->facts.restricted, RESTRICTED);
	say(m, c->facts.objection && m->purpose != NULL && m->purpose->may_object, OBJECTS);
	say(m, c->facts.related || c->facts.contract, RELATED);
}

static void
consent_of(struct model *m, const struct model_case *c)
{
	const struct decision_consent *k = &c->facts.consent;

	say(m, k->state != CONSENT_NONE, ANY_CONSENT);
	say(m, k->state == CONSENT_GIVEN || k->state == CONSENT_RENEWED, IN_FORCE);
	say(m, k->state == CONSENT_WITHDRAWN || k->state == CONSENT_REVOKED, WITHDRAWN);
	say(m, k->state == CONSENT_EXPIRED, EXPIRED);
	say(m, k->logged, LOGGED);
	say(m, k->from_us <= c->req.now_us, BEGUN);
	say(m, k->until_us > c->req.now_us, NOT_OVER);
	say(m, k->by_representative, REPRESENTED);
	say(m, k->representative_valid, MANDATE);
	say(m, m->purpose != NULL && k->purpose_version == m->purpose->version, SAME_VERSION);
	say(m, k->covers_category, HAS_CATEGORY);
	say(m, str_is(c->req.action, "read") ? (k->actions & 1) != 0 : (k->actions & 2) != 0, HAS_ACTION);
}

static bool
within(const struct limits_range *asked, bool limited, int64_t from_us, int64_t to_us)
{
	if (asked->set && asked->from_us > asked->to_us)
		return false;
	return !limited || (asked->set && from_us <= asked->from_us && asked->to_us <= to_us);
}

static void
limits_of(struct model *m, const struct model_case *c)
{
	const struct decision_consent *k = &c->facts.consent;
	int64_t start = says(m, BY_CONSENT) ? k->from_us : c->req.now_us;
	int64_t end = says(m, BY_CONSENT) ? k->until_us : c->req.now_us;
	int64_t back = m->purpose != NULL ? m->purpose->back_us : 0;
	uint32_t count = m->purpose != NULL ? m->purpose->count : 0;

	say(m, within(&c->req.range, back != 0, (start - back) / DAY_US * DAY_US, end), RANGE_OF_PURPOSE);
	say(m, within(&c->req.range, k->range.set, k->range.from_us, k->range.to_us), RANGE_OF_RECORD);
	say(m, says(m, BY_GLASS) || count == 0 || c->facts.used < count, USE_LEFT);
	say(m, c->facts.acr >= assurance_needed(m), STRONG);
}

static struct model
model_of(const struct model_case *c)
{
	struct model m = { 0 };

	purpose_of(&m, c);
	roles_of(&m, c);
	basis_of(&m, c);
	person_of(&m, c);
	consent_of(&m, c);
	limits_of(&m, c);
	return m;
}

/* A refusal that only somebody the service deals with can cause; a stranger's looks like nobody's. */
static bool
gives_away(const struct model *m, enum reason r)
{
	bool about_request = r == REASON_SERVICE_SUSPENDED || r == REASON_ROLE_MISSING || r == REASON_SOD_CONFLICT ||
			     r == REASON_PURPOSE_NOT_DECLARED || r == REASON_CATEGORY_NOT_IN_PURPOSE;

	return !about_request && !reason_permits(r) && !says(m, RELATED | ANY_CONSENT);
}

static enum reason
model_reason(const struct model *m)
{
	for (size_t i = 0; i < ARRAY_LEN(table); i++)
		if ((m->is & table[i].all) == table[i].all && (m->is & table[i].none) == 0)
			return gives_away(m, table[i].reason) ? REASON_CONSENT_MISSING : table[i].reason;
	return REASON_NONE;
}

/* ---- cases ---- */

static uint64_t
draw(uint64_t *state)
{
	*state ^= *state << 13;
	*state ^= *state >> 7;
	*state ^= *state << 17;
	return *state;
}

/* True once in n. */
static bool
once_in(uint64_t *state, unsigned n)
{
	return draw(state) % n == 0;
}

/* Mostly the first, now and then any of them. */
static struct str
name_of(uint64_t *state, const char *const *names, size_t n)
{
	return str_of(once_in(state, 3) ? names[draw(state) % n] : names[0]);
}
#define NAME(state, ...)                                                                                               \
	name_of(state, (const char *const[]){ __VA_ARGS__ }, ARRAY_LEN(((const char *const[]){ __VA_ARGS__ })))

static int64_t
around(uint64_t *state, int64_t middle)
{
	static const int64_t steps[] = { 0, 1, -1, DAY_US, -DAY_US, 400 * DAY_US, -400 * DAY_US, -60 * DAY_US };

	return middle + steps[draw(state) % ARRAY_LEN(steps)];
}

static uint64_t
draw_roles(uint64_t *state, const struct policy *p, bool usual, bool set[ROLES])
{
	uint64_t bits = 0, drawn = draw(state) & draw(state);

	for (size_t i = 0; i < ROLES; i++) {
		set[i] = usual ? i == 0 : (drawn >> i & 1) != 0;
		bits |= set[i] ? policy_role(p, str_of(roles[i].id))->bit : 0;
	}
	return bits;
}

static void
draw_request(uint64_t *state, const struct policy *p, struct model_case *c)
{
	struct decision_request *r = &c->req;

	*r = (struct decision_request){
		.caller = STR("client"),
		.subject = STR("client"),
		.service = once_in(state, 4)
			       ? STR("svc_c")
			       : NAME(state, "svc_a", "svc_b", "svc_off", "svc_tax", "svc_v", "svc_nobody", ""),
		.action = NAME(state, "read", "verify", "verify", "store", "collect", "assist-consent", "break-glass",
			       "fly", ""),
		.category = NAME(state, "income", "family", "health", "contacts", "shoes", ""),
		.purpose = NAME(state, "check", "care", "free", "curiosity", ""),
		.has_operator = !once_in(state, 6),
		.names_roles = once_in(state, 4),
		.unknown_role = once_in(state, 40),
		.emergency = once_in(state, 2),
		.break_glass = once_in(state, 6),
		.now_us = around(state, NOW),
	};
	r->unknown_role = r->unknown_role && r->names_roles;
	r->range.set = !once_in(state, 8);
	r->range.from_us = around(state, NOW - 30 * DAY_US);
	r->range.to_us = around(state, NOW - DAY_US);
	if (r->names_roles)
		r->named_roles = draw_roles(state, p, once_in(state, 2), c->named);
}

static void
draw_consent(uint64_t *state, struct decision_consent *k)
{
	*k = (struct decision_consent){
		.state = once_in(state, 3) ? (enum consent_state)(draw(state) % (CONSENT_STATES + 1)) : CONSENT_GIVEN,
		.from_us = once_in(state, 4) ? around(state, NOW) : NOW - DAY_US,
		.until_us = once_in(state, 4) ? around(state, NOW) : NOW + DAY_US,
		.logged = !once_in(state, 10),
		.log_index = draw(state) >> 1,
		.record_id = STR("record"),
		.ctag = STR("ctag"),
		.purpose_version = once_in(state, 10) ? (unsigned)(draw(state) % 4) : 3,
		.covers_category = !once_in(state, 10),
		.actions = once_in(state, 10) ? (uint32_t)draw(state) & 3 : 3,
		.by_representative = once_in(state, 4),
		.representative_valid = once_in(state, 2),
		.range = { once_in(state, 8), around(state, NOW - 60 * DAY_US), around(state, NOW) },
	};
}

static void
draw_facts(uint64_t *state, const struct policy *p, struct model_case *c)
{
	c->facts = (struct decision_facts){
		.known = !once_in(state, 12),
		.active = !once_in(state, 12),
		.dead = once_in(state, 3),
		.related = once_in(state, 2),
		.restricted = once_in(state, 12),
		.objection = once_in(state, 8),
		.service_active = !once_in(state, 12),
		.operator_is_person = once_in(state, 12),
		.acr = once_in(state, 2) ? 3 : (unsigned)(draw(state) % 4),
		.contract = once_in(state, 2),
		.contract_index = draw(state) >> 1,
		.contract_ctag = STR("contract's"),
		.contract_until_us = around(state, NOW + 60 * SECOND_US),
		.break_glass_open = !once_in(state, 4),
		.break_glass_until_us = around(state, NOW + 60 * SECOND_US),
		.used = once_in(state, 3) ? draw(state) % 4 : 0,
	};
	c->facts.operator_roles = draw_roles(state, p, once_in(state, 2), c->operator_role);
	draw_consent(state, &c->facts.consent);
	if (str_is(c->req.purpose, "care") || str_is(c->req.purpose, "free"))
		c->facts.consent.purpose_version = once_in(state, 10) ? 3 : 1;
}

/* An emergency that has a chance: left to the dice, hardly one would pass all that it must. */
static void
draw_emergency(uint64_t *state, const struct policy *p, struct model_case *c)
{
	c->req.category = NAME(state, "health", "contacts", "income", "family", "family");
	if (!once_in(state, 4))
		c->facts.operator_roles =
		    policy_role(p, str_is(c->req.category, "family") ? STR("guard") : STR("chief"))->bit;
	for (size_t i = 0; i < ROLES; i++)
		c->operator_role[i] = (c->facts.operator_roles & policy_role(p, str_of(roles[i].id))->bit) != 0;
}

static struct model_case
draw_case(uint64_t *state, const struct policy *p)
{
	struct model_case c = { 0 };

	draw_request(state, p, &c);
	draw_facts(state, p, &c);
	if (c.req.break_glass)
		draw_emergency(state, p, &c);
	return c;
}

/* ---- agreement ---- */

static int64_t
least(int64_t a, int64_t b)
{
	return a < b ? a : b;
}

static uint32_t
obligations_of(const struct model *m, const struct model_case *c)
{
	uint32_t all = OBLIGATION_CONFIRM | (m->purpose->view ? OBLIGATION_NO_STORE : OBLIGATION_DESTROY);

	if (str_is(c->req.action, "verify"))
		all |= OBLIGATION_YES_NO;
	if (says(m, BY_GLASS) || says(m, BY_VITAL))
		all |= OBLIGATION_TELL_PERSON;
	return says(m, BY_GLASS) ? all | OBLIGATION_REVIEW : all;
}

static void
expect_permit(const struct model *m, const struct model_case *c, const struct decision *got, unsigned number)
{
	int64_t short_life = c->req.now_us + (m->service->volunteers ? 60 * SECOND_US : DECISION_TTL_US);
	bool limited = !says(m, BY_GLASS) && m->purpose->count != 0;

	cr_assert_eq(got->obligations, obligations_of(m, c), "case %u: %x, the model says %x", number, got->obligations,
		     obligations_of(m, c));
	if (says(m, BY_CONSENT)) {
		cr_assert_eq(got->log_index, c->facts.consent.log_index, "case %u", number);
		cr_assert_eq(got->valid_until_us, least(short_life, c->facts.consent.until_us), "case %u", number);
	} else if (says(m, BY_GLASS)) {
		cr_assert_eq(got->basis, BASIS_BREAK_GLASS, "case %u", number);
		cr_assert_eq(got->valid_until_us, least(short_life, c->facts.break_glass_until_us), "case %u", number);
	} else {
		cr_assert_eq(got->basis, m->rule->basis, "case %u", number);
		cr_assert(str_is(got->basis_ref, m->rule->ref), "case %u", number);
		if (says(m, BY_CONTRACT)) {
			cr_assert_eq(got->log_index, c->facts.contract_index, "case %u", number);
			cr_assert(str_eq(got->ctag, c->facts.contract_ctag), "case %u", number);
			short_life = least(short_life, c->facts.contract_until_us);
		}
		cr_assert_eq(got->valid_until_us, short_life, "case %u", number);
	}
	cr_assert_eq(got->limited, limited, "case %u", number);
	cr_assert_eq(got->remaining, limited ? m->purpose->count - c->facts.used - 1 : 0, "case %u", number);
}

static void
expect_same(const struct policy *p, const struct model_case *c, unsigned number, unsigned seen[REASON_COUNT])
{
	struct model m = model_of(c);
	enum reason want = model_reason(&m);
	struct decision got;

	EXPECT_OK(decision_evaluate(p, &c->req, &c->facts, &got));
	cr_assert(got.reason == want, "case %u: %s, the model says %s (conditions %llx)", number,
		  reason_name(got.reason), reason_name(want), (unsigned long long)m.is);
	cr_assert_eq(got.permit, want >= REASON_CONSENT_VALID && want <= REASON_BREAK_GLASS, "case %u", number);
	if (got.permit)
		expect_permit(&m, c, &got, number);
	if (want == REASON_ACR_TOO_LOW)
		cr_assert_eq(got.acr_needed, assurance_needed(&m), "case %u", number);
	seen[want]++;
}

Test(decision_model, a_million_cases_come_out_as_the_table_says)
{
	struct policy *p = model_policy();
	unsigned seen[REASON_COUNT] = { 0 };
	uint64_t state = SEED;

	for (unsigned i = 0; i < CASES; i++) {
		struct model_case c = draw_case(&state, p);

		expect_same(p, &c, i, seen);
	}
	/* A generator that never gets somewhere shows nothing about it. */
	for (unsigned r = REASON_CONSENT_VALID; r < REASON_LOG_UNAVAILABLE; r++)
		cr_assert_gt(seen[r], CASES / 10000, "%s came out %u times", reason_name((enum reason)r), seen[r]);
	policy_unref(p);
}
