#include "auditlog/tool/filter.h"

#include "tests/unit/expect.h"

static struct entry_view
sample(void)
{
	return (struct entry_view){ .time_us = INT64_C(1795300000000000),
				    .entry = { .event = ENTRY_ACCESS_DECIDED,
					       .by = { .service = STR("svc_tax") },
					       .about = { { .tag = STR("k3mZk3mZk3mZk3mZk3mZkw") } },
					       .about_count = 1,
					       .purpose = STR("eligibility/3") } };
}

static bool
matches(struct filter f)
{
	struct entry_view v = sample();

	cr_assert_eq(filter_ready(&f, "test"), -1);
	return filter_match(&f, &v);
}

Test(filter, nothing_asked_matches_everything)
{
	cr_assert(matches((struct filter){ 0 }));
}

Test(filter, each_question_is_answered_by_its_own_member)
{
	static const struct {
		struct filter filter;
		bool want;
	} rows[] = {
		{ { .event = "access.decided" }, true },
		{ { .event = "access.outcome" }, false },
		{ { .event = "access.*" }, true },
		{ { .event = "consent.*" }, false },
		{ { .service = "svc_tax" }, true },
		{ { .service = "svc_ta" }, false },
		{ { .purpose = "eligibility/3" }, true },
		{ { .purpose = "eligibility" }, true },
		{ { .purpose = "eligibility/4" }, false },
		{ { .purpose = "elig" }, false },
		{ { .tag = "k3mZk3mZk3mZk3mZk3mZkw" }, true },
		{ { .tag = "k3mZk3mZk3mZk3mZk3mZkx" }, false },
		{ { .from = "2026-11-21" }, true },
		{ { .from = "2026-11-21T22:26:40Z" }, true },
		{ { .from = "2026-11-21T22:26:41Z" }, false },
		{ { .to = "2026-11-21T22:26:40Z" }, false },
		{ { .to = "2026-11-21T22:26:41Z" }, true },
		{ { .service = "svc_tax", .event = "auth.login" }, false },
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++)
		cr_assert_eq(matches(rows[i].filter), rows[i].want, "row %zu", i);
}

Test(filter, what_can_never_match_is_a_usage_error)
{
	static const struct filter rows[] = {
		{ .event = "acess.decided" }, { .event = "" },        { .tag = "k3mZ" },
		{ .from = "yesterday" },      { .to = "2026-02-30" }, { .to = "2026-11-21 22:00" },
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct filter f = rows[i];

		cr_assert_eq(filter_ready(&f, "test"), CLI_USAGE, "row %zu", i);
	}
}
