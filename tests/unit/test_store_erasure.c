/* store_erasure: an erasure goes forward only, and what is cut short is found again. */
#include "authd/store/store_erasure.h"
#include "authd/store/store_outbox.h"
#include "tests/unit/store_fixture.h"

#define ERASING "01a0f3b2-7c1e-7d43-9a55-2f1f0c9d7f01"
#define ERASED  "01a0f3b2-7c1e-7d43-9a55-2f1f0c9d7f02"

static struct store_erasure
erasure_of(const char *sub)
{
	return (struct store_erasure){
		.sub = str_of(sub),
		.asked_by = STR("uid-0"),
		.asked_us = NOW,
		.state = STR(STORE_ERASURE_ASKED),
		.erasing_event_id = STR(ERASING),
		.erased_event_id = STR(ERASED),
	};
}

STORE_TEST(an_erasure_goes_forward_one_step_at_a_time_and_once)
{
	struct store_erasure e = erasure_of("sub_a");
	CLEANUP(store_erasure_clear) struct store_erasure got = { 0 };

	add_person(f, "sub_a");
	IN_TX(f, store_erasure_add(&tx, &e));
	REFUSED_IN_TX(f, E_CONFLICT, store_erasure_add(&tx, &e));
	REFUSED_IN_TX(f, E_USED,
		      store_erasure_go_on(&tx, e.sub, STR(STORE_ERASURE_DESTROYED), STR(STORE_ERASURE_DONE)));
	IN_TX(f, store_erasure_go_on(&tx, e.sub, STR(STORE_ERASURE_ASKED), STR(STORE_ERASURE_DESTROYED)));
	REFUSED_IN_TX(f, E_USED,
		      store_erasure_go_on(&tx, e.sub, STR(STORE_ERASURE_ASKED), STR(STORE_ERASURE_DESTROYED)));
	EXPECT_OK(store_erasure_find(f->db, e.sub, &got));
	EXPECT_STR(STR(STORE_ERASURE_DESTROYED), got.state);
	EXPECT_STR(STR("uid-0"), got.asked_by);
	cr_assert_eq(got.erasing_index, STORE_NO_INDEX);
	EXPECT_STATUS(E_NOT_FOUND, store_erasure_find(f->db, STR("sub_x"), &got));
}

STORE_TEST(an_erasure_that_is_not_done_is_found_until_it_is)
{
	struct store_erasure e = erasure_of("sub_a");
	CLEANUP(store_erasure_list_clear) struct store_erasure_list young = { 0 };
	CLEANUP(store_erasure_list_clear) struct store_erasure_list open = { 0 };
	CLEANUP(store_erasure_list_clear) struct store_erasure_list done = { 0 };

	add_person(f, "sub_a");
	IN_TX(f, store_erasure_add(&tx, &e));
	EXPECT_OK(store_erasure_open(f->db, NOW, 10, &young));
	cr_assert_eq(young.count, 0);
	IN_TX(f, store_erasure_go_on(&tx, e.sub, STR(STORE_ERASURE_ASKED), STR(STORE_ERASURE_DESTROYED)));
	EXPECT_OK(store_erasure_open(f->db, NOW + 1, 10, &open));
	cr_assert_eq(open.count, 1);
	EXPECT_STR(STR("sub_a"), open.items[0].sub);
	IN_TX(f, store_erasure_go_on(&tx, e.sub, STR(STORE_ERASURE_DESTROYED), STR(STORE_ERASURE_DONE)));
	EXPECT_OK(store_erasure_open(f->db, NOW + 1, 10, &done));
	cr_assert_eq(done.count, 0);
}

STORE_TEST(both_entries_leave_their_place_in_the_log)
{
	struct store_erasure e = erasure_of("sub_a");
	struct store_outbox o = { .event_id = STR(ERASING),
				  .target = STR(STORE_TARGET_ERASING),
				  .target_key = STR("sub_a"),
				  .fragment = STR("{}") };
	struct store_receipt r = { .event_id = STR(ERASING), .index = 7, .leaf = "seven" };
	CLEANUP(store_erasure_clear) struct store_erasure got = { 0 };

	add_person(f, "sub_a");
	IN_TX(f, store_erasure_add(&tx, &e));
	IN_TX(f, store_outbox_add(&tx, &o));
	EXPECT_OK(store_outbox_done(f->db, &r, 1, NOW));
	o.event_id = r.event_id = STR(ERASED);
	o.target = STR(STORE_TARGET_ERASED);
	r.index = 9;
	IN_TX(f, store_outbox_add(&tx, &o));
	EXPECT_OK(store_outbox_done(f->db, &r, 1, NOW));
	EXPECT_OK(store_erasure_find(f->db, e.sub, &got));
	cr_assert_eq(got.erasing_index, 7);
	cr_assert_eq(got.erased_index, 9);
	cr_assert_eq(got.erasing_leaf.n, 32);
}

/* Whoever asks in the middle of a transaction would be told that nothing is left while the old rows still stand. */
STORE_TEST(nothing_is_scrubbed_inside_a_transaction)
{
	CLEANUP(store_abandon) struct store_tx tx = { 0 };

	EXPECT_OK(store_scrub(f->db, SECOND_US));
	EXPECT_OK(store_begin(f->db, &tx));
	EXPECT_STATUS(E_SYSTEM, store_scrub(f->db, SECOND_US));
}

/* The write-ahead file cannot be cut while somebody reads an older state: that is said, not passed over. */
Test(sqlite, a_reader_of_an_older_state_holds_up_the_scrubbing)
{
	struct fixture f = fixture_sqlite();
	CLEANUP(store_closep) struct store *reader = NULL;
	CLEANUP(store_result_drop) struct store_result *rows = NULL;

	fixture_open(&f);
	EXPECT_OK(store_open(str_of(f.url), &reader));
	EXPECT_OK(
	    reader->backend->script(reader->conn, "BEGIN; SELECT count(*) FROM person", clock_mono_us() + SECOND_US));
	add_person(&f, "sub_a");
	EXPECT_STATUS(E_BUSY, store_scrub(f.db, SECOND_US / 5));
	EXPECT_OK(reader->backend->script(reader->conn, "COMMIT", clock_mono_us() + SECOND_US));
	EXPECT_OK(store_scrub(f.db, SECOND_US));
	fixture_end(&f);
}
