/* What permits, and what a permit says. */
#include "authd/access/decision.h"

#include "tests/unit/decision_fixture.h"

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
