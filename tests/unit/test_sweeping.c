/* test_sweeping.c: a row that always fails holds up nobody: in the bookkeeping, and in the work at mandates that end.
 */
#include "authd/sweeping.h"

#include "auditlog/base/log.h"
#include "authd/access/mandate.h"
#include "authd/access/mandating.h"
#include "authd/http/worker.h"
#include "authd/store/store_outbox.h"
#include "tests/unit/authd_maker.h"
/* Both say it for themselves; it is the same. */
#undef EXPECT_OK
#undef EXPECT_STATUS
#undef EXPECT_STR
#include "tests/unit/store_fixture.h"

#define ROWS     60
#define POISONED 45 /* more than two batches */
#define BATCH    20

/* ---- the bookkeeping ---- */

struct rows {
	enum status of[ROWS]; /* what the work at each comes to */
	bool is_done[ROWS];
	int tried;
};

/* As a sweep of the database: the oldest ones that are not done, a batch of them. */
static enum status
work_round(struct rows *r)
{
	struct sweeping s = { .work = "test.rows" };
	int left = sweeping_batch(&s, BATCH);

	for (int i = 0; i < ROWS && left > 0; i++) {
		char name[16];

		if (r->is_done[i])
			continue;
		left--;
		snprintf(name, sizeof(name), "row_%d", i);
		if (sweeping_passes(&s, str_of(name)))
			continue;
		r->tried++;
		r->is_done[i] = r->of[i] == OK;
		TRY(sweeping_done(&s, str_of(name), r->of[i]));
	}
	return OK;
}

static void
poison(struct rows *r, enum status st)
{
	for (int i = 0; i < POISONED; i++)
		r->of[i] = st;
}

Test(sweeping, rows_that_always_fail_hold_up_none_behind_them)
{
	struct rows r = { 0 };

	poison(&r, E_CORRUPT);
	for (int i = 0; i < 3; i++)
		EXPECT_OK(work_round(&r));
	for (int i = 0; i < ROWS; i++)
		cr_assert_eq(r.is_done[i], i >= POISONED, "%d", i);
	cr_assert_eq(sweeping_counters().waiting, POISONED);
	cr_assert_eq(sweeping_counters().failures, POISONED, "none was tried twice so soon");
}

Test(sweeping, a_row_that_works_again_is_forgotten)
{
	struct sweeping s = { .work = "test.rows" }, other = { .work = "test.others" };

	EXPECT_OK(sweeping_done(&s, STR("row_1"), E_CORRUPT));
	cr_assert(sweeping_passes(&s, STR("row_1")));
	cr_assert_not(sweeping_passes(&s, STR("row_2")));
	cr_assert_not(sweeping_passes(&other, STR("row_1")), "another work at a row of that name");
	cr_assert_eq(s.passed, 1);
	EXPECT_OK(sweeping_done(&s, STR("row_1"), OK));
	cr_assert_not(sweeping_passes(&s, STR("row_1")));
	cr_assert_eq(sweeping_counters().waiting, 0);
}

Test(sweeping, when_the_house_is_away_the_round_ends_and_the_next_one_begins_behind)
{
	struct rows r = { 0 };

	poison(&r, E_UNAVAILABLE);
	EXPECT_STATUS(E_UNAVAILABLE, work_round(&r));
	cr_assert_eq(r.tried, SWEEPING_AWAY_MOST);
	EXPECT_STATUS(E_UNAVAILABLE, work_round(&r));
	cr_assert_eq(r.tried, 2 * SWEEPING_AWAY_MOST);
}

Test(sweeping, more_failing_rows_than_are_remembered_are_tried_all_the_same)
{
	struct sweeping s = { .work = "test.mass" };
	char name[16];

	for (int i = 0; i < SWEEPING_ROWS_MOST + 50; i++) {
		snprintf(name, sizeof(name), "row_%d", i);
		EXPECT_OK(sweeping_done(&s, str_of(name), E_CORRUPT));
	}
	cr_assert_eq(sweeping_counters().waiting, SWEEPING_ROWS_MOST);
	cr_assert_not(sweeping_passes(&s, str_of(name)));
	cr_assert_eq(sweeping_batch(&s, 1), 1 + SWEEPING_ROWS_MOST);
}

/* ---- poisoned rows in the database ---- */

/* In force, and long over. */
static void
add_mandate(struct fixture *f, const char *id, const char *sub, int64_t until_us)
{
	const struct store_mandate m = { .mandate_id = str_of(id),
					 .sub = str_of(sub),
					 .representative = STR("sub_b"),
					 .kind = STR("guardian"),
					 .rep_id = str_of(id),
					 .purposes = STR("eligibility"),
					 .actions = MANDATE_SEE,
					 .zone = STR("Europe/Moscow"),
					 .issued_us = 1,
					 .from_us = 1,
					 .until_us = until_us,
					 .organisation = STR("org_north"),
					 .operator_id = STR("opr_1"),
					 .created_us = 1 };
	char change[120];

	IN_TX(f, store_mandate_add(&tx, &m));
	snprintf(change, sizeof(change), "UPDATE mandate SET state = 'active', log_index = 7 WHERE mandate_id = '%s'",
		 id);
	meddle(f, change);
}

static enum status
open_store(void *factory, void **ctx)
{
	struct store *db;

	TRY(store_open(str_of((const char *)factory), &db));
	*ctx = db;
	return OK;
}

static void
close_store(void *ctx)
{
	store_close(ctx);
}

static enum status
state_of(struct fixture *f, const char *id, char state[16])
{
	CLEANUP(store_mandate_clear) struct store_mandate m = { 0 };

	TRY(store_mandate_find(f->db, str_of(id), &m));
	snprintf(state, 16, "%.*s", STR_ARG(m.state));
	return OK;
}

STORE_TEST(a_mandate_whose_end_cannot_be_written_holds_up_no_other_and_stays_as_it_was)
{
	CLEANUP(authd_maker_freep) struct authd_maker *m = authd_maker_new();
	const struct worker_options workers = {
		.threads = 1, .name = "test", .open = open_store, .close = close_store, .factory = f->url
	};
	char id[16], state[16];

	EXPECT_OK(worker_pool_new(&workers, &m->authd.pool));
	add_person(f, "sub_a"); /* with a key that no authd-keyd has wrapped */
	add_person(f, "sub_b");
	add_person(f, "sub_c");
	meddle(f, "DELETE FROM person_key WHERE sub = 'sub_c'"); /* erased: nobody whose key is needed */
	for (int i = 0; i < 25; i++) {
		snprintf(id, sizeof(id), "mnd_%d", i);
		add_mandate(f, id, "sub_a", 100 + i);
	}
	add_mandate(f, "mnd_good", "sub_c", 1000);
	m->authd.config.mandate_wait_us = DAY_US;
	for (int i = 0; i < 2; i++)
		EXPECT_OK(mandating_upkeep(&m->authd, f->db));
	EXPECT_OK(state_of(f, "mnd_good", state));
	cr_assert_str_eq(state, "ended");
	EXPECT_OK(state_of(f, "mnd_0", state));
	cr_assert_str_eq(state, "active", "without its entry nothing is written down; its term is over all the same");
	cr_assert_eq(sweeping_counters().waiting, 25);
	worker_pool_free(m->authd.pool);
}
