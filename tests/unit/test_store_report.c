/* Open reports: store_report. */
#include "authd/store/store_report.h"

#include "tests/unit/store_fixture.h"

static void
put(struct fixture *f, const char *month, bool complete, const char *body)
{
	const struct store_report r = {
		.month = str_of(month), .complete = complete, .body = str_of(body), .made_us = NOW
	};

	EXPECT_OK(store_report_put(f->db, &r));
}

static void
expect_kept(struct fixture *f, const char *month, bool complete, const char *body)
{
	CLEANUP(store_report_clear) struct store_report r = { 0 };

	EXPECT_OK(store_report_find(f->db, str_of(month), &r));
	cr_assert_eq(r.complete, complete);
	cr_assert(str_is(r.body, body), "%.*s", STR_ARG(r.body));
}

STORE_TEST(a_report_of_a_running_month_is_replaced_and_a_complete_one_never)
{
	CLEANUP(store_report_clear) struct store_report none = { 0 };

	EXPECT_STATUS(E_NOT_FOUND, store_report_find(f->db, STR("2026-11"), &none));
	put(f, "2026-11", false, "{\"n\":1}");
	put(f, "2026-11", false, "{\"n\":2}");
	expect_kept(f, "2026-11", false, "{\"n\":2}");
	put(f, "2026-11", true, "{\"n\":3}");
	expect_kept(f, "2026-11", true, "{\"n\":3}");
	put(f, "2026-11", true, "{\"n\":4}");
	put(f, "2026-11", false, "{\"n\":5}");
	expect_kept(f, "2026-11", true, "{\"n\":3}");
}

STORE_TEST(reports_are_listed_newest_first_and_without_their_bodies)
{
	CLEANUP(store_report_list_clear) struct store_report_list all = { 0 };

	put(f, "2026-09", true, "{}");
	put(f, "2026-11", false, "{}");
	put(f, "2026-10", true, "{}");
	EXPECT_OK(store_report_all(f->db, &all));
	cr_assert_eq(all.count, 3);
	cr_assert(str_is(all.items[0].month, "2026-11") && !all.items[0].complete);
	cr_assert(str_is(all.items[1].month, "2026-10") && all.items[1].complete);
	cr_assert(str_is(all.items[2].month, "2026-09") && all.items[2].body.n == 0);
}
