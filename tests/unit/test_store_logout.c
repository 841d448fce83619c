/* store_logout: whoever was told of a session is told of its end, whatever ends it; once taken, by one. */
#include "authd/store/store_logout.h"

#include "authd/store/store_outbox.h"
#include "authd/store/store_session.h"
#include "tests/unit/store_fixture.h"

#define IDLE (900 * SECOND_US)
#define LIFE (3600 * SECOND_US)

static void
add_session(struct fixture *f, const char *sub, const char *sid)
{
	struct store_session s = {
		.id_hash = str_of(sid),
		.sid = str_of(sid),
		.sub = str_of(sub),
		.csrf = STR("csrf"),
		.acr = 2,
		.amr = STR("pwd otp"),
		.auth_us = NOW,
		.created_us = NOW,
		.seen_us = NOW,
		.idle_us_limit = IDLE,
		.expires_us = NOW + LIFE,
		.agent = STR(""),
		.event_id = STR(EVENT),
	};

	IN_TX(f, store_session_add(&tx, &s));
	meddle(f, "UPDATE session SET log_index = 1");
}

static void
tell(struct fixture *f, const char *sid, const char *client)
{
	IN_TX(f, store_logout_told(&tx, str_of(sid), str_of(client), STR("pw_x")));
}

/* One person with two sessions; client a knows both, client b the first. */
static void
arrange(struct fixture *f)
{
	add_person(f, "sub_a");
	add_person(f, "sub_b");
	add_session(f, "sub_a", "s1");
	add_session(f, "sub_a", "s2");
	add_session(f, "sub_b", "s3");
	tell(f, "s1", "a");
	tell(f, "s1", "b");
	tell(f, "s2", "a");
	tell(f, "s3", "a");
}

static void
expect_waiting(struct fixture *f, int64_t wanted)
{
	int64_t count, oldest;

	EXPECT_OK(store_notice_waiting(f->db, &count, &oldest));
	cr_assert_eq(count, wanted, "%lld wait", (long long)count);
}

/* The first that is due then; E_NOT_FOUND: none. */
static enum status
first(struct fixture *f, int64_t now_us, struct store_notice_list *due)
{
	EXPECT_OK(store_notice_due(f->db, now_us, 10, due));
	return due->count > 0 ? OK : E_NOT_FOUND;
}

STORE_TEST(an_end_is_told_to_each_client_of_that_session_and_to_no_other)
{
	CLEANUP(store_notice_list_clear) struct store_notice_list due = { 0 };
	int64_t count, oldest;

	arrange(f);
	expect_waiting(f, 0);
	IN_TX(f, store_session_end(&tx, STR("s1"), STR("sub_a"), NOW + 5));
	EXPECT_OK(store_notice_due(f->db, NOW + 5, 10, &due));
	cr_assert_eq(due.count, 2);
	for (size_t i = 0; i < 2; i++) {
		EXPECT_STR(STR("s1"), due.items[i].sid);
		EXPECT_STR(STR("sub_a"), due.items[i].sub);
		EXPECT_STR(STR("pw_x"), due.items[i].subject);
		cr_assert(due.items[i].ended_us == NOW + 5 && due.items[i].attempts == 0);
	}
	EXPECT_OK(store_notice_waiting(f->db, &count, &oldest));
	cr_assert(count == 2 && oldest == NOW + 5);
}

STORE_TEST(an_end_that_is_rolled_back_is_told_to_nobody)
{
	arrange(f);
	REFUSED_IN_TX(f, OK, store_session_end(&tx, STR("s1"), STR("sub_a"), NOW));
	expect_waiting(f, 0);
	REFUSED_IN_TX(f, E_NOT_FOUND, store_session_end(&tx, STR("s1"), STR("sub_b"), NOW));
	expect_waiting(f, 0);
}

STORE_TEST(a_new_password_tells_of_all_sessions_but_the_one_that_stays)
{
	arrange(f);
	IN_TX(f, store_session_end_all(&tx, STR("sub_a"), STR("s2"), NOW, NULL));
	expect_waiting(f, 2);
	IN_TX(f, store_session_end_all(&tx, STR("sub_a"), STR(""), NOW, NULL));
	expect_waiting(f, 3);
	IN_TX(f, store_session_end_all(&tx, STR("sub_a"), STR(""), NOW, NULL));
	expect_waiting(f, 3);
}

STORE_TEST(nobody_gets_an_id_token_of_a_session_that_is_over)
{
	arrange(f);
	tell(f, "s1", "a"); /* again is fine */
	IN_TX(f, store_session_end(&tx, STR("s1"), STR("sub_a"), NOW));
	REFUSED_IN_TX(f, E_NOT_FOUND, store_logout_told(&tx, STR("s1"), STR("c"), STR("sub_a")));
	REFUSED_IN_TX(f, E_NOT_FOUND, store_logout_told(&tx, STR("s9"), STR("c"), STR("sub_a")));
}

/* Telling and ending at once: either the client got no ID token, or it is told of the end. */
static enum status
tell_or_end(struct store *db, int number)
{
	CLEANUP(store_abandon) struct store_tx tx = { 0 };

	TRY(store_begin(db, &tx));
	if (number == 0)
		TRY(store_session_end(&tx, STR("s"), STR("sub_a"), NOW));
	else
		TRY(store_logout_told(&tx, STR("s"),
				      str_of((const char *[]){ "", "1", "2", "3", "4", "5", "6", "7" }[number]),
				      STR("sub_a")));
	return store_commit(&tx);
}

STORE_TEST(of_a_client_that_comes_just_when_it_ends_nobody_is_forgotten)
{
	enum status results[RACERS];

	add_person(f, "sub_a");
	add_session(f, "sub_a", "s");
	race(f, tell_or_end, results);
	EXPECT_OK(results[0]);
	cr_assert_eq(count_status(results, OK) + count_status(results, E_NOT_FOUND), RACERS);
	expect_waiting(f, count_status(results, OK) - 1);
}

/* ---- silence and age ---- */

STORE_TEST(a_session_that_lapsed_is_ended_and_one_that_was_used_is_not)
{
	CLEANUP(store_lapse_list_clear) struct store_lapse_list none = { 0 };
	CLEANUP(store_lapse_list_clear) struct store_lapse_list some = { 0 };

	add_person(f, "sub_a");
	add_session(f, "sub_a", "s1");
	tell(f, "s1", "a");
	EXPECT_OK(store_logout_lapsing(f->db, NOW + IDLE - 1, 10, &none));
	cr_assert_eq(none.count, 0);
	EXPECT_OK(store_logout_lapsing(f->db, NOW + IDLE, 10, &some));
	cr_assert_eq(some.count, 1);
	EXPECT_STR(STR("s1"), some.items[0].sid);
	EXPECT_STR(STR("sub_a"), some.items[0].sub);
	cr_assert(some.items[0].seen_us == NOW && some.items[0].expires_us == NOW + LIFE);
	REFUSED_IN_TX(f, E_NOT_FOUND, store_logout_lapse(&tx, STR("s1"), NOW + IDLE - 1));
	IN_TX(f, store_logout_lapse(&tx, STR("s1"), NOW + IDLE));
	expect_waiting(f, 1);
	REFUSED_IN_TX(f, E_NOT_FOUND, store_logout_lapse(&tx, STR("s1"), NOW + IDLE));
	REFUSED_IN_TX(f, E_NOT_FOUND, store_session_end(&tx, STR("s1"), STR("sub_a"), NOW + IDLE));
	expect_waiting(f, 1);
}

STORE_TEST(a_session_in_use_is_looked_at_again_later_and_has_an_absolute_end)
{
	CLEANUP(store_lapse_list_clear) struct store_lapse_list none = { 0 };
	CLEANUP(store_lapse_list_clear) struct store_lapse_list some = { 0 };

	add_person(f, "sub_a");
	add_session(f, "sub_a", "s1");
	tell(f, "s1", "a");
	EXPECT_OK(store_logout_look(f->db, STR("s1"), NOW + LIFE));
	EXPECT_OK(store_logout_lapsing(f->db, NOW + LIFE - 1, 10, &none));
	cr_assert_eq(none.count, 0);
	meddle(f, "UPDATE session SET seen_us = expires_us - 1");
	EXPECT_OK(store_logout_lapsing(f->db, NOW + LIFE, 10, &some));
	cr_assert_eq(some.count, 1);
	IN_TX(f, store_logout_lapse(&tx, STR("s1"), NOW + LIFE));
	expect_waiting(f, 1);
}

/* ---- telling ---- */

STORE_TEST(a_client_with_many_notices_holds_up_no_other)
{
	CLEANUP(store_notice_list_clear) struct store_notice_list due = { 0 };

	arrange(f);
	IN_TX(f, store_session_end(&tx, STR("s2"), STR("sub_a"), NOW));
	IN_TX(f, store_session_end(&tx, STR("s3"), STR("sub_b"), NOW + 1));
	IN_TX(f, store_session_end(&tx, STR("s1"), STR("sub_a"), NOW + 2));
	expect_waiting(f, 4);
	EXPECT_OK(store_notice_due(f->db, NOW + 2, 10, &due));
	cr_assert_eq(due.count, 2);
	EXPECT_STR(STR("s2"), due.items[0].sid);
	EXPECT_STR(STR("a"), due.items[0].client_id);
	EXPECT_STR(STR("b"), due.items[1].client_id);
}

STORE_TEST(a_notice_that_was_taken_comes_back_when_its_taker_dies)
{
	CLEANUP(store_notice_list_clear) struct store_notice_list due = { 0 };
	CLEANUP(store_notice_list_clear) struct store_notice_list none = { 0 };
	CLEANUP(store_notice_list_clear) struct store_notice_list again = { 0 };

	arrange(f);
	IN_TX(f, store_session_end(&tx, STR("s2"), STR("sub_a"), NOW));
	EXPECT_OK(first(f, NOW, &due));
	EXPECT_OK(store_notice_claim(f->db, &due.items[0], NOW + 30));
	EXPECT_STATUS(E_NOT_FOUND, store_notice_claim(f->db, &due.items[0], NOW + 30));
	EXPECT_STATUS(E_NOT_FOUND, first(f, NOW + 29, &none));
	EXPECT_OK(first(f, NOW + 30, &again));
	EXPECT_OK(store_notice_drop(f->db, &again.items[0]));
	EXPECT_STATUS(E_NOT_FOUND, store_notice_drop(f->db, &again.items[0]));
	expect_waiting(f, 0);
}

static struct store_notice claimed;

static enum status
claim(struct store *db, int number UNUSED)
{
	return store_notice_claim(db, &claimed, NOW + 30);
}

STORE_TEST(of_many_that_take_a_notice_one_has_it)
{
	CLEANUP(store_notice_list_clear) struct store_notice_list due = { 0 };
	enum status results[RACERS];

	arrange(f);
	IN_TX(f, store_session_end(&tx, STR("s2"), STR("sub_a"), NOW));
	EXPECT_OK(first(f, NOW, &due));
	claimed = due.items[0];
	race(f, claim, results);
	cr_assert_eq(count_status(results, OK), 1);
	cr_assert_eq(count_status(results, E_NOT_FOUND), RACERS - 1);
}

STORE_TEST(while_a_client_fails_all_that_waits_for_it_waits_longer_until_it_answers)
{
	CLEANUP(store_notice_list_clear) struct store_notice_list due = { 0 };
	CLEANUP(store_notice_list_clear) struct store_notice_list others = { 0 };
	CLEANUP(store_notice_list_clear) struct store_notice_list later = { 0 };
	CLEANUP(store_notice_list_clear) struct store_notice_list soon = { 0 };

	arrange(f);
	IN_TX(f, store_session_end_all(&tx, STR("sub_a"), STR(""), NOW, NULL));
	EXPECT_OK(first(f, NOW, &due));
	EXPECT_STR(STR("a"), due.items[0].client_id);
	EXPECT_OK(store_notice_put_off(f->db, &due.items[0], NOW + 60, 3));
	EXPECT_OK(store_notice_due(f->db, NOW + 59, 10, &others));
	cr_assert_eq(others.count, 1);
	EXPECT_STR(STR("b"), others.items[0].client_id);
	EXPECT_OK(store_notice_drop(f->db, &others.items[0]));
	EXPECT_OK(first(f, NOW + 60, &later));
	cr_assert_eq(later.items[0].attempts, 3);
	EXPECT_OK(store_notice_drop(f->db, &later.items[0]));
	EXPECT_OK(store_notice_hurry(f->db, STR("a"), NOW + 1));
	EXPECT_OK(first(f, NOW + 1, &soon));
	cr_assert_eq(soon.items[0].attempts, 3);
}

STORE_TEST(a_notice_outlives_the_session_that_it_is_about)
{
	int64_t removed;

	arrange(f);
	IN_TX(f, store_session_end(&tx, STR("s1"), STR("sub_a"), NOW));
	EXPECT_OK(store_sweep(f->db, NOW + LIFE + 31 * DAY_US, 100, &removed));
	cr_assert_eq(removed, 3);
	expect_waiting(f, 2);
}
