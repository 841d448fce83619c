#include "authd/policy/role.h"

#include "tests/unit/policy_maker.h"

static uint64_t
bit(const struct policy *p, const char *role)
{
	return policy_role(p, str_of(role))->bit;
}

Test(role, inheritance_is_followed_through_every_level)
{
	CLEANUP(policy_maker_drop) struct policy_maker m = policy_maker_new();
	CLEANUP(policy_unrefp) struct policy *p = NULL;

	policy_maker_edit(&m, "roles.yaml", "- {id: desk-b, ", "- {id: desk-b, inherits: [chief, helper], ");
	p = policy_maker_load(&m);
	cr_assert_eq(policy_closure(p, bit(p, "desk-b")),
		     bit(p, "desk-b") | bit(p, "chief") | bit(p, "clerk") | bit(p, "helper"));
	cr_assert_eq(policy_role(p, STR("desk-b"))->acr, 2);
	cr_assert(policy_may(p, bit(p, "desk-b"), ACTION_ASSIST_CONSENT, 2, NULL));
}

Test(role, a_circle_of_three_is_refused)
{
	CLEANUP(policy_maker_drop) struct policy_maker m = policy_maker_new();
	CLEANUP(buf_clear) struct buf roles = BUF(1 << 16);
	struct policy *p = NULL;
	struct conf_error err = { "" };

	buf_put_cstr(&roles, policy_maker_files[4].text);
	buf_put_cstr(&roles, "- {id: x1, title: {ru: x, en: x}, inherits: [x2]}\n"
			     "- {id: x2, title: {ru: x, en: x}, inherits: [x3, clerk]}\n"
			     "- {id: x3, title: {ru: x, en: x}, inherits: [x1]}\n");
	policy_maker_put(&m, "roles.yaml", buf_str(&roles));
	EXPECT_STATUS(E_INVALID, policy_load(m.dir, &p, &err));
	cr_assert_not_null(strstr(err.text, "inherits itself"), "%s", err.text);
}

Test(role, a_role_that_was_inherited_late_still_raises_the_assurance)
{
	CLEANUP(policy_maker_drop) struct policy_maker m = policy_maker_new();
	CLEANUP(policy_unrefp) struct policy *p = NULL;

	policy_maker_edit(&m, "roles.yaml", "inherits: [clerk]", "inherits: [clerk, approver]");
	p = policy_maker_load(&m);
	cr_assert_eq(policy_role(p, STR("chief"))->acr, 3);
	cr_assert_eq(policy_roles_at(p, 2) & bit(p, "chief"), 0);
	cr_assert_neq(policy_roles_at(p, 2) & bit(p, "clerk"), 0);
	cr_assert_neq(policy_roles_at(p, 3) & bit(p, "chief"), 0);
}

Test(role, a_desk_action_needs_the_role_and_its_assurance)
{
	CLEANUP(policy_unrefp) struct policy *p = policy_maker_policy();
	bool acr_short = true;

	cr_assert(!policy_may(p, bit(p, "clerk"), ACTION_POLICY_ACTIVATE, 3, &acr_short));
	cr_assert(!acr_short);
	cr_assert(!policy_may(p, bit(p, "approver"), ACTION_POLICY_ACTIVATE, 2, &acr_short));
	cr_assert(acr_short);
	cr_assert(policy_may(p, bit(p, "approver"), ACTION_POLICY_ACTIVATE, 3, &acr_short));
	cr_assert(!acr_short);
	cr_assert(policy_may(p, bit(p, "chief"), ACTION_ASSIST_CONSENT, 2, NULL));
	cr_assert(!policy_may(p, 0, ACTION_ASSIST_CONSENT, 3, NULL));
	cr_assert(!policy_may(p, UINT64_C(0x7f), ACTION_COUNT, 3, NULL));
}

Test(role, no_data_action_is_a_desk_action)
{
	CLEANUP(policy_unrefp) struct policy *p = policy_maker_policy();

	for (unsigned a = 0; a < ACTION_ASSIST_CONSENT; a++)
		cr_assert(!policy_may(p, policy_closure(p, 0x7f), (enum action)a, 3, NULL), "%s",
			  action_name((enum action)a));
}

Test(role, names_become_a_set_and_an_unknown_one_none)
{
	CLEANUP(policy_unrefp) struct policy *p = policy_maker_policy();
	const struct str good[] = { STR("clerk"), STR("author"), STR("clerk") };
	const struct str bad[] = { STR("clerk"), STR("king") };
	uint64_t set = 1;

	EXPECT_OK(policy_roles(p, good, ARRAY_LEN(good), &set));
	cr_assert_eq(set, bit(p, "clerk") | bit(p, "author"));
	EXPECT_STATUS(E_NOT_FOUND, policy_roles(p, bad, ARRAY_LEN(bad), &set));
	cr_assert_eq(set, bit(p, "clerk") | bit(p, "author"));
	EXPECT_OK(policy_roles(p, NULL, 0, &set));
	cr_assert_eq(set, 0);
}

Test(role, separations_count_what_is_inherited)
{
	CLEANUP(policy_maker_drop) struct policy_maker m = policy_maker_new();
	CLEANUP(policy_unrefp) struct policy *p = NULL;

	policy_maker_edit(&m, "roles.yaml", "inherits: [clerk]", "inherits: [clerk, author]");
	p = policy_maker_load(&m);
	cr_assert(policy_static_ok(p, bit(p, "chief")));
	cr_assert(policy_static_ok(p, bit(p, "approver")));
	cr_assert(!policy_static_ok(p, bit(p, "chief") | bit(p, "approver")));
	cr_assert(policy_dynamic_ok(p, bit(p, "chief") | bit(p, "approver")));
	cr_assert(!policy_dynamic_ok(p, bit(p, "desk-a") | bit(p, "desk-b")));
	cr_assert(policy_static_ok(p, bit(p, "desk-a") | bit(p, "desk-b")));
}

Test(role, break_glass_terms_are_read)
{
	CLEANUP(policy_unrefp) struct policy *p = policy_maker_policy();
	const struct role *chief = policy_role(p, STR("chief"));

	cr_assert_eq(chief->break_glass_ttl_us, 3600 * SECOND_US);
	cr_assert_eq(chief->break_glass_quota, 5);
	cr_assert_eq(chief->break_glass_per_us, 30 * DAY_US);
	cr_assert_eq(chief->break_glass_review_us, DAY_US);
	cr_assert_eq(policy_role(p, STR("clerk"))->break_glass_quota, 0);
}

Test(role, an_emergency_of_more_than_a_day_is_refused)
{
	CLEANUP(policy_maker_drop) struct policy_maker day = policy_maker_new(), more = policy_maker_new();
	CLEANUP(policy_unrefp) struct policy *p = NULL;
	struct policy *none = NULL;
	struct conf_error err = { "" };

	policy_maker_edit(&day, "roles.yaml", "ttl: PT1H", "ttl: P1D");
	EXPECT_OK(policy_load(day.dir, &p, &err));
	policy_maker_edit(&more, "roles.yaml", "ttl: PT1H", "ttl: PT24H1S");
	EXPECT_STATUS(E_INVALID, policy_load(more.dir, &none, &err));
	cr_assert_not_null(strstr(err.text, "a day at most"), "%s", err.text);
}

Test(role, two_break_glass_permissions_in_one_role_are_refused)
{
	CLEANUP(policy_maker_drop) struct policy_maker m = policy_maker_new();
	struct policy *p = NULL;
	struct conf_error err = { "" };

	policy_maker_edit(&m, "roles.yaml", "  inherits: [clerk]\n  may:\n",
			  "  inherits: [clerk]\n  may:\n"
			  "    - {action: break-glass, categories: [income], ttl: PT1H, quota: {count: 1, per: P1D}, "
			  "review_within: P1D}\n");
	EXPECT_STATUS(E_INVALID, policy_load(m.dir, &p, &err));
	cr_assert_not_null(strstr(err.text, "one break-glass permission"), "%s", err.text);
}

Test(role, an_acr_value_that_is_no_level_counts_as_none)
{
	cr_assert_eq(role_acr_level(STR("2")), 2);
	cr_assert_eq(role_acr_level(STR("3")), 3);
	cr_assert_eq(role_acr_level(STR("0")), 0);
	cr_assert_eq(role_acr_level(STR("4")), 0);
	cr_assert_eq(role_acr_level(STR("02")), 0);
	cr_assert_eq(role_acr_level(STR("-1")), 0);
	cr_assert_eq(role_acr_level(STR("high")), 0);
	cr_assert_eq(role_acr_level((struct str){ 0 }), 0);
}

Test(role, every_action_has_a_name_of_its_own)
{
	for (unsigned i = 0; i < ACTION_COUNT; i++) {
		enum action back = ACTION_COUNT;

		EXPECT_OK(action_parse(str_of(action_name((enum action)i)), &back));
		cr_assert_eq((unsigned)back, i);
		cr_assert_eq(action_bit((enum action)i) != 0, i < ACTION_DATA_COUNT);
	}
	EXPECT_STATUS(E_NOT_FOUND, action_parse(STR("dance"), &(enum action){ ACTION_READ }));
	EXPECT_STATUS(E_NOT_FOUND, action_parse(STR(""), &(enum action){ ACTION_READ }));
	cr_assert_str_eq(action_name(ACTION_COUNT), "none");
}
