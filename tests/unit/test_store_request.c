#include "authd/store/store_request.h"

#include "tests/unit/consent_rows.h"

STORE_TEST(an_equal_open_request_is_found_and_not_doubled)
{
	struct store_request again = request_of("r2", BLOB("fp\0"), NOW + 1);
	CLEANUP(store_request_clear) struct store_request open = { 0 };
	struct store_tx both = { 0 };

	add_request(f, "r1", BLOB("fp\0"), NOW);
	EXPECT_OK(store_begin(f->db, &both));
	EXPECT_STATUS(E_CONFLICT, store_request_add(&both, &again));
	EXPECT_OK(store_request_open(f->db, BLOB("fp\0"), NOW + 1, &open));
	EXPECT_OK(store_commit(&both));
	EXPECT_STR(STR("r1"), open.request_id);
	EXPECT_STR(STR("2026-1"), open.case_ref);
	cr_assert(open.until_us == 0 && open.return_to.p == NULL && open.record_id.p == NULL && open.leaf.p == NULL);
	cr_assert(open.purpose_version == 3 && open.notice_version == 4);
	EXPECT_STATUS(E_NOT_FOUND, store_request_open(f->db, BLOB("fp"), NOW, &again));
}

STORE_TEST(an_expired_request_makes_room_for_a_new_one)
{
	CLEANUP(store_request_clear) struct store_request old = { 0 };

	add_request(f, "r1", BLOB("fp"), NOW);
	add_request(f, "r2", BLOB("fp"), NOW + DAY_US);
	EXPECT_OK(store_request_find(f->db, STR("r1"), STR(""), &old));
	EXPECT_STR(STR("expired"), old.state);
	REFUSED_IN_TX(f, E_EXPIRED,
		      store_request_answer(&tx, STR("r1"), STR("sub_a"), STR("given"), STR("rec"), NOW + DAY_US));
}

STORE_TEST(a_request_is_answered_once_by_the_person_it_is_for)
{
	CLEANUP(store_request_clear) struct store_request r = { 0 };

	add_request(f, "r1", BLOB("fp"), NOW);
	REFUSED_IN_TX(f, E_NOT_FOUND, store_request_answer(&tx, STR("r1"), STR("sub_b"), STR("given"), STR("x"), NOW));
	REFUSED_IN_TX(f, E_NOT_FOUND, store_request_answer(&tx, STR("r1"), STR(""), STR("given"), STR("x"), NOW));
	REFUSED_IN_TX(f, E_INVALID, store_request_answer(&tx, STR("r1"), STR("sub_a"), STR("expired"), STR(""), NOW));
	REFUSED_IN_TX(f, E_EXPIRED,
		      store_request_answer(&tx, STR("r1"), STR("sub_a"), STR("given"), STR("x"), NOW + DAY_US));
	IN_TX(f, store_request_answer(&tx, STR("r1"), STR("sub_a"), STR("deferred"), STR(""), NOW));
	IN_TX(f, store_request_answer(&tx, STR("r1"), STR("sub_a"), STR("given"), STR("rec"), NOW));
	REFUSED_IN_TX(f, E_USED, store_request_answer(&tx, STR("r1"), STR("sub_a"), STR("refused"), STR(""), NOW));
	EXPECT_OK(store_request_find(f->db, STR("r1"), STR("sub_a"), &r));
	EXPECT_STR(STR("given"), r.state);
	EXPECT_STR(STR("rec"), r.record_id);
	EXPECT_STATUS(E_NOT_FOUND, store_request_find(f->db, STR("r1"), STR("sub_b"), &r));
}

STORE_TEST(a_request_that_the_log_does_not_have_cannot_be_answered)
{
	struct store_request r = request_of("r1", BLOB("fp"), NOW);

	IN_TX(f, store_request_add(&tx, &r));
	REFUSED_IN_TX(f, E_NOT_FOUND, store_request_answer(&tx, STR("r1"), STR("sub_a"), STR("given"), STR("x"), NOW));
}

static enum status
ask(struct store *db, int number)
{
	CLEANUP(store_abandon) struct store_tx tx = { 0 };
	char id[8];
	struct store_request r;

	snprintf(id, sizeof(id), "r%d", number);
	r = request_of(id, BLOB("fp"), NOW);
	TRY(store_begin(db, &tx));
	TRY(store_request_add(&tx, &r));
	return store_commit(&tx);
}

STORE_TEST(of_many_that_ask_the_same_at_once_one_request_is_made)
{
	enum status results[RACERS];

	race(f, ask, results);
	cr_assert_eq(count_status(results, OK), 1);
	cr_assert_eq(count_status(results, E_CONFLICT), RACERS - 1);
}

STORE_TEST(requests_of_a_person_are_paged_newest_first)
{
	struct store_cursor at = { "" };
	int seen = 0;

	for (int i = 0; i < 11; i++) {
		char id[8];
		snprintf(id, sizeof(id), "r%02d", i);
		add_request(f, id, str_of(id), NOW + i / 3);
	}
	do {
		CLEANUP(store_request_list_clear) struct store_request_list l = { 0 };
		EXPECT_OK(store_request_page(f->db, STR("sub_a"), STR("requested"), str_of(at.text), 4, &l));
		for (size_t i = 0; i < l.count; i++, seen++)
			cr_assert_eq(atoi(l.items[i].request_id.p + 1), 10 - seen);
		at = l.next;
	} while (at.text[0]);
	cr_assert_eq(seen, 11);
}
