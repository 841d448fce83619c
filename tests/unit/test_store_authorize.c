/* What an authorization leaves behind before and beside its code: pushed requests, approvals, a person's clients. */
#include "authd/store/store_approval.h"
#include "authd/store/store_client.h"
#include "authd/store/store_code.h"
#include "authd/store/store_grant.h"
#include "authd/store/store_outbox.h"
#include "authd/store/store_pushed.h"
#include "authd/store/store_token.h"
#include "tests/unit/store_fixture.h"

/* ---- pushed requests ---- */

static void
push(struct fixture *f, const char *hash)
{
	const struct store_pushed p = { .id_hash = str_of(hash),
					.client_id = STR("c1"),
					.params = STR("a=b&state=%D0%96"),
					.created_us = NOW,
					.expires_us = NOW + 300 * SECOND_US };

	EXPECT_OK(store_pushed_add(f->db, &p));
}

STORE_TEST(a_pushed_request_is_found_as_often_as_it_is_loaded)
{
	push(f, "h");
	for (int i = 0; i < 3; i++) {
		CLEANUP(store_pushed_clear) struct store_pushed got = { 0 };

		EXPECT_OK(store_pushed_find(f->db, STR("h"), STR("c1"), NOW + SECOND_US, &got));
		EXPECT_STR(STR("a=b&state=%D0%96"), got.params);
		cr_assert(got.dpop_jkt.p == NULL && got.created_us == NOW && got.used_us == 0);
	}
}

STORE_TEST(a_pushed_request_is_for_its_client_its_time_and_one_use)
{
	struct store_pushed got = { 0 };

	push(f, "h");
	EXPECT_STATUS(E_NOT_FOUND, store_pushed_find(f->db, STR("h"), STR("c2"), NOW, &got));
	EXPECT_STATUS(E_NOT_FOUND, store_pushed_find(f->db, STR("x"), STR("c1"), NOW, &got));
	EXPECT_STATUS(E_NOT_FOUND, store_pushed_find(f->db, STR("h"), STR("c1"), NOW + 300 * SECOND_US, &got));
	REFUSED_IN_TX(f, E_USED, store_pushed_consume(&tx, STR("h"), STR("c2"), NOW));
	REFUSED_IN_TX(f, E_USED, store_pushed_consume(&tx, STR("h"), STR("c1"), NOW + 300 * SECOND_US));
	IN_TX(f, store_pushed_consume(&tx, STR("h"), STR("c1"), NOW));
	REFUSED_IN_TX(f, E_USED, store_pushed_consume(&tx, STR("h"), STR("c1"), NOW));
	EXPECT_STATUS(E_NOT_FOUND, store_pushed_find(f->db, STR("h"), STR("c1"), NOW, &got));
}

STORE_TEST(a_use_that_is_abandoned_leaves_the_pushed_request_good)
{
	struct store_tx first = { 0 };

	push(f, "h");
	EXPECT_OK(store_begin(f->db, &first));
	EXPECT_OK(store_pushed_consume(&first, STR("h"), STR("c1"), NOW));
	store_abandon(&first);
	IN_TX(f, store_pushed_consume(&tx, STR("h"), STR("c1"), NOW));
}

static enum status
complete(struct store *db, int number UNUSED)
{
	CLEANUP(store_abandon) struct store_tx tx = { 0 };

	TRY(store_begin(db, &tx));
	TRY(store_pushed_consume(&tx, STR("h"), STR("c1"), NOW));
	return store_commit(&tx);
}

STORE_TEST(of_many_that_complete_one_pushed_request_one_does)
{
	enum status results[RACERS];

	push(f, "h");
	race(f, complete, results);
	cr_assert_eq(count_status(results, OK), 1);
	cr_assert_eq(count_status(results, E_USED), RACERS - 1);
}

STORE_TEST(expired_pushed_requests_are_swept)
{
	int64_t removed = 0;

	push(f, "h");
	EXPECT_OK(store_sweep(f->db, NOW + 299 * SECOND_US, 100, &removed));
	cr_assert_eq(removed, 0);
	EXPECT_OK(store_sweep(f->db, NOW + 301 * SECOND_US, 100, &removed));
	cr_assert_eq(removed, 1);
}

/* ---- approvals ---- */

static const struct store_approval approval = { .sub = STR_INIT("sub_a"),
						.client_id = STR_INIT("c1"),
						.fingerprint = STR_INIT("print"),
						.scope = STR_INIT("openid"),
						.given_us = NOW,
						.event_id = STR_INIT(EVENT) };

static bool
holds(struct fixture *f, const char *sub, const char *client_id, const char *print)
{
	bool yes = false;

	EXPECT_OK(store_approval_holds(f->db, str_of(sub), str_of(client_id), str_of(print), &yes));
	return yes;
}

static void
give(struct fixture *f)
{
	IN_TX(f, store_approval_give(&tx, &approval));
	meddle(f, "UPDATE approval SET log_index = 7");
}

STORE_TEST(an_approval_counts_once_it_is_in_the_log_and_for_exactly_what_it_says)
{
	IN_TX(f, store_approval_give(&tx, &approval));
	cr_assert(!holds(f, "sub_a", "c1", "print"), "not in the log yet");
	meddle(f, "UPDATE approval SET log_index = 7");
	cr_assert(holds(f, "sub_a", "c1", "print"));
	cr_assert(!holds(f, "sub_b", "c1", "print"));
	cr_assert(!holds(f, "sub_a", "c2", "print"));
	cr_assert(!holds(f, "sub_a", "c1", "other"));
}

STORE_TEST(an_approval_taken_back_does_not_count_and_can_be_given_anew)
{
	give(f);
	IN_TX(f, store_approval_revoke(&tx, STR("sub_a"), STR("c1"), NOW));
	cr_assert(!holds(f, "sub_a", "c1", "print"));
	IN_TX(f, store_approval_give(&tx, &approval));
	cr_assert(!holds(f, "sub_a", "c1", "print"), "the new one is not in the log yet");
	meddle(f, "UPDATE approval SET log_index = 9");
	cr_assert(holds(f, "sub_a", "c1", "print"));
}

STORE_TEST(the_index_reaches_an_approval)
{
	const struct store_outbox o = { .event_id = STR(EVENT),
					.target = STR(STORE_TARGET_APPROVAL),
					.target_key = STR("sub_a"),
					.fragment = STR("{}"),
					.created_us = NOW };
	const struct store_receipt receipt = { .event_id = STR(EVENT), .index = 5 };

	IN_TX(f, store_approval_give(&tx, &approval));
	IN_TX(f, store_outbox_add(&tx, &o));
	EXPECT_OK(store_outbox_done(f->db, &receipt, 1, NOW));
	cr_assert(holds(f, "sub_a", "c1", "print"));
}

/* ---- a person's clients ---- */

static void
add_client(struct fixture *f, const char *id)
{
	const struct store_client c = {
		.client_id = str_of(id), .name = STR("Клиент"), .kind = STR("public"), .event_id = STR(EVENT)
	};

	IN_TX(f, store_client_add(&tx, &c));
}

static void
add_grant(struct fixture *f, const char *grant, const char *client_id, int64_t when)
{
	const struct store_grant g = { .grant_id = str_of(grant),
				       .client_id = str_of(client_id),
				       .sub = STR("sub_a"),
				       .sid = STR("s1"),
				       .scope = STR("openid"),
				       .created_us = when };

	IN_TX(f, store_grant_add(&tx, &g));
}

STORE_TEST(a_persons_clients_are_listed_latest_first_until_they_are_ended)
{
	CLEANUP(store_grant_client_list_clear) struct store_grant_client_list list = { 0 };
	CLEANUP(store_grant_client_list_clear) struct store_grant_client_list left = { 0 };
	CLEANUP(store_grant_client_list_clear) struct store_grant_client_list others = { 0 };

	add_client(f, "c1");
	add_client(f, "c2");
	add_grant(f, "g1", "c1", NOW);
	add_grant(f, "g2", "c2", NOW + 1);
	add_grant(f, "g3", "c1", NOW + 2);
	EXPECT_OK(store_grant_clients(f->db, STR("sub_a"), 10, &list));
	cr_assert_eq(list.count, 2);
	EXPECT_STR(STR("c1"), list.items[0].client_id);
	EXPECT_STR(STR("Клиент"), list.items[0].name);
	cr_assert(list.items[0].first_us == NOW && list.items[0].last_us == NOW + 2);
	IN_TX(f, store_grant_revoke_client(&tx, STR("sub_a"), STR("c1"), NOW + 3));
	EXPECT_OK(store_grant_clients(f->db, STR("sub_a"), 10, &left));
	cr_assert_eq(left.count, 1);
	EXPECT_STR(STR("c2"), left.items[0].client_id);
	EXPECT_OK(store_grant_clients(f->db, STR("sub_b"), 10, &others));
	cr_assert_eq(others.count, 0);
}

STORE_TEST(nothing_is_issued_any_more_under_a_grant_of_an_ended_client)
{
	add_client(f, "c1");
	add_grant(f, "g1", "c1", NOW);
	IN_TX(f, store_token_issued(&tx, STR("j1"), STR("g1"), NOW + SECOND_US));
	IN_TX(f, store_grant_revoke_client(&tx, STR("sub_a"), STR("c1"), NOW));
	REFUSED_IN_TX(f, E_USED, store_token_issued(&tx, STR("j2"), STR("g1"), NOW + SECOND_US));
}

/* ---- challenges ---- */

STORE_TEST(a_challenge_that_a_client_used_before_is_known)
{
	const struct store_code c = { .code_hash = BLOB("h"),
				      .client_id = STR("c1"),
				      .challenge = STR("ch"),
				      .grant_id = STR("g1"),
				      .event_id = STR(EVENT) };
	bool seen = true;

	EXPECT_OK(store_code_challenge_seen(f->db, STR("c1"), STR("ch"), &seen));
	cr_assert(!seen);
	IN_TX(f, store_code_add(&tx, &c));
	EXPECT_OK(store_code_challenge_seen(f->db, STR("c1"), STR("ch"), &seen));
	cr_assert(seen);
	EXPECT_OK(store_code_challenge_seen(f->db, STR("c2"), STR("ch"), &seen));
	cr_assert(!seen, "another client's is another's");
}
