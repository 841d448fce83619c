#include "authd/policy/purpose.h"

#include "tests/unit/policy_maker.h"

#define NOW (INT64_C(1796000000) * SECOND_US)

Test(purpose, everything_in_the_file_is_read)
{
	CLEANUP(policy_unrefp) struct policy *p = policy_maker_policy();
	const struct purpose *check = policy_purpose(p, STR("check"));

	cr_assert_eq(check->version, 3);
	cr_assert_str_eq(check->title.in[WORDS_RU], "Проверка");
	cr_assert_str_eq(check->if_refused.in[WORDS_EN], "Nothing");
	cr_assert_eq(check->rule_count, 3);
	cr_assert_eq(check->actions, action_bit(ACTION_READ) | action_bit(ACTION_VERIFY));
	cr_assert_eq(check->frequency.count, 2);
	cr_assert_eq(check->frequency.per_us, 30 * DAY_US);
	cr_assert_str_eq(check->frequency.per, "P30D");
	cr_assert_eq(check->range_back_us, 365 * DAY_US);
	cr_assert_str_eq(check->retention, "P3Y");
	cr_assert_str_eq(check->storage.item[0], "RU");
	cr_assert_str_eq(check->notice_id, "ntc_check");
}

Test(purpose, what_is_left_out_has_the_careful_default)
{
	CLEANUP(policy_unrefp) struct policy *p = policy_maker_policy();
	const struct purpose *check = policy_purpose(p, STR("check"));

	cr_assert(check->may_object);
	cr_assert(!check->automated);
	cr_assert(!check->sole_automated_decision);
	cr_assert_eq(check->acr, 0);
	cr_assert_eq(check->visibility, VISIBILITY_IMMEDIATE);
	cr_assert_str_eq(check->destroy_within, "P30D");
	cr_assert_eq(check->destroy_within_us, 30 * DAY_US);
	cr_assert_str_eq(check->data_life, "P3Y");
}

Test(purpose, the_other_values_are_read_too)
{
	CLEANUP(policy_unrefp) struct policy *p = policy_maker_policy();
	const struct purpose *care = policy_purpose(p, STR("care"));

	cr_assert(!care->may_object);
	cr_assert_eq(care->acr, 3);
	cr_assert_eq(care->mode, MODE_VIEW);
	cr_assert_eq(care->fetch, FETCH_ONCE);
	cr_assert_eq(care->frequency.count, 1);
	cr_assert_eq(care->frequency.per_us, 0);
	cr_assert_eq(care->visibility, VISIBILITY_DELAYED);
	cr_assert_eq(care->visibility_delay_us, 30 * DAY_US);
	cr_assert_str_eq(care->destroy_within, "P10D");
	cr_assert_eq(policy_purpose(p, STR("free"))->visibility, VISIBILITY_ON_CLOSE);
}

Test(purpose, every_category_has_its_one_basis)
{
	CLEANUP(policy_unrefp) struct policy *p = policy_maker_policy();
	const struct purpose *check = policy_purpose(p, STR("check")), *care = policy_purpose(p, STR("care"));
	const struct purpose_rule *health = purpose_rule_for(check, policy_category(p, STR("health")));

	cr_assert_eq(health->basis, BASIS_STATUTE);
	cr_assert_str_eq(health->ref, "law-1");
	cr_assert_eq(health->statute, policy_statute(p, STR("law-1")));
	cr_assert_eq(purpose_rule_for(check, policy_category(p, STR("income")))->basis, BASIS_CONSENT);
	cr_assert_eq(purpose_rule_for(care, policy_category(p, STR("contacts")))->basis, BASIS_CONTRACT);
	cr_assert_eq(purpose_rule_for(care, policy_category(p, STR("family")))->basis, BASIS_VITAL);
	cr_assert_null(purpose_rule_for(care, policy_category(p, STR("health"))));
	cr_assert_null(purpose_rule_for(care, NULL));
}

Test(purpose, only_roles_that_say_so_may_act_for_it)
{
	CLEANUP(policy_unrefp) struct policy *p = policy_maker_policy();
	const struct purpose *check = policy_purpose(p, STR("check"));
	const struct purpose_rule *income = purpose_rule_for(check, policy_category(p, STR("income")));
	const struct purpose_rule *health = purpose_rule_for(check, policy_category(p, STR("health")));

	cr_assert_eq(income->everywhere.roles[ACTION_READ], policy_role(p, STR("clerk"))->bit);
	cr_assert_eq(income->everywhere.roles[ACTION_VERIFY], policy_role(p, STR("helper"))->bit);
	cr_assert_eq(income->everywhere.roles[ACTION_STORE], 0);
	cr_assert_eq(income->everywhere.break_glass, 0);
	cr_assert_eq(health->everywhere.break_glass, policy_role(p, STR("chief"))->bit);
}

Test(purpose, a_data_range_begins_with_a_whole_day_and_ends_with_the_consent)
{
	CLEANUP(policy_unrefp) struct policy *p = policy_maker_policy();
	struct limits_range range = purpose_range(policy_purpose(p, STR("check")), NOW, NOW + 5 * DAY_US);

	cr_assert(range.set);
	cr_assert_eq(range.from_us % DAY_US, 0);
	cr_assert(range.from_us <= NOW - 365 * DAY_US && range.from_us > NOW - 366 * DAY_US);
	cr_assert_eq(range.to_us, NOW + 5 * DAY_US);
	cr_assert(!purpose_range(policy_purpose(p, STR("free")), NOW, NOW + DAY_US).set);
}

Test(purpose, bases_have_names)
{
	for (unsigned i = BASIS_CONSENT; i < BASIS_COUNT; i++) {
		enum basis back = BASIS_NONE;

		EXPECT_OK(basis_parse(str_of(basis_name((enum basis)i)), &back));
		cr_assert_eq((unsigned)back, i);
	}
	EXPECT_STATUS(E_NOT_FOUND, basis_parse(STR("none"), &(enum basis){ BASIS_NONE }));
	cr_assert_str_eq(basis_name(BASIS_NONE), "none");
	cr_assert_str_eq(basis_name(BASIS_COUNT), "none");
}

/* ---- limits ---- */

Test(purpose, a_frequency_counts_down_to_nothing_and_stays_there)
{
	const struct limits_frequency two = { .count = 2, .per_us = DAY_US }, none = { 0 };

	cr_assert_eq(limits_left(&two, 0), 2);
	cr_assert_eq(limits_left(&two, 1), 1);
	cr_assert_eq(limits_left(&two, 2), 0);
	cr_assert_eq(limits_left(&two, UINT64_MAX), 0);
	cr_assert_eq(limits_left(&none, UINT64_MAX), UINT32_MAX);
}

Test(purpose, a_term_is_at_most_what_the_purpose_allows)
{
	int64_t until = 0;

	EXPECT_OK(limits_until(NOW, 0, 10 * DAY_US, &until));
	cr_assert_eq(until, NOW + 10 * DAY_US);
	EXPECT_OK(limits_until(NOW, NOW + 1, 10 * DAY_US, &until));
	cr_assert_eq(until, NOW + 1);
	EXPECT_OK(limits_until(NOW, NOW + 11 * DAY_US, 10 * DAY_US, &until));
	cr_assert_eq(until, NOW + 10 * DAY_US);
	EXPECT_STATUS(E_INVALID, limits_until(NOW, NOW, 10 * DAY_US, &until));
	EXPECT_STATUS(E_INVALID, limits_until(NOW, NOW - 1, 10 * DAY_US, &until));
}

Test(purpose, sums_of_times_do_not_overflow)
{
	cr_assert_eq(limits_add(1, 2), 3);
	cr_assert_eq(limits_add(INT64_MAX, 1), limits_add(INT64_MAX, INT64_MAX));
	cr_assert_lt(limits_add(INT64_MAX, 1), INT64_C(253402300800) * SECOND_US);
	cr_assert_eq(limits_add(INT64_MIN, -1), 0);
}

Test(purpose, days_are_written_in_utc)
{
	CLEANUP(buf_clear) struct buf b = BUF(64);

	limits_put_date(&b, NOW);
	EXPECT_BUF("2026-11-30", &b);
}
