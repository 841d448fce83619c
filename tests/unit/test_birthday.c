/* test_birthday.c: the first instant of the 18th birthday, wherever the child lives. */
#include "authd/access/birthday.h"

#include <pthread.h>

#include "auditlog/base/clock.h"
#include "tests/unit/expect.h"

static int64_t
at(const char *rfc3339)
{
	int64_t us = 0;

	EXPECT_OK(clock_parse_rfc3339(str_of(rfc3339), &us));
	return us;
}

static void
comes_of_age(const char *born, const char *zone, const char *wanted)
{
	int64_t us = 0;

	EXPECT_OK(birthday_of_age(str_of(born), str_of(zone), &us));
	cr_expect_eq(us, at(wanted), "%s in %s: %lld, not %s", born, zone, (long long)us, wanted);
}

/* Offsets of the eleven zones of Russia, none of which has changed its clocks since 2018. */
Test(birthday, begins_at_midnight_in_each_zone_of_russia)
{
	comes_of_age("2010-05-17", "Europe/Kaliningrad", "2028-05-17T00:00:00+02:00");
	comes_of_age("2010-05-17", "Europe/Moscow", "2028-05-17T00:00:00+03:00");
	comes_of_age("2010-05-17", "Europe/Samara", "2028-05-17T00:00:00+04:00");
	comes_of_age("2010-05-17", "Asia/Yekaterinburg", "2028-05-17T00:00:00+05:00");
	comes_of_age("2010-05-17", "Asia/Omsk", "2028-05-17T00:00:00+06:00");
	comes_of_age("2010-05-17", "Asia/Novosibirsk", "2028-05-17T00:00:00+07:00");
	comes_of_age("2010-05-17", "Asia/Irkutsk", "2028-05-17T00:00:00+08:00");
	comes_of_age("2010-05-17", "Asia/Yakutsk", "2028-05-17T00:00:00+09:00");
	comes_of_age("2010-05-17", "Asia/Vladivostok", "2028-05-17T00:00:00+10:00");
	comes_of_age("2010-05-17", "Asia/Magadan", "2028-05-17T00:00:00+11:00");
	comes_of_age("2010-05-17", "Asia/Kamchatka", "2028-05-17T00:00:00+12:00");
}

/* Moscow went from +04 to +03 on 26 October 2014, and was at +04 all year before. */
Test(birthday, follows_the_clock_of_that_day_and_not_of_today)
{
	comes_of_age("1996-10-26", "Europe/Moscow", "2014-10-26T00:00:00+04:00");
	comes_of_age("1996-10-27", "Europe/Moscow", "2014-10-27T00:00:00+03:00");
	comes_of_age("2008-03-29", "Europe/Berlin", "2026-03-29T00:00:00+01:00");
	comes_of_age("2008-03-30", "Europe/Berlin", "2026-03-30T00:00:00+02:00");
	comes_of_age("2008-07-01", "Europe/Berlin", "2026-07-01T00:00:00+02:00");
	comes_of_age("2008-10-25", "Europe/Berlin", "2026-10-25T00:00:00+02:00");
	comes_of_age("2008-10-26", "Europe/Berlin", "2026-10-26T00:00:00+01:00");
	comes_of_age("2008-07-01", "Asia/Kathmandu", "2026-07-01T00:00:00+05:45");
}

Test(birthday, who_was_born_on_a_leap_day_waits_for_the_first_of_march)
{
	comes_of_age("2008-02-29", "Europe/Moscow", "2026-03-01T00:00:00+03:00");
	comes_of_age("2004-02-29", "Asia/Yakutsk", "2022-03-01T00:00:00+09:00");
	comes_of_age("2008-02-28", "Europe/Moscow", "2026-02-28T00:00:00+03:00");
	comes_of_age("1982-02-28", "Europe/Moscow", "2000-02-28T00:00:00+03:00");
	/* 1882 would have a leap day in 1900: no. 2082 → 2100: no. */
	comes_of_age("2080-02-29", "UTC", "2098-03-01T00:00:00Z");
}

/* São Paulo put its clocks from 00:00 to 01:00 on 4 November 2018; Havana put them back at 01:00 to 00:00 on 1 November
 * 2026: midnight comes twice; Apia had no 30 December 2011 at all. */
Test(birthday, begins_with_the_first_instant_that_day_has)
{
	comes_of_age("2000-11-04", "America/Sao_Paulo", "2018-11-04T01:00:00-02:00");
	comes_of_age("2008-11-01", "America/Havana", "2026-11-01T00:00:00-04:00");
	comes_of_age("1993-12-30", "Pacific/Apia", "2011-12-31T00:00:00+14:00");
}

Test(birthday, is_refused_for_what_is_no_date_or_no_zone)
{
	static const char *const dates[] = { "",           "2010-5-17",  "2010-02-30", "2009-02-29",
					     "1900-02-29", "2010-13-01", "2010-00-10", "2010-01-00",
					     "2010-04-31", "1899-12-31", "17.05.2010", "2010-05-17T00:00:00Z",
					     "2010-05-1x", "-010-05-17" };
	static const char *const zones[] = { "",
					     "MSK",
					     "GMT+3",
					     "Etc/GMT-3",
					     "+03:00",
					     "Europe/Nowhere",
					     "europe moscow",
					     "../../etc/passwd",
					     "Europe/Moscow\n" };
	int64_t us = 7;

	for (size_t i = 0; i < ARRAY_LEN(dates); i++)
		EXPECT_STATUS(E_INVALID, birthday_of_age(str_of(dates[i]), STR("Europe/Moscow"), &us));
	for (size_t i = 0; i < ARRAY_LEN(zones); i++) {
		EXPECT_STATUS(E_INVALID, birthday_of_age(STR("2010-05-17"), str_of(zones[i]), &us));
		cr_expect(!birthday_zone_known(str_of(zones[i])), "%s", zones[i]);
	}
	cr_assert_eq(us, 7);
	cr_assert(birthday_zone_known(STR("Asia/Yekaterinburg")));
}

/* ---- threads ---- */

static void *
reckon(void *arg)
{
	const char *zone = arg;
	int64_t first = 0, us = 0;

	EXPECT_OK(birthday_of_age(STR("2010-05-17"), str_of(zone), &first));
	for (int i = 0; i < 500; i++) {
		EXPECT_OK(birthday_of_age(STR("2010-05-17"), str_of(zone), &us));
		cr_assert_eq(us, first);
	}
	return NULL;
}

/* The machine's own zone, and what other threads reckon meanwhile, change nothing. */
Test(birthday, is_the_same_whatever_other_threads_reckon)
{
	static char zones[4][32] = { "Asia/Kamchatka", "Europe/Kaliningrad", "America/Sao_Paulo", "UTC" };
	pthread_t threads[4];

	setenv("TZ", "Pacific/Apia", 1);
	for (size_t i = 0; i < 4; i++)
		cr_assert(pthread_create(&threads[i], NULL, reckon, zones[i]) == 0);
	for (size_t i = 0; i < 4; i++)
		pthread_join(threads[i], NULL);
	comes_of_age("2010-05-17", "Asia/Kamchatka", "2028-05-17T00:00:00+12:00");
}
