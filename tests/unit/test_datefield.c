/* Days as people type them into a form. */
#include "authd/access/datefield.h"

#include "tests/unit/expect.h"

static void
reads(const char *typed, const char *wanted)
{
	struct datefield d;

	EXPECT_OK(datefield_read(str_of(typed), &d));
	EXPECT_STR(str_of(wanted), str_of(d.iso));
}

static void
refuses(const char *typed)
{
	struct datefield d = { "before" };

	EXPECT_STATUS(E_INVALID, datefield_read(str_of(typed), &d));
	EXPECT_STR(STR(""), str_of(d.iso));
}

Test(datefield, takes_the_day_first_as_russia_writes_it)
{
	reads("12.09.2016", "2016-09-12");
	reads("1.9.2016", "2016-09-01");
	reads("01.9.1961", "1961-09-01");
}

Test(datefield, takes_the_international_form)
{
	reads("2016-09-12", "2016-09-12");
}

Test(datefield, forgives_spaces_around)
{
	reads("  12.09.2016\r\n", "2016-09-12");
	reads(" 2016-09-12 ", "2016-09-12");
}

Test(datefield, leaves_an_empty_field_empty)
{
	reads("", "");
	reads("  ", "");
}

Test(datefield, knows_the_calendar)
{
	reads("29.02.2016", "2016-02-29");
	refuses("29.02.2015");
	refuses("2015-02-29");
	refuses("31.04.2016");
	refuses("12.13.2016");
	refuses("0.9.2016");
	refuses("12.09.1899");
}

/* 9/12/2016 is September in one country and December in another. */
Test(datefield, guesses_nothing)
{
	refuses("12/09/2016");
	refuses("09.12.16");
	refuses("12.09");
	refuses("2016.09.12");
	refuses("12.09.2016.");
	refuses("12.09.2016.1");
	refuses("..2016");
	refuses("2016-9-12");
	refuses("2016-09-12T00:00:00Z");
	refuses("+1.09.2016");
	refuses("-1.09.2016");
	refuses(" 1 . 9 .2016");
	refuses("1a.09.2016");
	refuses("12.09.20\xd9\xa0");
	refuses("yesterday");
	refuses("вчера");
}
