/* backchannel: when a client that did not listen is called again. */
#include "authd/oauth/backchannel.h"

#include <criterion/criterion.h>

Test(backchannel, the_wait_grows_from_seconds_to_an_hour_and_no_further)
{
	int64_t before = 0;

	for (int i = 1; i <= 6; i++) {
		cr_assert_gt(backchannel_delay_us(i), before);
		before = backchannel_delay_us(i);
	}
	cr_assert_eq(backchannel_delay_us(1), INT64_C(5000000));
	cr_assert_eq(backchannel_delay_us(6), INT64_C(3600000000));
	cr_assert_eq(backchannel_delay_us(1000), INT64_C(3600000000));
}

Test(backchannel, a_count_that_cannot_be_waits_the_shortest_time)
{
	cr_assert_eq(backchannel_delay_us(0), backchannel_delay_us(1));
	cr_assert_eq(backchannel_delay_us(-1), backchannel_delay_us(1));
}
