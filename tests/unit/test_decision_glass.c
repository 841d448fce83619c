/* Breaking the glass: what it opens, for how long, and for whom. */
#include "tests/unit/decision_fixture.h"

Test(decision_glass, an_open_break_glass_permits_is_told_and_reviewed)
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

Test(decision_glass, a_long_break_glass_still_gives_short_permits)
{
	CLEANUP(drop) struct situation s = permitted();

	break_glass(&s);
	s.facts.break_glass_until_us = NOW + DAY_US;
	EXPECT_REASON(REASON_BREAK_GLASS, &s);
	cr_assert_eq(s.got.valid_until_us, NOW + DECISION_TTL_US);
}

Test(decision_glass, a_closed_or_expired_break_glass_permits_nothing)
{
	CLEANUP(drop) struct situation s = permitted();

	break_glass(&s);
	s.facts.break_glass_open = false;
	EXPECT_REASON(REASON_CONSENT_MISSING, &s);
	s.facts.break_glass_open = true;
	s.facts.break_glass_until_us = NOW;
	EXPECT_REASON(REASON_CONSENT_MISSING, &s);
}

Test(decision_glass, the_glass_is_broken_by_a_person_with_that_right_to_look_and_nothing_else)
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

Test(decision_glass, even_an_emergency_stays_inside_the_purpose)
{
	CLEANUP(drop) struct situation s = permitted();

	break_glass(&s);
	s.req.category = STR("contacts");
	EXPECT_REASON(REASON_CATEGORY_NOT_IN_PURPOSE, &s);
}
