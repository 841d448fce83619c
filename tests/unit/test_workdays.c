/* test_workdays.c: terms in working days: weekends, holidays, moved days, and whose day it is. */
#include "authd/policy/workdays.h"

#include "auditlog/base/clock.h"
#include "tests/unit/policy_maker.h"

#define CALENDAR                                                                                                       \
	"version: 1\nzone: Europe/Moscow\nholidays: [2026-12-31, 2027-01-01, 2027-01-04]\nworkdays: [2026-12-26]"

static int64_t
at(const char *text)
{
	int64_t us = 0;

	EXPECT_OK(clock_parse_rfc3339(str_of(text), &us));
	return us;
}

static struct policy *
with(const char *head)
{
	CLEANUP(policy_maker_drop) struct policy_maker m = policy_maker_new();

	policy_maker_edit(&m, "bundle.yaml", "version: 1", head);
	return policy_maker_load(&m);
}

Test(workdays, a_term_ends_with_the_end_of_its_tenth_working_day)
{
	static const struct {
		const char *asked, *due;
	} rows[] = {
		{ "2026-11-16T10:00:00+03:00", "2026-12-01T00:00:00+03:00" }, /* Monday */
		{ "2026-11-20T23:59:59+03:00", "2026-12-05T00:00:00+03:00" }, /* Friday */
		{ "2026-11-20T23:59:59-03:00", "2026-12-05T00:00:00+03:00" }, /* Saturday in Moscow */
		{ "2026-11-22T10:00:00+03:00", "2026-12-05T00:00:00+03:00" }, /* Sunday */
		/* 24, 25, Saturday 26 that was moved, 28, 29, 30; then 5 to 8 January */
		{ "2026-12-23T08:00:00+03:00", "2027-01-09T00:00:00+03:00" },
	};
	CLEANUP(policy_unrefp) struct policy *p = with(CALENDAR);
	int64_t due = 0;

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		EXPECT_OK(workdays_end(p, STR("org_a"), at(rows[i].asked), 10, &due));
		cr_expect_eq(due, at(rows[i].due), "%s", rows[i].asked);
	}
}

/* The term ends with the local day, also where the clocks are changed within it, and where no midnight is at its end.
 */
Test(workdays, a_term_ends_with_the_local_day_whatever_the_clocks_do_within_it)
{
	static const struct {
		const char *zone, *asked, *due;
	} rows[] = {
		{ "Europe/Kaliningrad", "2026-11-16T23:59:59+02:00", "2026-12-01T00:00:00+02:00" },
		{ "Asia/Kamchatka", "2026-11-16T00:00:00+12:00", "2026-12-01T00:00:00+12:00" },
		{ "Asia/Kamchatka", "2026-11-15T12:00:00Z", "2026-12-01T00:00:00+12:00" }, /* Monday there already */
		{ "Europe/Berlin", "2026-10-19T10:00:00+02:00", "2026-11-03T00:00:00+01:00" },
		{ "Europe/Berlin", "2026-03-23T10:00:00+01:00", "2026-04-07T00:00:00+02:00" },
		{ "America/New_York", "2026-10-26T10:00:00-04:00", "2026-11-10T00:00:00-05:00" },
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		char head[64];
		int64_t due = 0;

		snprintf(head, sizeof(head), "version: 1\nzone: %s", rows[i].zone);
		CLEANUP(policy_unrefp) struct policy *p = with(head);

		EXPECT_OK(workdays_end(p, STR("org_a"), at(rows[i].asked), 10, &due));
		cr_expect_eq(due, at(rows[i].due), "%s in %s: %lld", rows[i].asked, rows[i].zone, (long long)due);
	}
}

Test(workdays, without_a_calendar_days_are_those_of_utc_and_weekends_are_free)
{
	CLEANUP(policy_unrefp) struct policy *p = policy_maker_policy();
	int64_t due = 0;

	EXPECT_OK(workdays_end(p, STR("nobody"), at("2026-12-30T12:00:00Z"), 2, &due));
	cr_assert_eq(due, at("2027-01-02T00:00:00Z"));
	EXPECT_STATUS(E_INVALID, workdays_end(p, STR("nobody"), 0, WORKDAYS_TERM_MOST + 1, &due));
}

Test(workdays, a_bundle_whose_calendar_is_none_is_refused)
{
	static const char *const heads[] = {
		"version: 1\nzone: MSK",
		"version: 1\nzone: [Europe/Moscow]",
		"version: 1\nholidays: [2026-02-30]",
		"version: 1\nholidays: [tomorrow]",
		"version: 1\nholidays: [2026-11-04, 2026-11-04]",
		"version: 1\nworkdays: 2026-11-07",
		"version: 1\noperator: org_nobody",
	};

	for (size_t i = 0; i < ARRAY_LEN(heads); i++) {
		CLEANUP(policy_maker_drop) struct policy_maker m = policy_maker_new();
		struct policy *p = NULL;
		struct conf_error err = { "" };

		policy_maker_edit(&m, "bundle.yaml", "version: 1", heads[i]);
		cr_expect_neq(policy_load(m.dir, &p, &err), OK, "%s", heads[i]);
		cr_expect_not_null(strstr(err.text, "bundle.yaml:"), "%s", err.text);
		policy_unref(p);
	}
}

Test(workdays, years_without_a_working_day_end_the_term_all_the_same)
{
	CLEANUP(buf_clear) struct buf head = BUF(1 << 16);
	CLEANUP(policy_unrefp) struct policy *p = NULL;
	int64_t due = 0, from = at("2026-01-01T00:00:00Z");

	buf_put_cstr(&head, "version: 1\nholidays:");
	for (int64_t day = 0; day < WORKDAYS_NAMED_MOST; day++) {
		buf_put_cstr(&head, "\n  - ");
		clock_put_rfc3339(&head, from + day * DAY_US);
		head.n =
		    str_find_char(buf_str(&head), '\0') < head.n ? head.n : head.n - (sizeof("T00:00:00.000000Z") - 1);
	}
	buf_put_char(&head, '\0');
	EXPECT_OK(buf_status(&head));
	p = with(head.p);
	EXPECT_OK(workdays_end(p, STR("org_a"), from, 10, &due));
	cr_assert(due > from + WORKDAYS_NAMED_MOST * DAY_US);
}
