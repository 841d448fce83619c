/* test_rate.c: a service asks as often as its row of the policy says, in whatever pieces. */
#include "authd/access/rate.h"

#include <limits.h>

#include "auditlog/base/clock.h"
#include "tests/unit/expect.h"

/* The table is the process's own, and each test has a process. */

#define START (INT64_C(100) * SECOND_US)

static const struct service five = { .id = "svc_five", .rate_count = 5, .rate_per_us = 60 * SECOND_US };

static size_t
served(const struct service *s, size_t tries, size_t each, int64_t at)
{
	size_t n = 0;
	unsigned wait_s;

	for (size_t i = 0; i < tries; i++)
		n += rate_spend(s, each, at, &wait_s) == OK;
	return n;
}

Test(rate, as_many_as_the_rate_says_and_no_more)
{
	unsigned wait_s = 77;

	cr_assert_eq(served(&five, 50, 1, START), 5);
	EXPECT_STATUS(E_LIMITED, rate_spend(&five, 1, START, &wait_s));
	cr_assert_leq(wait_s, 13);
	cr_assert_geq(wait_s, 12);
}

Test(rate, they_come_back_one_by_one_and_never_more_than_all)
{
	cr_assert_eq(served(&five, 50, 1, START), 5);
	cr_assert_eq(served(&five, 50, 1, START + 12 * SECOND_US), 1);
	cr_assert_eq(served(&five, 50, 1, START + 37 * SECOND_US), 2);
	cr_assert_eq(served(&five, 50, 1, START + 36000 * SECOND_US), 5);
}

Test(rate, a_batch_is_so_many_questions)
{
	cr_assert_eq(served(&five, 50, 50, START), 1, "the first is let in, and then waited for");
	cr_assert_eq(served(&five, 50, 1, START + 540 * SECOND_US), 0);
	cr_assert_eq(served(&five, 50, 1, START + 552 * SECOND_US), 1);
}

Test(rate, one_service_takes_nothing_from_another)
{
	const struct service other = { .id = "svc_other", .rate_count = 5, .rate_per_us = 60 * SECOND_US };

	cr_assert_eq(served(&five, 50, 1, START), 5);
	cr_assert_eq(served(&other, 50, 1, START), 5);
}

Test(rate, without_a_rate_there_is_no_bound_and_the_operator_may_open_it)
{
	const struct service free_one = { .id = "svc_free" };

	cr_assert_eq(served(&free_one, 10000, 50, START), 10000);
	rate_open(100);
	rate_open(0); /* says nothing */
	cr_assert_eq(served(&five, 10000, 1, START), 500);
	cr_assert_eq(rate_times(7), 700);
	cr_assert_eq(rate_times(INT_MAX), INT_MAX);
}
