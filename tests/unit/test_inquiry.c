/* test_inquiry.c: when an answer is due. */
#include "authd/access/inquiry.h"
#include "tests/unit/expect.h"

static int64_t
at(const char *text)
{
	int64_t us = 0;

	EXPECT_OK(clock_parse_rfc3339(str_of(text), &us));
	return us;
}

Test(inquiry, an_answer_is_due_in_ten_working_days)
{
	static const struct {
		const char *asked, *due;
	} rows[] = {
		{ "2026-11-16T10:00:00Z", "2026-11-30T10:00:00Z" }, /* Monday */
		{ "2026-11-20T23:59:59Z", "2026-12-04T23:59:59Z" }, /* Friday */
		{ "2026-11-21T10:00:00Z", "2026-12-04T10:00:00Z" }, /* Saturday: Monday is the first day */
		{ "2026-11-22T10:00:00Z", "2026-12-04T10:00:00Z" }, /* Sunday */
		{ "2026-12-24T08:00:00Z", "2027-01-07T08:00:00Z" },
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++)
		cr_expect_eq(inquiry_due_us(at(rows[i].asked)), at(rows[i].due), "%s", rows[i].asked);
}
