#include "authd/access/decision.h"

#include "tests/unit/policy_maker.h"

#define NOW (INT64_C(1796000000) * SECOND_US)

/* A request that is permitted by consent; every test spoils something of it. */
struct situation {
	struct policy *p;
	struct decision_request req;
	struct decision_facts facts;
	struct decision got;
};

static uint64_t
bit(const struct policy *p, const char *role)
{
	return policy_role(p, str_of(role))->bit;
}

static void
reset(struct situation *s)
{
	s->req = (struct decision_request){
		.caller = STR("client-a"),
		.subject = STR("client-a"),
		.service = STR("svc_a"),
		.action = STR("read"),
		.category = STR("income"),
		.purpose = STR("check"),
		.has_operator = true,
		.now_us = NOW,
		.range = { true, NOW - 90 * DAY_US, NOW - 30 * DAY_US },
	};
	s->facts = (struct decision_facts){
		.known = true,
		.active = true,
		.service_active = true,
		.acr = 2,
		.operator_roles = bit(s->p, "clerk"),
		.consent = { .state = CONSENT_GIVEN,
			     .from_us = NOW - DAY_US,
			     .until_us = NOW + 10 * DAY_US,
			     .logged = true,
			     .log_index = 4711,
			     .record_id = STR("record"),
			     .ctag = STR("ctag"),
			     .purpose_version = 3,
			     .covers_category = true,
			     .actions = 1u << ACTION_READ },
	};
}

static struct situation
permitted(void)
{
	struct situation s = { .p = policy_maker_policy() };

	reset(&s);
	return s;
}

static void
drop(struct situation *s)
{
	policy_unref(s->p);
}

static enum reason
decide(struct situation *s)
{
	EXPECT_OK(decision_evaluate(s->p, &s->req, &s->facts, &s->got));
	cr_assert_eq(s->got.permit, reason_permits(s->got.reason));
	if (!s->got.permit) {
		cr_assert_eq(s->got.basis, BASIS_NONE);
		cr_assert_eq(s->got.obligations, 0);
		cr_assert_eq(s->got.valid_until_us, 0);
	}
	return s->got.reason;
}

#define EXPECT_REASON(want, s)                                                                                         \
	do {                                                                                                           \
		enum reason got_ = decide(s);                                                                          \
		cr_assert(got_ == (want), "%s, not %s", reason_name(got_), reason_name(want));                         \
	} while (0)

/* ---- what a permit says ---- */

Test(decision, a_valid_consent_permits_and_is_cited)
{
	CLEANUP(drop) struct situation s = permitted();

	EXPECT_REASON(REASON_CONSENT_VALID, &s);
	cr_assert_eq(s.got.basis, BASIS_CONSENT);
	cr_assert_eq(s.got.log_index, 4711);
	EXPECT_STR(STR("record"), s.got.record_id);
	EXPECT_STR(STR("ctag"), s.got.ctag);
	cr_assert_eq(s.got.basis_ref.n, 0);
	cr_assert_str_eq(s.got.purpose->id, "check");
	cr_assert_str_eq(s.got.category->id, "income");
	cr_assert_str_eq(s.got.service->id, "svc_a");
	cr_assert_eq(s.got.action, ACTION_READ);
	cr_assert_eq(s.got.roles, bit(s.p, "clerk"));
	cr_assert_eq(s.got.obligations, OBLIGATION_CONFIRM | OBLIGATION_DESTROY);
	cr_assert_eq(s.got.valid_until_us, NOW + DECISION_TTL_US);
	cr_assert(s.got.limited);
	cr_assert_eq(s.got.remaining, 1);
}

Test(decision, a_verification_obliges_to_answer_yes_or_no)
{
	CLEANUP(policy_maker_drop) struct policy_maker m = policy_maker_new();
	CLEANUP(drop) struct situation s = { 0 };

	policy_maker_edit(&m, "roles.yaml", "{action: read, categories: [income, family, health], for: [check]}",
			  "{action: verify, categories: [income], for: [check]}");
	s.p = policy_maker_load(&m);
	reset(&s);
	s.req.action = STR("verify");
	s.facts.consent.actions = action_bit(ACTION_VERIFY);
	EXPECT_REASON(REASON_CONSENT_VALID, &s);
	cr_assert_eq(s.got.obligations, OBLIGATION_CONFIRM | OBLIGATION_DESTROY | OBLIGATION_YES_NO);
}

/* ---- regions and organisations ---- */

/* svc_a works in org_a, svc_c in org_dc, svc_v in an organisation of no region. */
static struct situation
in_regions(const char *limited)
{
	CLEANUP(policy_maker_drop) struct policy_maker m = policy_maker_new();
	CLEANUP(buf_clear) struct buf permission = BUF(256);
	struct situation s = { 0 };

	policy_maker_edit(
	    &m, "organisations.yaml", "[org_dc]}\n- {id: org_dc, name: {ru: ЦОД, en: DC}, kind: state,",
	    "[org_dc], region: RU-SPE}\n- {id: org_dc, name: {ru: ЦОД, en: DC}, kind: state, region: RU-TA,");
	policy_maker_edit(
	    &m, "services.yaml", "- {id: svc_b,",
	    "- {id: svc_c, title: {ru: Е, en: F}, organisation: org_dc, roles: [clerk], purposes: [check]}\n"
	    "- {id: svc_b,");
	buf_printf(&permission, "{action: read, categories: [income, family, health], for: [check], %s}", limited);
	buf_put_char(&permission, '\0');
	policy_maker_edit(&m, "roles.yaml", "{action: read, categories: [income, family, health], for: [check]}",
			  permission.p);
	s.p = policy_maker_load(&m);
	reset(&s);
	return s;
}

static void
expect_where(const char *limited, enum reason at_a, enum reason at_c)
{
	CLEANUP(drop) struct situation s = in_regions(limited);

	EXPECT_REASON(at_a, &s);
	s.req.service = STR("svc_c");
	EXPECT_REASON(at_c, &s);
}

Test(decision, a_permission_of_a_region_holds_there_alone)
{
	expect_where("regions: [RU-SPE]", REASON_CONSENT_VALID, REASON_ROLE_MISSING);
	expect_where("regions: [RU-TA]", REASON_ROLE_MISSING, REASON_CONSENT_VALID);
	expect_where("regions: [RU]", REASON_CONSENT_VALID, REASON_CONSENT_VALID);
}

Test(decision, a_permission_of_an_organisation_holds_there_alone_and_either_limit_is_enough)
{
	expect_where("organisations: [org_a]", REASON_CONSENT_VALID, REASON_ROLE_MISSING);
	expect_where("organisations: [org_a], regions: [RU-TA]", REASON_CONSENT_VALID, REASON_CONSENT_VALID);
}

/* ---- check by check ---- */

struct traced {
	const char *check[16];
	enum reason outcome[16];
	size_t n;
};

static void
take_step(void *ctx, const char *check, enum reason outcome)
{
	struct traced *t = ctx;

	cr_assert_lt(t->n, ARRAY_LEN(t->check));
	t->check[t->n] = check;
	t->outcome[t->n++] = outcome;
}

static const char *const order[] = { "service", "role",  "separation", "purpose",
				     "person",  "basis", "limits",     "assurance" };

static void
expect_traced(struct situation *s, const char *refused_by, enum reason want)
{
	struct traced t = { 0 };
	struct decision told;

	EXPECT_OK(decision_trace(s->p, &s->req, &s->facts, take_step, &t, &told));
	EXPECT_REASON(want, s);
	cr_assert_eq(told.reason, want);
	cr_assert_eq(told.permit, s->got.permit);
	for (size_t i = 0; i < t.n; i++) {
		cr_assert_str_eq(t.check[i], order[i]);
		cr_assert_eq(t.outcome[i], i + 1 == t.n && refused_by != NULL ? want : REASON_NONE);
	}
	cr_assert(refused_by != NULL ? strcmp(t.check[t.n - 1], refused_by) == 0 : t.n == ARRAY_LEN(order));
}

Test(decision, told_check_by_check_it_is_the_same_decision_and_ends_where_it_was_refused)
{
	CLEANUP(drop) struct situation s = permitted();

	expect_traced(&s, NULL, REASON_CONSENT_VALID);
	s.facts.acr = 1;
	expect_traced(&s, "assurance", REASON_ACR_TOO_LOW);
	s.req.range.set = false;
	expect_traced(&s, "limits", REASON_LIMIT_RANGE);
	s.facts.consent.state = CONSENT_WITHDRAWN;
	expect_traced(&s, "basis", REASON_CONSENT_WITHDRAWN);
	s.facts.restricted = true;
	expect_traced(&s, "person", REASON_RESTRICTED_PERSON);
	s.facts.operator_is_person = true;
	expect_traced(&s, "separation", REASON_SOD_CONFLICT);
	s.facts.service_active = false;
	expect_traced(&s, "service", REASON_SERVICE_SUSPENDED);
}

Test(decision, a_renewed_consent_permits_too)
{
	CLEANUP(drop) struct situation s = permitted();

	s.facts.consent.state = CONSENT_RENEWED;
	EXPECT_REASON(REASON_CONSENT_VALID, &s);
}

Test(decision, a_permit_never_outlives_the_consent)
{
	CLEANUP(drop) struct situation s = permitted();

	s.facts.consent.until_us = NOW + 1;
	EXPECT_REASON(REASON_CONSENT_VALID, &s);
	cr_assert_eq(s.got.valid_until_us, NOW + 1);
}

Test(decision, a_statute_permits_without_consent_and_is_cited)
{
	CLEANUP(drop) struct situation s = permitted();

	s.req.category = STR("health");
	s.facts.consent = (struct decision_consent){ 0 };
	EXPECT_REASON(REASON_STATUTE, &s);
	cr_assert_eq(s.got.basis, BASIS_STATUTE);
	EXPECT_STR(STR("law-1"), s.got.basis_ref);
	cr_assert_eq(s.got.record_id.n, 0);
	cr_assert_eq(s.got.ctag.n, 0);
	cr_assert_eq(s.got.log_index, 0);
}

/* At the purpose `care`: acr 3, once, only to look. */
static void
care(struct situation *s, const char *category)
{
	s->req.purpose = STR("care");
	s->req.category = str_of(category);
	s->facts.acr = 3;
	s->facts.consent.purpose_version = 1;
}

static void
in_contract(struct situation *s)
{
	s->facts.contract = true;
	s->facts.contract_index = 815;
	s->facts.contract_ctag = STR("contract's");
	s->facts.contract_until_us = NOW + 60 * SECOND_US;
}

Test(decision, a_contract_permits_while_it_is_in_force)
{
	CLEANUP(drop) struct situation s = permitted();

	care(&s, "contacts");
	EXPECT_REASON(REASON_CONSENT_MISSING, &s);
	in_contract(&s);
	EXPECT_REASON(REASON_CONTRACT, &s);
	EXPECT_STR(STR("care"), s.got.basis_ref);
	EXPECT_STR(STR("contract's"), s.got.ctag);
	cr_assert_eq(s.got.log_index, 815);
	cr_assert_eq(s.got.valid_until_us, NOW + 60 * SECOND_US, "no longer than the contract");
	cr_assert_eq(s.got.obligations, OBLIGATION_CONFIRM | OBLIGATION_NO_STORE);
}

Test(decision, vital_interest_permits_only_in_a_declared_emergency)
{
	CLEANUP(drop) struct situation s = permitted();

	care(&s, "family");
	EXPECT_REASON(REASON_CONSENT_MISSING, &s);
	s.req.emergency = true;
	EXPECT_REASON(REASON_VITAL_INTEREST, &s);
	cr_assert(s.got.obligations & OBLIGATION_TELL_PERSON);
	cr_assert(!(s.got.obligations & OBLIGATION_REVIEW));
}

Test(decision, without_limits_nothing_remains_to_be_said)
{
	CLEANUP(drop) struct situation s = permitted();

	s.req.purpose = STR("free");
	s.req.category = STR("contacts");
	s.req.range = (struct limits_range){ 0 };
	s.facts.consent.purpose_version = 1;
	s.facts.used = 1000000;
	EXPECT_REASON(REASON_CONSENT_VALID, &s);
	cr_assert(!s.got.limited);
	cr_assert_eq(s.got.remaining, 0);
}

/* ---- breaking the glass ---- */

static void
break_glass(struct situation *s)
{
	s->req.category = STR("health");
	s->req.break_glass = true;
	s->facts.operator_roles = bit(s->p, "chief");
	s->facts.break_glass_open = true;
	s->facts.break_glass_until_us = NOW + 60 * SECOND_US;
	s->facts.used = 1000;
}

Test(decision, an_open_break_glass_permits_is_told_and_reviewed)
{
	CLEANUP(drop) struct situation s = permitted();

	break_glass(&s);
	EXPECT_REASON(REASON_BREAK_GLASS, &s);
	cr_assert_eq(s.got.basis, BASIS_BREAK_GLASS);
	cr_assert_eq(s.got.valid_until_us, NOW + 60 * SECOND_US);
	cr_assert_eq(s.got.obligations,
		     OBLIGATION_CONFIRM | OBLIGATION_DESTROY | OBLIGATION_TELL_PERSON | OBLIGATION_REVIEW);
	cr_assert(!s.got.limited);
	cr_assert_eq(s.got.basis_ref.n, 0);
}

Test(decision, a_long_break_glass_still_gives_short_permits)
{
	CLEANUP(drop) struct situation s = permitted();

	break_glass(&s);
	s.facts.break_glass_until_us = NOW + DAY_US;
	EXPECT_REASON(REASON_BREAK_GLASS, &s);
	cr_assert_eq(s.got.valid_until_us, NOW + DECISION_TTL_US);
}

Test(decision, a_closed_or_expired_break_glass_permits_nothing)
{
	CLEANUP(drop) struct situation s = permitted();

	break_glass(&s);
	s.facts.break_glass_open = false;
	EXPECT_REASON(REASON_CONSENT_MISSING, &s);
	s.facts.break_glass_open = true;
	s.facts.break_glass_until_us = NOW;
	EXPECT_REASON(REASON_CONSENT_MISSING, &s);
}

Test(decision, the_glass_is_broken_by_a_person_with_that_right_to_look_and_nothing_else)
{
	CLEANUP(drop) struct situation s = permitted();

	break_glass(&s);
	s.facts.operator_roles = bit(s.p, "clerk");
	EXPECT_REASON(REASON_ROLE_MISSING, &s);
	break_glass(&s);
	s.req.has_operator = false;
	EXPECT_REASON(REASON_ROLE_MISSING, &s);
	s.req.has_operator = true;
	s.req.action = STR("verify");
	EXPECT_REASON(REASON_ROLE_MISSING, &s);
	s.req.action = STR("read");
	s.req.category = STR("income");
	EXPECT_REASON(REASON_ROLE_MISSING, &s);
	s.req.category = STR("health");
	s.req.service = STR("svc_b");
	EXPECT_REASON(REASON_ROLE_MISSING, &s);
	s.req.service = STR("svc_a");
	EXPECT_REASON(REASON_BREAK_GLASS, &s);
}

Test(decision, even_an_emergency_stays_inside_the_purpose)
{
	CLEANUP(drop) struct situation s = permitted();

	break_glass(&s);
	s.req.category = STR("contacts");
	EXPECT_REASON(REASON_CATEGORY_NOT_IN_PURPOSE, &s);
}

/* ---- the order of the checks ---- */

static void
no_service(struct situation *s)
{
	s->facts.service_active = false;
}
static void
no_role(struct situation *s)
{
	s->req.names_roles = s->req.unknown_role = true;
}
static void
own_file(struct situation *s)
{
	s->facts.operator_is_person = true;
}
static void
other_purpose(struct situation *s)
{
	s->req.purpose = STR("curiosity");
}
static void
other_category(struct situation *s)
{
	s->req.category = STR("contacts");
}
static void
nobody(struct situation *s)
{
	s->facts.known = false;
}
static void
restricted(struct situation *s)
{
	s->facts.restricted = true;
}
static void
objected(struct situation *s)
{
	s->facts.objection = true;
}
static void
withdrawn(struct situation *s)
{
	s->facts.consent.state = CONSENT_WITHDRAWN;
}
static void
not_logged(struct situation *s)
{
	s->facts.consent.logged = false;
}
static void
ended(struct situation *s)
{
	s->facts.consent.until_us = NOW;
}
static void
no_authority(struct situation *s)
{
	s->facts.consent.by_representative = true;
}
static void
not_ticked(struct situation *s)
{
	s->facts.consent.covers_category = false;
}
static void
too_old(struct situation *s)
{
	s->req.range.from_us = NOW - 400 * DAY_US;
}
static void
used_up(struct situation *s)
{
	s->facts.used = 2;
}
static void
weak(struct situation *s)
{
	s->facts.acr = 1;
}

/* In the order of the contract. */
static const struct fault {
	void (*spoil)(struct situation *s);
	enum reason reason;
} faults[] = {
	{ no_service, REASON_SERVICE_SUSPENDED },
	{ no_role, REASON_ROLE_MISSING },
	{ own_file, REASON_SOD_CONFLICT },
	{ other_purpose, REASON_PURPOSE_NOT_DECLARED },
	{ other_category, REASON_CATEGORY_NOT_IN_PURPOSE },
	{ nobody, REASON_CONSENT_MISSING },
	{ restricted, REASON_RESTRICTED_PERSON },
	{ objected, REASON_OBJECTION },
	{ withdrawn, REASON_CONSENT_WITHDRAWN },
	{ not_logged, REASON_CONSENT_MISSING },
	{ ended, REASON_CONSENT_EXPIRED },
	{ no_authority, REASON_REPRESENTATIVE_INVALID },
	{ not_ticked, REASON_CONSENT_SCOPE },
	{ too_old, REASON_LIMIT_RANGE },
	{ used_up, REASON_LIMIT_FREQUENCY },
	{ weak, REASON_ACR_TOO_LOW },
};

Test(decision, of_two_faults_the_earlier_check_speaks)
{
	CLEANUP(drop) struct situation s = permitted();

	for (size_t i = 0; i < ARRAY_LEN(faults); i++) {
		for (size_t k = i; k < ARRAY_LEN(faults); k++) {
			reset(&s);
			faults[k].spoil(&s);
			faults[i].spoil(&s);
			cr_assert_eq(decide(&s), faults[i].reason, "faults %zu and %zu: %s", i, k,
				     reason_name(s.got.reason));
		}
	}
}

Test(decision, of_any_set_of_faults_the_earliest_speaks_and_only_none_permits)
{
	CLEANUP(drop) struct situation s = permitted();

	for (unsigned set = 0; set < 1u << ARRAY_LEN(faults); set++) {
		enum reason want = set == 0 ? REASON_CONSENT_VALID : faults[__builtin_ctz(set)].reason;

		reset(&s);
		for (unsigned i = 0; i < ARRAY_LEN(faults); i++) {
			if ((set >> i & 1) != 0)
				faults[i].spoil(&s);
		}
		EXPECT_OK(decision_evaluate(s.p, &s.req, &s.facts, &s.got));
		cr_assert(s.got.reason == want && s.got.permit == (set == 0), "set %x: %s", set,
			  reason_name(s.got.reason));
	}
}

/* ---- default deny ---- */

Test(decision, a_caller_that_is_not_the_subject_gets_no_decision)
{
	CLEANUP(drop) struct situation s = permitted();

	s.req.caller = STR("client-b");
	EXPECT_STATUS(E_DENIED, decision_evaluate(s.p, &s.req, &s.facts, &s.got));
	cr_assert(!s.got.permit);
	cr_assert_eq(s.got.reason, REASON_NONE);
	s.req.caller = s.req.subject = STR("");
	EXPECT_STATUS(E_DENIED, decision_evaluate(s.p, &s.req, &s.facts, &s.got));
}

Test(decision, nothing_known_is_nothing_permitted)
{
	CLEANUP(drop) struct situation s = permitted();
	struct decision_request only_who = { .caller = STR("c"), .subject = STR("c") };
	struct decision_facts nothing = { 0 };

	EXPECT_OK(decision_evaluate(s.p, &only_who, &nothing, &s.got));
	cr_assert_eq(s.got.reason, REASON_SERVICE_SUSPENDED);
	EXPECT_OK(decision_evaluate(s.p, &s.req, &nothing, &s.got));
	cr_assert(!s.got.permit);
}

static void
not_known(struct situation *s)
{
	s->facts.known = false;
}
static void
not_active(struct situation *s)
{
	s->facts.active = false;
}
static void
no_roles(struct situation *s)
{
	s->facts.operator_roles = 0;
}
static void
no_acr(struct situation *s)
{
	s->facts.acr = 0;
}
static void
no_consent(struct situation *s)
{
	s->facts.consent = (struct decision_consent){ 0 };
}
static void
no_state(struct situation *s)
{
	s->facts.consent.state = CONSENT_NONE;
}
static void
no_until(struct situation *s)
{
	s->facts.consent.until_us = 0;
}
static void
no_version(struct situation *s)
{
	s->facts.consent.purpose_version = 0;
}
static void
no_actions(struct situation *s)
{
	s->facts.consent.actions = 0;
}
static void
no_range(struct situation *s)
{
	s->req.range = (struct limits_range){ 0 };
}
static void
no_action(struct situation *s)
{
	s->req.action = STR("");
}
static void
no_category(struct situation *s)
{
	s->req.category = STR("");
}
static void
no_purpose(struct situation *s)
{
	s->req.purpose = (struct str){ 0 };
}
static void
no_service_name(struct situation *s)
{
	s->req.service = (struct str){ 0 };
}
static void
no_logged(struct situation *s)
{
	s->facts.consent.logged = false;
}
static void
no_coverage(struct situation *s)
{
	s->facts.consent.covers_category = false;
}

Test(decision, whatever_is_left_out_denies)
{
	static void (*const left_out[])(struct situation *) = {
		not_known,  not_active,      no_roles,  no_acr,      no_consent,  no_state,
		no_until,   no_version,      no_range,  no_action,   no_category, no_purpose,
		no_actions, no_service_name, no_logged, no_coverage, no_service,
	};
	CLEANUP(drop) struct situation s = permitted();

	for (size_t i = 0; i < ARRAY_LEN(left_out); i++) {
		reset(&s);
		left_out[i](&s);
		(void)decide(&s);
		cr_assert(!s.got.permit, "number %zu permits", i);
	}
}

/* ---- each check on its own ---- */

Test(decision, an_unknown_or_suspended_service_is_suspended)
{
	CLEANUP(drop) struct situation s = permitted();

	s.req.service = STR("svc_nobody");
	EXPECT_REASON(REASON_SERVICE_SUSPENDED, &s);
	cr_assert_null(s.got.service);
	s.req.service = STR("svc_off");
	EXPECT_REASON(REASON_SERVICE_SUSPENDED, &s);
}

Test(decision, a_role_must_permit_action_and_category_for_this_purpose)
{
	CLEANUP(drop) struct situation s = permitted();

	s.req.action = STR("verify");
	EXPECT_REASON(REASON_ROLE_MISSING, &s);
	s.req.action = STR("assist-consent");
	EXPECT_REASON(REASON_ROLE_MISSING, &s);
	cr_assert_eq(s.got.action, ACTION_COUNT);
	s.req.action = STR("read");
	s.req.category = STR("shoe-size");
	EXPECT_REASON(REASON_ROLE_MISSING, &s);
	cr_assert_null(s.got.category);
}

Test(decision, a_service_is_the_ceiling_for_its_operators)
{
	CLEANUP(drop) struct situation s = permitted();

	/* helper may verify income for check, but does not work through svc_a. */
	s.facts.operator_roles = bit(s.p, "helper");
	s.req.action = STR("verify");
	EXPECT_REASON(REASON_ROLE_MISSING, &s);
}

Test(decision, an_inherited_role_counts)
{
	CLEANUP(drop) struct situation s = permitted();

	s.facts.operator_roles = bit(s.p, "chief");
	EXPECT_REASON(REASON_CONSENT_VALID, &s);
	s.req.names_roles = true;
	s.req.named_roles = bit(s.p, "clerk");
	EXPECT_REASON(REASON_CONSENT_VALID, &s);
}

Test(decision, only_roles_that_are_held_may_be_named)
{
	CLEANUP(drop) struct situation s = permitted();

	s.req.names_roles = true;
	s.req.named_roles = bit(s.p, "clerk") | bit(s.p, "chief");
	EXPECT_REASON(REASON_ROLE_MISSING, &s);
	s.req.named_roles = 0;
	EXPECT_REASON(REASON_ROLE_MISSING, &s);
	s.req.named_roles = bit(s.p, "clerk");
	EXPECT_REASON(REASON_CONSENT_VALID, &s);
}

Test(decision, without_an_operator_the_roles_of_the_service_count)
{
	CLEANUP(drop) struct situation s = permitted();

	s.req.has_operator = false;
	s.req.names_roles = true;
	s.req.named_roles = bit(s.p, "clerk");
	s.facts.operator_roles = 0;
	s.facts.operator_is_person = true;
	EXPECT_REASON(REASON_CONSENT_VALID, &s);
	/* All that it has at once are two desks that exclude each other. */
	s.req.names_roles = false;
	EXPECT_REASON(REASON_SOD_CONFLICT, &s);
}

Test(decision, duties_that_exclude_each_other_are_a_conflict)
{
	CLEANUP(drop) struct situation s = permitted();
	uint64_t clerk = bit(s.p, "clerk");

	s.facts.operator_roles = clerk | bit(s.p, "author") | bit(s.p, "approver");
	EXPECT_REASON(REASON_SOD_CONFLICT, &s);
	s.facts.operator_roles = clerk | bit(s.p, "author");
	EXPECT_REASON(REASON_CONSENT_VALID, &s);
	s.facts.operator_roles = clerk | bit(s.p, "desk-a") | bit(s.p, "desk-b");
	EXPECT_REASON(REASON_SOD_CONFLICT, &s);
	s.req.names_roles = true;
	s.req.named_roles = clerk | bit(s.p, "desk-a");
	EXPECT_REASON(REASON_CONSENT_VALID, &s);
}

Test(decision, nobody_looks_at_their_own_file_or_at_that_of_whom_they_represent)
{
	CLEANUP(drop) struct situation s = permitted();

	s.facts.operator_is_person = true;
	EXPECT_REASON(REASON_SOD_CONFLICT, &s);
}

Test(decision, a_purpose_must_be_declared_by_this_service)
{
	CLEANUP(drop) struct situation s = permitted();

	s.req.service = STR("svc_b");
	EXPECT_REASON(REASON_PURPOSE_NOT_DECLARED, &s);
	cr_assert_not_null(s.got.purpose);
}

Test(decision, towards_a_stranger_unknown_and_not_consented_look_the_same)
{
	CLEANUP(drop) struct situation s = permitted();
	struct decision unknown = { 0 };

	no_consent(&s);
	s.facts.known = s.facts.active = false;
	EXPECT_REASON(REASON_CONSENT_MISSING, &s);
	unknown = s.got;
	s.facts.known = s.facts.active = true;
	EXPECT_REASON(REASON_CONSENT_MISSING, &s);
	cr_assert_eq(memcmp(&unknown, &s.got, sizeof(unknown)), 0);

	/* Nor does a restriction or an objection give a person away. */
	s.facts.restricted = s.facts.objection = true;
	s.facts.active = false;
	EXPECT_REASON(REASON_CONSENT_MISSING, &s);
	cr_assert_eq(memcmp(&unknown, &s.got, sizeof(unknown)), 0);
	s.facts.related = true;
	EXPECT_REASON(REASON_RESTRICTED_PERSON, &s);
}

/* A permit by statute says that the person exists; no refusal does. */
Test(decision, whatever_the_basis_a_refusal_tells_a_stranger_nothing)
{
	CLEANUP(drop) struct situation s = permitted();
	struct decision unknown = { 0 };

	no_consent(&s);
	s.req.category = STR("health");
	EXPECT_REASON(REASON_STATUTE, &s);
	s.facts.known = s.facts.active = false;
	EXPECT_REASON(REASON_CONSENT_MISSING, &s);
	unknown = s.got;
	s.facts.known = true;
	for (unsigned i = 0; i < 4; i++) {
		s.facts.active = i != 0;
		s.facts.restricted = i == 1;
		s.facts.objection = i == 2;
		s.facts.acr = i == 3 ? 0 : 2;
		EXPECT_REASON(REASON_CONSENT_MISSING, &s);
		cr_assert_eq(memcmp(&unknown, &s.got, sizeof(unknown)), 0, "%u", i);
	}
	s.facts.related = true;
	EXPECT_REASON(REASON_ACR_TOO_LOW, &s);
}

Test(decision, a_restriction_stops_all_but_emergencies)
{
	CLEANUP(drop) struct situation s = permitted();

	s.facts.related = s.facts.restricted = true;
	EXPECT_REASON(REASON_RESTRICTED_PERSON, &s);
	s.req.category = STR("health");
	EXPECT_REASON(REASON_RESTRICTED_PERSON, &s);
	care(&s, "contacts");
	in_contract(&s);
	EXPECT_REASON(REASON_RESTRICTED_PERSON, &s);
	care(&s, "family");
	s.req.emergency = true;
	EXPECT_REASON(REASON_VITAL_INTEREST, &s);
}

Test(decision, a_disabled_person_is_restricted)
{
	CLEANUP(drop) struct situation s = permitted();

	s.facts.active = false;
	EXPECT_REASON(REASON_RESTRICTED_PERSON, &s);
}

Test(decision, an_objection_counts_where_the_purpose_admits_one)
{
	CLEANUP(drop) struct situation s = permitted();

	s.facts.objection = true;
	EXPECT_REASON(REASON_OBJECTION, &s);
	care(&s, "contacts");
	in_contract(&s);
	EXPECT_REASON(REASON_CONTRACT, &s);
}

Test(decision, every_other_state_of_a_consent_has_its_reason)
{
	static const struct {
		enum consent_state state;
		enum reason reason;
	} rows[] = {
		{ CONSENT_REQUESTED, REASON_CONSENT_MISSING },   { CONSENT_REFUSED, REASON_CONSENT_MISSING },
		{ CONSENT_DEFERRED, REASON_CONSENT_MISSING },    { CONSENT_INVALIDATED, REASON_CONSENT_MISSING },
		{ CONSENT_WITHDRAWN, REASON_CONSENT_WITHDRAWN }, { CONSENT_REVOKED, REASON_CONSENT_WITHDRAWN },
		{ CONSENT_EXPIRED, REASON_CONSENT_EXPIRED },     { CONSENT_STATES, REASON_CONSENT_MISSING },
	};
	CLEANUP(drop) struct situation s = permitted();

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		s.facts.consent.state = rows[i].state;
		EXPECT_REASON(rows[i].reason, &s);
	}
}

Test(decision, a_consent_holds_from_its_start_to_just_before_its_end)
{
	CLEANUP(drop) struct situation s = permitted();

	s.facts.consent.from_us = NOW + 1;
	EXPECT_REASON(REASON_CONSENT_MISSING, &s);
	s.facts.consent.from_us = NOW;
	s.facts.consent.until_us = NOW + 1;
	EXPECT_REASON(REASON_CONSENT_VALID, &s);
	s.facts.consent.until_us = NOW;
	EXPECT_REASON(REASON_CONSENT_EXPIRED, &s);
}

Test(decision, a_representative_needs_authority_at_this_moment)
{
	CLEANUP(drop) struct situation s = permitted();

	s.facts.consent.by_representative = true;
	EXPECT_REASON(REASON_REPRESENTATIVE_INVALID, &s);
	s.facts.consent.representative_valid = true;
	EXPECT_REASON(REASON_CONSENT_VALID, &s);
}

Test(decision, a_consent_covers_its_version_categories_and_actions_only)
{
	CLEANUP(drop) struct situation s = permitted();

	s.facts.consent.purpose_version = 2;
	EXPECT_REASON(REASON_CONSENT_SCOPE, &s);
	s.facts.consent.purpose_version = 3;
	s.facts.consent.actions = 1u << ACTION_VERIFY;
	EXPECT_REASON(REASON_CONSENT_SCOPE, &s);
}

Test(decision, a_data_range_is_kept_at_both_ends)
{
	CLEANUP(drop) struct situation s = permitted();
	int64_t from = s.facts.consent.from_us - 365 * DAY_US;

	/* The first day counts whole. */
	s.req.range = (struct limits_range){ true, from - from % DAY_US, s.facts.consent.until_us };
	EXPECT_REASON(REASON_CONSENT_VALID, &s);
	s.req.range.from_us -= 1;
	EXPECT_REASON(REASON_LIMIT_RANGE, &s);
	s.req.range = (struct limits_range){ true, NOW, s.facts.consent.until_us + 1 };
	EXPECT_REASON(REASON_LIMIT_RANGE, &s);
	s.req.range = (struct limits_range){ true, NOW, NOW - 1 };
	EXPECT_REASON(REASON_LIMIT_RANGE, &s);
}

Test(decision, a_record_may_narrow_the_data_range)
{
	CLEANUP(drop) struct situation s = permitted();

	s.facts.consent.range = (struct limits_range){ true, NOW - 60 * DAY_US, NOW };
	EXPECT_REASON(REASON_LIMIT_RANGE, &s);
	s.req.range.from_us = NOW - 60 * DAY_US;
	EXPECT_REASON(REASON_CONSENT_VALID, &s);
}

Test(decision, a_frequency_is_kept_and_what_remains_is_said)
{
	CLEANUP(drop) struct situation s = permitted();

	s.facts.used = 1;
	EXPECT_REASON(REASON_CONSENT_VALID, &s);
	cr_assert_eq(s.got.remaining, 0);
	s.facts.used = 2;
	EXPECT_REASON(REASON_LIMIT_FREQUENCY, &s);
	s.facts.used = UINT64_MAX;
	EXPECT_REASON(REASON_LIMIT_FREQUENCY, &s);
}

Test(decision, a_window_of_the_frequency_starts_with_the_consent)
{
	CLEANUP(drop) struct situation s = permitted();
	const struct purpose *check = policy_purpose(s.p, STR("check"));
	const struct purpose *once = policy_purpose(s.p, STR("care"));

	cr_assert_eq(decision_window(check, NOW, NOW), NOW);
	cr_assert_eq(decision_window(check, NOW, NOW + 30 * DAY_US - 1), NOW);
	cr_assert_eq(decision_window(check, NOW, NOW + 30 * DAY_US), NOW + 30 * DAY_US);
	cr_assert_eq(decision_window(check, NOW, NOW - 1), NOW);
	cr_assert_eq(decision_window(once, NOW, NOW + 1000 * DAY_US), NOW);
}

Test(decision, assurance_is_that_of_role_and_of_purpose_and_the_answer_says_which)
{
	CLEANUP(drop) struct situation s = permitted();

	s.facts.acr = 1;
	EXPECT_REASON(REASON_ACR_TOO_LOW, &s);
	cr_assert_eq(s.got.acr_needed, 2);
	care(&s, "income");
	s.facts.acr = 2;
	EXPECT_REASON(REASON_ACR_TOO_LOW, &s);
	cr_assert_eq(s.got.acr_needed, 3);
	s.facts.acr = 3;
	EXPECT_REASON(REASON_CONSENT_VALID, &s);
	s.facts.acr = 99;
	EXPECT_REASON(REASON_CONSENT_VALID, &s);
}

/* ---- reasons ---- */

Test(decision, every_reason_has_a_name_and_words_for_both_sides)
{
	for (unsigned i = 0; i < REASON_COUNT; i++) {
		enum reason r = (enum reason)i, back = REASON_NONE;

		for (unsigned lang = 0; lang < WORDS_LANGS; lang++) {
			cr_assert_gt(strlen(reason_for_operator(r, (enum words_lang)lang)), 10);
			cr_assert_gt(strlen(reason_for_person(r, (enum words_lang)lang)), 10);
		}
		if (r == REASON_NONE)
			continue;
		EXPECT_OK(reason_parse(str_of(reason_name(r)), &back));
		cr_assert_eq(back, r);
	}
	EXPECT_STATUS(E_NOT_FOUND, reason_parse(STR("none"), &(enum reason){ REASON_NONE }));
	EXPECT_STATUS(E_NOT_FOUND, reason_parse(STR("because"), &(enum reason){ REASON_NONE }));
	cr_assert_str_eq(reason_name(REASON_COUNT), "none");
	cr_assert(!reason_permits(REASON_COUNT));
}

Test(decision, exactly_five_reasons_permit)
{
	unsigned permits = 0;

	for (unsigned i = 0; i < REASON_COUNT; i++)
		permits += reason_permits((enum reason)i);
	cr_assert_eq(permits, 5);
	for (unsigned i = REASON_CONSENT_VALID; i <= REASON_BREAK_GLASS; i++)
		cr_assert(reason_permits((enum reason)i));
}
