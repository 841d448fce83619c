#include "authd/store/store_limit.h"

#include "authd/store/store_person.h"
#include "tests/unit/consent_rows.h"

static const struct store_limit of_record = { .record_id = STR("rec1"),
					      .window_start_us = NOW,
					      .window_end_us = NOW + DAY_US };
static const struct store_limit of_purpose = { .sub = STR("sub_a"),
					       .service = STR("svc_a"),
					       .purpose = STR("aid"),
					       .window_start_us = NOW,
					       .window_end_us = NOW + DAY_US };

static enum status
use_record_once(struct store *db, int number UNUSED)
{
	return store_limit_take(db, &of_record, 3, NULL);
}

static enum status
use_purpose_once(struct store *db, int number UNUSED)
{
	return store_limit_take(db, &of_purpose, 3, NULL);
}

static void
expect_three_of(struct fixture *f, const struct store_limit *l, const enum status *results)
{
	int64_t used;

	cr_assert_eq(count_status(results, OK), 3);
	cr_assert_eq(count_status(results, E_LIMITED), RACERS - 3);
	EXPECT_OK(store_limit_used(f->db, l, &used));
	cr_assert_eq(used, 3);
}

STORE_TEST(a_limit_is_never_passed_whoever_races)
{
	enum status results[RACERS];

	race(f, use_record_once, results);
	expect_three_of(f, &of_record, results);
}

STORE_TEST(a_limit_without_a_consent_is_never_passed_either)
{
	enum status results[RACERS];

	add_person(f, "sub_a");
	race(f, use_purpose_once, results);
	expect_three_of(f, &of_purpose, results);
}

STORE_TEST(uses_of_one_person_service_and_purpose_are_nobody_elses)
{
	struct store_limit other = of_purpose;
	int64_t used;

	add_person(f, "sub_a");
	add_person(f, "sub_b");
	EXPECT_OK(store_limit_take(f->db, &of_purpose, 1, NULL));
	EXPECT_STATUS(E_LIMITED, store_limit_take(f->db, &of_purpose, 1, NULL));
	other.sub = STR("sub_b");
	EXPECT_OK(store_limit_take(f->db, &other, 1, NULL));
	other = of_purpose;
	other.service = STR("svc_b");
	EXPECT_OK(store_limit_take(f->db, &other, 1, NULL));
	other = of_purpose;
	other.purpose = STR("housing");
	EXPECT_OK(store_limit_take(f->db, &other, 1, NULL));
	EXPECT_OK(store_limit_give_back(f->db, &of_purpose));
	EXPECT_OK(store_limit_used(f->db, &of_purpose, &used));
	cr_assert_eq(used, 0);
	EXPECT_OK(store_limit_used(f->db, &other, &used));
	cr_assert_eq(used, 1);
}

STORE_TEST(uses_go_with_the_erased_person_and_none_come_after)
{
	int64_t used;

	add_person(f, "sub_a");
	EXPECT_OK(store_limit_take(f->db, &of_purpose, 2, NULL));
	IN_TX(f, store_person_erase(&tx, STR("sub_a"), STR(EVENT)));
	EXPECT_OK(store_limit_used(f->db, &of_purpose, &used));
	cr_assert_eq(used, 0);
	EXPECT_STATUS(E_LIMITED, store_limit_take(f->db, &of_purpose, 2, NULL));
}

/* A consent for one look is used up for ever, however often old rows are swept. */
STORE_TEST(a_use_is_forgotten_when_its_window_is_over_and_not_before)
{
	struct store_limit once = of_record;
	int64_t used;

	once.record_id = STR("rec_once");
	once.window_end_us = INT64_MAX;
	add_person(f, "sub_a");
	EXPECT_OK(store_limit_take(f->db, &of_record, 1, NULL));
	EXPECT_OK(store_limit_take(f->db, &of_purpose, 1, NULL));
	EXPECT_OK(store_limit_take(f->db, &once, 1, NULL));
	EXPECT_OK(store_sweep(f->db, NOW + DAY_US, 100, NULL));
	EXPECT_STATUS(E_LIMITED, store_limit_take(f->db, &of_record, 1, NULL));
	EXPECT_STATUS(E_LIMITED, store_limit_take(f->db, &of_purpose, 1, NULL));
	EXPECT_OK(store_sweep(f->db, NOW + 4000 * DAY_US, 100, NULL));
	EXPECT_OK(store_limit_used(f->db, &of_record, &used));
	cr_assert_eq(used, 0);
	EXPECT_OK(store_limit_used(f->db, &of_purpose, &used));
	cr_assert_eq(used, 0);
	EXPECT_STATUS(E_LIMITED, store_limit_take(f->db, &once, 1, NULL));
}

STORE_TEST(a_use_can_be_given_back_but_not_invented)
{
	struct store_limit later = of_record, none = of_record;
	int64_t used;

	later.window_start_us = NOW + DAY_US;
	none.record_id = STR("none");
	EXPECT_STATUS(E_LIMITED, store_limit_take(f->db, &of_record, 0, &used));
	EXPECT_OK(store_limit_take(f->db, &of_record, 1, &used));
	cr_assert_eq(used, 1);
	EXPECT_STATUS(E_LIMITED, store_limit_take(f->db, &of_record, 1, &used));
	EXPECT_OK(store_limit_take(f->db, &later, 1, &used));
	EXPECT_OK(store_limit_give_back(f->db, &of_record));
	EXPECT_OK(store_limit_give_back(f->db, &of_record));
	EXPECT_OK(store_limit_used(f->db, &of_record, &used));
	cr_assert_eq(used, 0);
	EXPECT_OK(store_limit_used(f->db, &none, &used));
	cr_assert_eq(used, 0);
}
