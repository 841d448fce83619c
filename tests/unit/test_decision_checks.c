/* Each check on its own. */
#include "tests/unit/decision_fixture.h"

Test(decision_checks, an_unknown_or_suspended_service_is_suspended)
{
	CLEANUP(drop) struct situation s = permitted();

	s.req.service = STR("svc_nobody");
	EXPECT_REASON(REASON_SERVICE_SUSPENDED, &s);
	cr_assert_null(s.got.service);
	s.req.service = STR("svc_off");
	EXPECT_REASON(REASON_SERVICE_SUSPENDED, &s);
}

Test(decision_checks, a_role_must_permit_action_and_category_for_this_purpose)
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

Test(decision_checks, a_service_is_the_ceiling_for_its_operators)
{
	CLEANUP(drop) struct situation s = permitted();

	/* helper may verify income for check, but does not work through svc_a. */
	s.facts.operator_roles = bit(s.p, "helper");
	s.req.action = STR("verify");
	EXPECT_REASON(REASON_ROLE_MISSING, &s);
}

Test(decision_checks, an_inherited_role_counts)
{
	CLEANUP(drop) struct situation s = permitted();

	s.facts.operator_roles = bit(s.p, "chief");
	EXPECT_REASON(REASON_CONSENT_VALID, &s);
	s.req.names_roles = true;
	s.req.named_roles = bit(s.p, "clerk");
	EXPECT_REASON(REASON_CONSENT_VALID, &s);
}

Test(decision_checks, only_roles_that_are_held_may_be_named)
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

Test(decision_checks, without_an_operator_the_roles_of_the_service_count)
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

Test(decision_checks, duties_that_exclude_each_other_are_a_conflict)
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

Test(decision_checks, nobody_looks_at_their_own_file_or_at_that_of_whom_they_represent)
{
	CLEANUP(drop) struct situation s = permitted();

	s.facts.operator_is_person = true;
	EXPECT_REASON(REASON_SOD_CONFLICT, &s);
}

Test(decision_checks, a_purpose_must_be_declared_by_this_service)
{
	CLEANUP(drop) struct situation s = permitted();

	s.req.service = STR("svc_b");
	EXPECT_REASON(REASON_PURPOSE_NOT_DECLARED, &s);
	cr_assert_not_null(s.got.purpose);
}

Test(decision_checks, towards_a_stranger_unknown_and_not_consented_look_the_same)
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
Test(decision_checks, whatever_the_basis_a_refusal_tells_a_stranger_nothing)
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

/* A service that tries its officials against a list of people would learn whose child or ward each is. */
Test(decision_checks, whose_relative_an_official_is_is_told_to_no_stranger)
{
	CLEANUP(drop) struct situation s = permitted();
	struct decision unknown = { 0 };
	static const struct {
		const char *category, *purpose;
	} asked[] = { { "income", "check" }, { "health", "check" }, { "income", "curiosity" } };

	for (size_t i = 0; i < ARRAY_LEN(asked); i++) {
		reset(&s);
		no_consent(&s);
		s.req.category = str_of(asked[i].category);
		s.req.purpose = str_of(asked[i].purpose);
		s.facts.known = s.facts.active = false;
		EXPECT_OK(decision_evaluate(s.p, &s.req, &s.facts, &unknown));
		s.facts.known = s.facts.active = s.facts.operator_is_person = true;
		EXPECT_OK(decision_evaluate(s.p, &s.req, &s.facts, &s.got));
		cr_assert_eq(memcmp(&unknown, &s.got, sizeof(unknown)), 0, "%zu: %s", i, reason_name(s.got.reason));
		cr_assert(!s.got.permit);
		s.facts.related = true;
		EXPECT_REASON(REASON_SOD_CONFLICT, &s);
	}
}

Test(decision_checks, a_restriction_stops_all_but_emergencies)
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

Test(decision_checks, a_disabled_person_is_restricted)
{
	CLEANUP(drop) struct situation s = permitted();

	s.facts.active = false;
	EXPECT_REASON(REASON_RESTRICTED_PERSON, &s);
}

/* Income by consent, health by a law that is about the dead when `goes_on`. */
static struct situation
after_death(bool goes_on)
{
	CLEANUP(policy_maker_drop) struct policy_maker m = policy_maker_new();
	struct situation s = { 0 };

	if (goes_on)
		policy_maker_edit(&m, "purposes.yaml", "  frequency: {count: 2",
				  "  after_death: true\n  frequency: {count: 2");
	s.p = policy_maker_load(&m);
	reset(&s);
	s.facts.active = false;
	s.facts.dead = true;
	return s;
}

Test(decision_checks, after_a_death_a_law_goes_on_where_the_purpose_says_so_and_nothing_else)
{
	CLEANUP(drop) struct situation s = after_death(true), ends = after_death(false);

	EXPECT_REASON(REASON_RESTRICTED_PERSON, &s);
	s.req.category = ends.req.category = STR("health");
	EXPECT_REASON(REASON_STATUTE, &s);
	ends.facts.related = true;
	EXPECT_REASON(REASON_RESTRICTED_PERSON, &ends);
	s.facts.restricted = true;
	EXPECT_REASON(REASON_RESTRICTED_PERSON, &s);
	s.facts.restricted = s.facts.dead = false; /* an account that was shut is no death */
	EXPECT_REASON(REASON_RESTRICTED_PERSON, &s);
}

Test(decision_checks, a_law_about_the_dead_opens_nothing_of_the_living)
{
	CLEANUP(drop) struct situation s = after_death(true);

	s.req.category = STR("health");
	EXPECT_REASON(REASON_STATUTE, &s);
	s.facts.dead = false;
	s.facts.active = true;
	EXPECT_REASON(REASON_CONSENT_MISSING, &s);
	s.facts.related = true;
	EXPECT_REASON(REASON_CONSENT_MISSING, &s);
}

Test(decision_checks, after_a_death_neither_contract_nor_danger_nor_an_emergency_opens_anything)
{
	CLEANUP(drop) struct situation s = after_death(true);

	care(&s, "contacts");
	in_contract(&s);
	EXPECT_REASON(REASON_RESTRICTED_PERSON, &s);
	care(&s, "family");
	s.req.emergency = true;
	EXPECT_REASON(REASON_RESTRICTED_PERSON, &s);
}

Test(decision_checks, an_objection_counts_where_the_purpose_admits_one)
{
	CLEANUP(drop) struct situation s = permitted();

	s.facts.objection = true;
	EXPECT_REASON(REASON_OBJECTION, &s);
	care(&s, "contacts");
	in_contract(&s);
	EXPECT_REASON(REASON_CONTRACT, &s);
}

Test(decision_checks, every_other_state_of_a_consent_has_its_reason)
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

Test(decision_checks, a_consent_holds_from_its_start_to_just_before_its_end)
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

Test(decision_checks, a_representative_needs_authority_at_this_moment)
{
	CLEANUP(drop) struct situation s = permitted();

	s.facts.consent.by_representative = true;
	EXPECT_REASON(REASON_REPRESENTATIVE_INVALID, &s);
	s.facts.consent.representative_valid = true;
	EXPECT_REASON(REASON_CONSENT_VALID, &s);
}

Test(decision_checks, a_consent_covers_its_version_categories_and_actions_only)
{
	CLEANUP(drop) struct situation s = permitted();

	s.facts.consent.purpose_version = 2;
	EXPECT_REASON(REASON_CONSENT_SCOPE, &s);
	s.facts.consent.purpose_version = 3;
	s.facts.consent.actions = 1u << ACTION_VERIFY;
	EXPECT_REASON(REASON_CONSENT_SCOPE, &s);
}

Test(decision_checks, a_data_range_is_kept_at_both_ends)
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

Test(decision_checks, a_record_may_narrow_the_data_range)
{
	CLEANUP(drop) struct situation s = permitted();

	s.facts.consent.range = (struct limits_range){ true, NOW - 60 * DAY_US, NOW };
	EXPECT_REASON(REASON_LIMIT_RANGE, &s);
	s.req.range.from_us = NOW - 60 * DAY_US;
	EXPECT_REASON(REASON_CONSENT_VALID, &s);
}

Test(decision_checks, a_frequency_is_kept_and_what_remains_is_said)
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

Test(decision_checks, a_window_of_the_frequency_starts_with_the_consent)
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

Test(decision_checks, assurance_is_that_of_role_and_of_purpose_and_the_answer_says_which)
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
