/* test_evaluation.c: before when the entry of a decision must stand in the log. */
#include <criterion/criterion.h>

#include "authd/access/evaluation_parts.h"
#include "authd/access/use.h"

#define NOW INT64_C(1800000000000000)

static struct evaluation
permit(int64_t ground_us, int64_t use_us)
{
	return (struct evaluation){ .verdict = { .permit = true, .valid_until_us = ground_us },
				    .use_until_us = use_us };
}

Test(evaluation, a_permit_stands_before_the_end_of_its_ground_in_whole_seconds)
{
	const struct evaluation e = permit(NOW + 30 * SECOND_US + 7, 0);

	cr_assert_eq(evaluation_until(&e), NOW + 30 * SECOND_US);
}

/* Else an emitter that stood still would have it counted in the next window, which has its own uses (auditlog(1)). */
Test(evaluation, a_permit_with_a_frequency_stands_no_later_than_shortly_after_its_window)
{
	const struct evaluation near = permit(NOW + 60 * SECOND_US, NOW + USE_LATE_US),
				far = permit(NOW + 60 * SECOND_US, NOW + 90 * SECOND_US);

	cr_assert_eq(evaluation_until(&near), NOW + USE_LATE_US);
	cr_assert_eq(evaluation_until(&far), NOW + 60 * SECOND_US);
}

Test(evaluation, a_refusal_and_a_dry_run_may_stand_whenever)
{
	struct evaluation e = permit(NOW, NOW);

	e.q.dry_run = true;
	cr_assert_eq(evaluation_until(&e), INT64_MAX);
	e = permit(NOW, NOW);
	e.verdict.permit = false;
	cr_assert_eq(evaluation_until(&e), INT64_MAX);
}
