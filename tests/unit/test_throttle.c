/* test_throttle.c: an address has so many wrong tries and then waits; nobody can make another address wait. */
#include <stdio.h>

#include "authd/identity/throttle.h"
#include "tests/unit/expect.h"

static void
fail_often(const char *peer, int times)
{
	for (int i = 0; i < times; i++)
		throttle_failed(peer);
}

/* A second test in the same process would find the table used: each runs in a process of its own. */

Test(throttle, an_address_without_wrong_tries_never_waits)
{
	unsigned wait_s = 77;

	for (int i = 0; i < 3 * THROTTLE_BURST; i++)
		EXPECT_OK(throttle_check("192.0.2.7", &wait_s));
	cr_assert_eq(wait_s, 77, "nothing is said of waiting");
}

Test(throttle, after_its_tries_an_address_waits)
{
	unsigned wait_s = 0;

	fail_often("192.0.2.7", THROTTLE_BURST - 1);
	EXPECT_OK(throttle_check("192.0.2.7", &wait_s));
	fail_often("192.0.2.7", 1);
	EXPECT_STATUS(E_LIMITED, throttle_check("192.0.2.7", &wait_s));
	cr_assert_geq(wait_s, 1);
	cr_assert_leq(wait_s, THROTTLE_REFILL_US / 1000000 + 1);
}

Test(throttle, attack_tries_at_the_same_moment_are_counted_before_they_are_made)
{
	unsigned wait_s = 0;
	int taken = 0;

	for (int i = 0; i < 2 * THROTTLE_BURST; i++)
		taken += throttle_take("192.0.2.7", &wait_s) == OK;
	cr_assert_eq(taken, THROTTLE_BURST, "none of them has an answer yet");
	cr_assert_geq(wait_s, 1);
}

Test(throttle, who_is_right_has_all_tries_back)
{
	unsigned wait_s;

	for (int i = 0; i < 3 * THROTTLE_BURST; i++) {
		EXPECT_OK(throttle_take("192.0.2.7", &wait_s));
		throttle_give_back("192.0.2.7");
	}
	fail_often("192.0.2.7", THROTTLE_BURST - 1);
	EXPECT_OK(throttle_take("192.0.2.7", &wait_s));
	EXPECT_STATUS(E_LIMITED, throttle_take("192.0.2.7", &wait_s));
}

Test(throttle, more_tries_wait_longer)
{
	unsigned few = 0, many = 0;

	fail_often("192.0.2.7", THROTTLE_BURST);
	EXPECT_STATUS(E_LIMITED, throttle_check("192.0.2.7", &few));
	fail_often("192.0.2.7", 100);
	EXPECT_STATUS(E_LIMITED, throttle_check("192.0.2.7", &many));
	cr_assert_gt(many, few + 100);
}

Test(throttle, other_addresses_are_not_concerned)
{
	unsigned wait_s, limited = 0;
	char peer[32];

	fail_often("192.0.2.7", 10 * THROTTLE_BURST);
	for (int i = 1; i <= 200; i++) {
		(void)snprintf(peer, sizeof(peer), "198.51.100.%d", i);
		limited += throttle_check(peer, &wait_s) != OK;
	}
	cr_assert_leq(limited, 2, "two addresses may meet in the table by chance");
}

Test(throttle, a_network_of_ipv6_is_one_address)
{
	unsigned wait_s;
	char peer[64];

	for (int i = 0; i < THROTTLE_BURST; i++) {
		(void)snprintf(peer, sizeof(peer), "2001:db8:1:2::%x", i + 1);
		throttle_failed(peer);
	}
	EXPECT_STATUS(E_LIMITED, throttle_check("2001:db8:1:2:ffff::1", &wait_s));
	EXPECT_OK(throttle_check("2001:db8:1:3::1", &wait_s));
}

Test(throttle, a_spelling_of_the_same_address_does_not_help)
{
	unsigned wait_s;

	fail_often("2001:db8::1", THROTTLE_BURST);
	EXPECT_STATUS(E_LIMITED, throttle_check("2001:0DB8:0:0::0001", &wait_s));
}

Test(throttle, how_many_tries_there_are_is_the_operators_to_say)
{
	unsigned wait_s;

	throttle_open(5);
	throttle_open(0); /* says nothing */
	fail_often("192.0.2.7", 4);
	EXPECT_OK(throttle_check("192.0.2.7", &wait_s));
	fail_often("192.0.2.7", 1);
	EXPECT_STATUS(E_LIMITED, throttle_check("192.0.2.7", &wait_s));
}

Test(throttle, accounts_wait_gently_and_never_longer_than_a_minute)
{
	int64_t before = 0;

	for (int failures = 0; failures < 5; failures++)
		cr_assert_eq(throttle_delay_us(failures), 0, "%d", failures);
	for (int failures = 5; failures < 200; failures++) {
		int64_t us = throttle_delay_us(failures);

		cr_assert_geq(us, before);
		cr_assert_leq(us, INT64_C(60000000));
		before = us;
	}
	cr_assert_eq(throttle_delay_us(5), INT64_C(1000000));
	cr_assert_eq(throttle_delay_us(INT32_MAX), INT64_C(60000000));
}
