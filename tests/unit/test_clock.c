#include "auditlog/base/clock.h"

#include <time.h>

#include "tests/unit/expect.h"

Test(clock, both_clocks_go_forward)
{
	int64_t mono = clock_mono_us(), now = clock_now_us();

	cr_assert_gt(now, INT64_C(1600000000) * SECOND_US);
	cr_assert_geq(clock_mono_us(), mono);
}

static const struct {
	int64_t us;
	const char *text;
} times[] = {
	{ 0, "1970-01-01T00:00:00.000000Z" },
	{ 1, "1970-01-01T00:00:00.000001Z" },
	{ INT64_C(951782400000000), "2000-02-29T00:00:00.000000Z" },
	{ INT64_C(1795301659123456), "2026-11-21T22:54:19.123456Z" },
	{ INT64_C(4107542399999999), "2100-02-28T23:59:59.999999Z" },
	{ INT64_C(4107542400000000), "2100-03-01T00:00:00.000000Z" },
	{ INT64_C(253402300799999999), "9999-12-31T23:59:59.999999Z" },
};

Test(clock, times_both_ways)
{
	for (size_t i = 0; i < ARRAY_LEN(times); i++) {
		CLEANUP(buf_clear) struct buf b = BUF(CLOCK_RFC3339_LEN);
		int64_t us;

		clock_put_rfc3339(&b, times[i].us);
		EXPECT_BUF(times[i].text, &b);
		EXPECT_OK(clock_parse_rfc3339(str_of(times[i].text), &us));
		cr_assert_eq(us, times[i].us);
	}
}

Test(clock, every_day_of_a_thousand_years_agrees_with_the_c_library)
{
	for (int64_t day = 0; day < 365 * 1000; day++) {
		CLEANUP(buf_clear) struct buf b = BUF(32);
		time_t t = (time_t)(day * 86400 + 86399);
		char want[32];
		struct tm tm;
		int64_t us;

		cr_assert_not_null(gmtime_r(&t, &tm));
		cr_assert_eq(strftime(want, sizeof(want), "%Y-%m-%dT%H:%M:%SZ", &tm), 20U);
		clock_put_rfc3339_seconds(&b, (int64_t)t * SECOND_US);
		EXPECT_BUF(want, &b);
		EXPECT_OK(clock_parse_rfc3339(buf_str(&b), &us));
		cr_assert_eq(us, (int64_t)t * SECOND_US);
	}
}

Test(clock, offsets_fractions_and_bare_dates)
{
	static const struct {
		const char *text, *same;
	} pairs[] = {
		{ "2026-12-10T10:42:03+03:00", "2026-12-10T07:42:03Z" },
		{ "2026-12-10T10:42:03-03:30", "2026-12-10T14:12:03Z" },
		{ "2026-12-10T10:42:03.5Z", "2026-12-10T10:42:03.500000Z" },
		{ "2026-12-10T10:42:03.123456789Z", "2026-12-10T10:42:03.123456Z" },
		{ "2027-01-01", "2027-01-01T00:00:00Z" },
		{ "1970-01-01T03:00:00+03:00", "1970-01-01T00:00:00Z" },
	};

	for (size_t i = 0; i < ARRAY_LEN(pairs); i++) {
		int64_t a, b;

		EXPECT_OK(clock_parse_rfc3339(str_of(pairs[i].text), &a));
		EXPECT_OK(clock_parse_rfc3339(str_of(pairs[i].same), &b));
		cr_assert_eq(a, b, "%s", pairs[i].text);
	}
}

Test(clock, malformed_times_are_refused)
{
	static const char *const bad[] = {
		"",
		"2026",
		"2026-12",
		"2026-12-1",
		"2026-13-01",
		"2026-00-01",
		"2026-02-29",
		"2026-04-31",
		"2026-12-00",
		"2026-12-10T",
		"2026-12-10T10:42",
		"2026-12-10T10:42:03",
		"2026-12-10T24:00:00Z",
		"2026-12-10T10:60:00Z",
		"2026-12-10T10:42:60Z",
		"2026-12-10T10:42:03.Z",
		"2026-12-10T10:42:03.1234567890Z",
		"2026-12-10 10:42:03Z",
		"2026-12-10t10:42:03Z",
		"2026-12-10T10:42:03z",
		"2026-12-10T10:42:03+3:00",
		"2026-12-10T10:42:03+0300",
		"2026-12-10T10:42:03+24:00",
		"2026-12-10T10:42:03+03:60",
		"2026-12-10T10:42:03ZZ",
		" 2026-12-10",
		"2026-12-10 ",
		"+2026-12-10",
		"1969-12-31T23:59:59Z",
		"1970-01-01T00:00:00+00:01",
		"9999-12-31T23:59:59-00:01",
		"2100-02-29",
		"20261210",
		"2026-W01-1",
	};

	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		int64_t us;
		enum status st = clock_parse_rfc3339(str_of(bad[i]), &us);

		cr_assert_eq(st, E_INVALID, "%s gives %s", bad[i], status_name(st));
	}
}

Test(clock, what_cannot_be_printed_is_clamped)
{
	CLEANUP(buf_clear) struct buf b = BUF(64);

	clock_put_rfc3339(&b, -1);
	clock_put_rfc3339(&b, INT64_MAX);
	EXPECT_BUF("1970-01-01T00:00:00.000000Z9999-12-31T23:59:59.999999Z", &b);
}

Test(clock, months_are_in_utc)
{
	CLEANUP(buf_clear) struct buf b = BUF(64);

	clock_put_month(&b, INT64_C(1795301659123456));
	clock_put_month(&b, 31 * DAY_US - 1);
	clock_put_month(&b, 31 * DAY_US);
	EXPECT_BUF("2026-111970-011970-02", &b);
}

Test(clock, durations)
{
	static const struct {
		const char *text;
		int64_t us;
	} good[] = {
		{ "PT1S", SECOND_US },
		{ "PT10M", 600 * SECOND_US },
		{ "PT1H", 3600 * SECOND_US },
		{ "P1D", DAY_US },
		{ "P2W", 14 * DAY_US },
		{ "P1M", 30 * DAY_US },
		{ "P3Y", 3 * 365 * DAY_US },
		{ "P1Y2M3W4DT5H6M7S", (365 + 60 + 21 + 4) * DAY_US + (5 * 3600 + 6 * 60 + 7) * SECOND_US },
		{ "P0D", 0 },
		{ "P100Y", 36500 * DAY_US },
	};

	for (size_t i = 0; i < ARRAY_LEN(good); i++) {
		int64_t us;

		EXPECT_OK(clock_parse_duration(str_of(good[i].text), &us));
		cr_assert_eq(us, good[i].us, "%s", good[i].text);
	}
}

Test(clock, malformed_durations_are_refused)
{
	static const char *const bad[] = { "",        "P",     "PT",   "P1",      "1D",    "P1DT",         "PD",
					   "P-1D",    "P1.5D", "P1S",  "PT1D",    "P1D1Y", "P1D1D",        "PT1S1M",
					   "p1d",     "P1D ",  " P1D", "PT1HT1M", "P101Y", "P9999999999D", "P99999999Y",
					   "P100Y1D", "P1H",   "PTT1S" };

	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		int64_t us;
		enum status st = clock_parse_duration(str_of(bad[i]), &us);

		cr_assert_eq(st, E_INVALID, "%s gives %s", bad[i], status_name(st));
	}
}
