/* Refresh tokens and device codes: families that rotate, codes that are answered and taken once, on both databases. */
#include "authd/store/store_client.h"
#include "authd/store/store_device.h"
#include "authd/store/store_grant.h"
#include "authd/store/store_outbox.h"
#include "authd/store/store_refresh.h"
#include "authd/store/store_session.h"
#include "authd/store/store_token.h"
#include "tests/unit/store_fixture.h"

/* ---- families ---- */

static void
add_family(struct fixture *f, const char *grant_id, const char *handle)
{
	const struct store_grant g = { .grant_id = str_of(grant_id),
				       .client_id = STR("c1"),
				       .sub = STR("sub_a"),
				       .sid = STR("s1"),
				       .scope = STR("openid offline_access"),
				       .created_us = NOW };
	const struct store_refresh r = { .handle = str_of(handle),
					 .grant_id = str_of(grant_id),
					 .client_id = STR("c1"),
					 .sub = STR("sub_a"),
					 .sid = STR("s1"),
					 .scope = STR("openid offline_access"),
					 .audience = STR(""),
					 .cnf = STR(""),
					 .acr = 2,
					 .amr = STR("pwd otp"),
					 .auth_us = NOW,
					 .rotating = 1,
					 .token_hash = BLOB("one"),
					 .created_us = NOW,
					 .used_us = NOW,
					 .idle_us = DAY_US,
					 .expires_us = NOW + 30 * DAY_US,
					 .event_id = STR(EVENT) };

	IN_TX(f, store_grant_add(&tx, &g));
	IN_TX(f, store_refresh_add(&tx, &r));
}

/* As the outbox would. */
static void
in_log(struct fixture *f)
{
	meddle(f, "UPDATE refresh_token SET log_index = 7; UPDATE device_code SET log_index = 7");
}

STORE_TEST(a_family_comes_back_as_it_was_and_its_grant_lives_as_long)
{
	CLEANUP(store_refresh_clear) struct store_refresh got = { 0 };
	CLEANUP(store_grant_clear) struct store_grant g = { 0 };

	add_family(f, "g1", "h1");
	EXPECT_OK(store_refresh_find(f->db, STR("h1"), &got));
	EXPECT_STR(STR("g1"), got.grant_id);
	EXPECT_STR(BLOB("one"), got.token_hash);
	cr_assert(got.details.p == NULL && got.former_hash.p == NULL && got.rotated_us == 0 && !got.revoked);
	cr_assert(got.rotating == 1 && got.retries == 0 && got.log_index == STORE_NO_INDEX);
	EXPECT_OK(store_grant_find(f->db, STR("g1"), &g));
	cr_assert_eq(g.expires_us, NOW + 31 * DAY_US);
	EXPECT_STATUS(E_NOT_FOUND, store_refresh_find(f->db, STR("h2"), &got));
}

STORE_TEST(a_family_of_a_revoked_grant_cannot_be_made)
{
	const struct store_refresh r = { .handle = STR("h9"), .grant_id = STR("g1"), .expires_us = NOW + 9 * DAY_US };

	add_family(f, "g1", "h1");
	IN_TX(f, store_grant_revoke(&tx, STR("g1"), NOW));
	REFUSED_IN_TX(f, E_NOT_FOUND, store_refresh_add(&tx, &r));
}

STORE_TEST(a_token_that_is_not_in_the_log_yet_cannot_be_used)
{
	add_family(f, "g1", "h1");
	REFUSED_IN_TX(f, E_USED, store_refresh_rotate(&tx, STR("h1"), BLOB("one"), BLOB("two"), NOW, STR("second")));
	REFUSED_IN_TX(f, E_USED, store_refresh_touch(&tx, STR("h1"), BLOB("one"), NOW));
}

static enum status
rotate(struct store *db, int number UNUSED)
{
	CLEANUP(store_abandon) struct store_tx tx = { 0 };

	TRY(store_begin(db, &tx));
	TRY(store_refresh_rotate(&tx, STR("h1"), BLOB("one"), BLOB("two"), NOW + 5, STR("second")));
	return store_commit(&tx);
}

STORE_TEST(of_many_that_rotate_one_token_one_does)
{
	CLEANUP(store_refresh_clear) struct store_refresh got = { 0 };
	enum status results[RACERS];

	add_family(f, "g1", "h1");
	in_log(f);
	race(f, rotate, results);
	cr_assert_eq(count_status(results, OK), 1);
	cr_assert_eq(count_status(results, E_USED), RACERS - 1);
	EXPECT_OK(store_refresh_find(f->db, STR("h1"), &got));
	EXPECT_STR(BLOB("two"), got.token_hash);
	EXPECT_STR(BLOB("one"), got.former_hash);
	cr_assert(got.rotated_us == NOW + 5 && got.used_us == NOW + 5 && got.log_index == STORE_NO_INDEX);
}

STORE_TEST(the_former_token_can_be_shown_again_for_a_while_and_older_ones_never)
{
	CLEANUP(store_refresh_clear) struct store_refresh got = { 0 };

	add_family(f, "g1", "h1");
	in_log(f);
	IN_TX(f, store_refresh_rotate(&tx, STR("h1"), BLOB("one"), BLOB("two"), NOW, STR("second")));
	in_log(f);
	IN_TX(f, store_refresh_retry(&tx, STR("h1"), BLOB("one"), NOW));
	REFUSED_IN_TX(f, E_USED, store_refresh_retry(&tx, STR("h1"), BLOB("one"), NOW + 1));
	REFUSED_IN_TX(f, E_USED, store_refresh_retry(&tx, STR("h1"), BLOB("two"), NOW));
	EXPECT_OK(store_refresh_find(f->db, STR("h1"), &got));
	cr_assert_eq(got.retries, 1);
	IN_TX(f, store_refresh_rotate(&tx, STR("h1"), BLOB("two"), BLOB("three"), NOW, STR("third")));
	REFUSED_IN_TX(f, E_USED, store_refresh_retry(&tx, STR("h1"), BLOB("one"), 0));
}

STORE_TEST(a_rotation_nobody_was_told_of_can_be_taken_back)
{
	CLEANUP(store_refresh_clear) struct store_refresh got = { 0 };

	add_family(f, "g1", "h1");
	in_log(f);
	IN_TX(f, store_refresh_rotate(&tx, STR("h1"), BLOB("one"), BLOB("two"), NOW, STR("second")));
	REFUSED_IN_TX(f, E_USED, store_refresh_unrotate(&tx, STR("h1"), BLOB("one"), STR("other")));
	IN_TX(f, store_refresh_unrotate(&tx, STR("h1"), BLOB("one"), STR("second")));
	EXPECT_OK(store_refresh_find(f->db, STR("h1"), &got));
	EXPECT_STR(BLOB("one"), got.token_hash);
	cr_assert(got.former_hash.p == NULL && got.log_index == STORE_NO_INDEX, "usable when the entry has arrived");
}

STORE_TEST(a_rotation_that_somebody_was_told_of_stays)
{
	add_family(f, "g1", "h1");
	in_log(f);
	IN_TX(f, store_refresh_rotate(&tx, STR("h1"), BLOB("one"), BLOB("two"), NOW, STR("second")));
	IN_TX(f, store_refresh_retry(&tx, STR("h1"), BLOB("one"), NOW));
	REFUSED_IN_TX(f, E_USED, store_refresh_unrotate(&tx, STR("h1"), BLOB("one"), STR("second")));
}

STORE_TEST(the_index_of_a_rotation_goes_to_its_family)
{
	CLEANUP(store_refresh_clear) struct store_refresh got = { 0 };
	const struct store_outbox row = { .event_id = STR(EVENT),
					  .target = STR(STORE_TARGET_REFRESH),
					  .target_key = STR("h1"),
					  .fragment = STR("{}"),
					  .created_us = NOW };
	const struct store_receipt receipt = { .event_id = STR(EVENT), .index = 41 };

	add_family(f, "g1", "h1");
	IN_TX(f, store_outbox_add(&tx, &row));
	EXPECT_OK(store_outbox_done(f->db, &receipt, 1, NOW));
	EXPECT_OK(store_refresh_find(f->db, STR("h1"), &got));
	cr_assert_eq(got.log_index, 41);
}

STORE_TEST(lists_have_what_can_still_be_used)
{
	CLEANUP(store_refresh_list_clear)
	struct store_refresh_list all = { 0 }, own = { 0 }, late = { 0 }, none = { 0 };

	add_family(f, "g1", "h1");
	add_family(f, "g2", "h2");
	EXPECT_OK(store_refresh_page(f->db, STR(""), NOW, STR(""), 10, &none));
	cr_assert_eq(none.count, 0, "nothing is in the log yet");
	in_log(f);
	EXPECT_OK(store_refresh_page(f->db, STR(""), NOW, STR(""), 10, &all));
	cr_assert_eq(all.count, 2);
	IN_TX(f, store_grant_revoke(&tx, STR("g1"), NOW));
	EXPECT_OK(store_refresh_page(f->db, STR("sub_a"), NOW, STR(""), 10, &own));
	cr_assert_eq(own.count, 1);
	EXPECT_STR(STR("h2"), own.items[0].handle);
	EXPECT_OK(store_refresh_page(f->db, STR("sub_a"), NOW + DAY_US, STR(""), 10, &late));
	cr_assert_eq(late.count, 0, "silent for too long");
}

/* ---- what hangs at a grant ---- */

static bool
is_revoked(struct fixture *f, const char *jti)
{
	struct store_token_facts facts = { 0 };

	EXPECT_OK(store_token_facts(f->db, str_of(jti), STR(""), STR("c1"), STR(""), NOW, &facts));
	return facts.revoked;
}

STORE_TEST(revoking_a_person_ends_families_and_tokens)
{
	CLEANUP(store_refresh_clear) struct store_refresh got = { 0 };

	add_family(f, "g1", "h1");
	IN_TX(f, store_token_issued(&tx, STR("j1"), STR("g1"), NOW + 1));
	IN_TX(f, store_grant_revoke_person(&tx, STR("sub_b"), NOW));
	cr_assert(!is_revoked(f, "j1"));
	IN_TX(f, store_grant_revoke_person(&tx, STR("sub_a"), NOW));
	cr_assert(is_revoked(f, "j1"));
	EXPECT_OK(store_refresh_find(f->db, STR("h1"), &got));
	cr_assert(got.revoked);
}

STORE_TEST(revoking_a_token_reaches_what_it_was_exchanged_for)
{
	add_family(f, "g1", "h1");
	IN_TX(f, store_token_issued(&tx, STR("j1"), STR("g1"), NOW + 1));
	IN_TX(f, store_token_issued(&tx, STR("j2"), STR("g1"), NOW + 1));
	IN_TX(f, store_token_derived(&tx, STR("d1"), STR("j1"), NOW + 1));
	IN_TX(f, store_token_derived(&tx, STR("d2"), STR("d1"), NOW + 1));
	IN_TX(f, store_token_revoke(&tx, STR("j1"), NOW + 1));
	cr_assert(is_revoked(f, "j1") && is_revoked(f, "d1") && is_revoked(f, "d2") && !is_revoked(f, "j2"));
	REFUSED_IN_TX(f, E_NOT_FOUND, store_token_derived(&tx, STR("d3"), STR("j1"), NOW + 1));
	REFUSED_IN_TX(f, E_NOT_FOUND, store_token_derived(&tx, STR("d3"), STR("d2"), NOW + 1));
	REFUSED_IN_TX(f, E_NOT_FOUND, store_token_derived(&tx, STR("d3"), STR("unknown"), NOW + 1));
	IN_TX(f, store_grant_revoke(&tx, STR("g1"), NOW));
	REFUSED_IN_TX(f, E_NOT_FOUND, store_token_derived(&tx, STR("d3"), STR("j2"), NOW + 1));
}

static enum status
derive_or_revoke(struct store *db, int number)
{
	CLEANUP(store_abandon) struct store_tx tx = { 0 };
	char jti[16];

	snprintf(jti, sizeof(jti), "d%d", number);
	TRY(store_begin(db, &tx));
	if (number % 2)
		TRY(store_token_revoke(&tx, STR("j1"), NOW + 1));
	else
		TRY(store_token_derived(&tx, str_of(jti), STR("j1"), NOW + 1));
	return store_commit(&tx);
}

STORE_TEST(no_exchange_slips_past_a_revocation_at_the_same_time)
{
	enum status results[RACERS];

	add_family(f, "g1", "h1");
	IN_TX(f, store_token_issued(&tx, STR("j1"), STR("g1"), NOW + 1));
	race(f, derive_or_revoke, results);
	cr_assert_eq(count_status(results, OK) + count_status(results, E_NOT_FOUND), RACERS);
	for (int i = 0; i < RACERS; i += 2) {
		char jti[16];
		snprintf(jti, sizeof(jti), "d%d", i);
		cr_assert(results[i] == E_NOT_FOUND || is_revoked(f, jti), "%s", jti);
	}
}

/* ---- what is made in a session while it ends ---- */

static enum status
grant_or_new_password(struct store *db, int number)
{
	CLEANUP(store_abandon) struct store_tx tx = { 0 };
	char grant_id[16] = "";
	const struct store_grant g = { .grant_id = str_from(grant_id, 2),
				       .client_id = STR("c1"),
				       .sub = STR("sub_a"),
				       .sid = STR("s1"),
				       .scope = STR("openid offline_access"),
				       .created_us = NOW };

	snprintf(grant_id, sizeof(grant_id), "g%d", number);
	TRY(store_begin(db, &tx));
	if (number == RACERS - 1) {
		TRY(store_session_end_all(&tx, STR("sub_a"), STR(""), NOW, NULL));
		TRY(store_grant_revoke_person(&tx, STR("sub_a"), NOW));
	} else {
		TRY(store_session_hold(&tx, STR("s1")));
		TRY(store_grant_add(&tx, &g));
	}
	return store_commit(&tx);
}

STORE_TEST(no_grant_slips_past_a_new_password_at_the_same_time)
{
	const struct store_session s = { .id_hash = BLOB("h1"),
					 .sid = STR("s1"),
					 .sub = STR("sub_a"),
					 .csrf = BLOB("csrf"),
					 .acr = 2,
					 .amr = STR("pwd otp"),
					 .auth_us = NOW,
					 .created_us = NOW,
					 .seen_us = NOW,
					 .idle_us_limit = DAY_US,
					 .expires_us = NOW + DAY_US,
					 .agent = STR(""),
					 .event_id = STR(EVENT) };
	enum status results[RACERS];

	add_person(f, "sub_a");
	IN_TX(f, store_session_add(&tx, &s));
	race(f, grant_or_new_password, results);
	cr_assert_eq(results[RACERS - 1], OK);
	for (int i = 0; i < RACERS - 1; i++) {
		CLEANUP(store_grant_clear) struct store_grant g = { 0 };
		char grant_id[16];

		snprintf(grant_id, sizeof(grant_id), "g%d", i);
		if (results[i] == E_NOT_FOUND)
			continue;
		EXPECT_OK(results[i]);
		EXPECT_OK(store_grant_find(f->db, str_of(grant_id), &g));
		cr_assert_neq(g.revoked_us, 0, "%s outlived the password", grant_id);
	}
	REFUSED_IN_TX(f, E_NOT_FOUND, store_session_hold(&tx, STR("s1")));
}

/* ---- device codes ---- */

static void
add_device(struct fixture *f)
{
	const struct store_device d = { .device_hash = BLOB("dev"),
					.user_hash = BLOB("usr"),
					.client_id = STR("c1"),
					.scope = STR("openid"),
					.audience = STR(""),
					.state = STR("waiting"),
					.interval_us = 5 * SECOND_US,
					.created_us = NOW,
					.expires_us = NOW + 600 * SECOND_US,
					.event_id = STR(EVENT) };
	const struct store_client c = {
		.client_id = STR("c1"), .name = STR("Клиент"), .kind = STR("public"), .event_id = STR(EVENT)
	};

	IN_TX(f, store_client_add(&tx, &c));
	IN_TX(f, store_device_add(&tx, &d, 1));
}

static const struct store_device_answer yes = {
	.sub = STR_INIT("sub_a"),
	.sid = STR_INIT("s1"),
	.amr = STR_INIT("pwd otp"),
	.grant_id = STR_INIT("g1"),
	.event_id = STR_INIT("second"),
	.acr = 2,
	.auth_us = NOW,
};

STORE_TEST(a_device_code_is_found_by_its_person_while_it_waits)
{
	CLEANUP(store_device_clear) struct store_device got = { 0 };

	add_device(f);
	EXPECT_STATUS(E_NOT_FOUND, store_device_by_user(f->db, BLOB("usr"), NOW, &got));
	in_log(f);
	EXPECT_OK(store_device_by_user(f->db, BLOB("usr"), NOW, &got));
	EXPECT_STR(STR("c1"), got.client_id);
	cr_assert(got.sub.p == NULL && got.grant_id.p == NULL && got.polled_us == 0 && !got.slowed && got.used_us == 0);
	EXPECT_STATUS(E_NOT_FOUND, store_device_by_user(f->db, BLOB("usr"), NOW + 600 * SECOND_US, &got));
	REFUSED_IN_TX(f, E_USED, store_device_answer(&tx, BLOB("usr"), NOW + 600 * SECOND_US, &yes));
}

STORE_TEST(a_device_code_is_answered_once)
{
	CLEANUP(store_device_clear) struct store_device got = { 0 };
	struct store_device_answer no = yes;

	no.grant_id = STR("");
	add_device(f);
	in_log(f);
	IN_TX(f, store_device_answer(&tx, BLOB("usr"), NOW, &no));
	REFUSED_IN_TX(f, E_USED, store_device_answer(&tx, BLOB("usr"), NOW, &yes));
	in_log(f);
	REFUSED_IN_TX(f, E_USED, store_device_answer(&tx, BLOB("usr"), NOW, &yes));
	EXPECT_OK(store_device_find(f->db, BLOB("dev"), &got));
	EXPECT_STR(STR("refused"), got.state);
	cr_assert(got.grant_id.p == NULL);
	REFUSED_IN_TX(f, E_NOT_FOUND, store_device_consume(&tx, BLOB("dev"), STR("c1"), NOW, &got));
}

static enum status
take(struct store *db, int number UNUSED)
{
	CLEANUP(store_abandon) struct store_tx tx = { 0 };
	CLEANUP(store_device_clear) struct store_device d = { 0 };

	TRY(store_begin(db, &tx));
	TRY(store_device_consume(&tx, BLOB("dev"), STR("c1"), NOW, &d));
	return store_commit(&tx);
}

STORE_TEST(of_many_that_take_one_device_code_one_does)
{
	CLEANUP(store_device_clear) struct store_device other = { 0 };
	enum status results[RACERS];

	add_device(f);
	in_log(f);
	IN_TX(f, store_device_answer(&tx, BLOB("usr"), NOW, &yes));
	EXPECT_STATUS(E_NOT_FOUND, take(f->db, 0)); /* the answer is not in the log yet */
	in_log(f);
	REFUSED_IN_TX(f, E_NOT_FOUND, store_device_consume(&tx, BLOB("dev"), STR("c2"), NOW, &other));
	race(f, take, results);
	cr_assert_eq(count_status(results, OK), 1);
	cr_assert_eq(count_status(results, E_NOT_FOUND), RACERS - 1);
}

STORE_TEST(asking_too_soon_makes_the_pause_longer)
{
	static const struct {
		int64_t after_s;
		bool slowed;
		int64_t interval_s;
	} asks[] = { { 0, false, 5 }, { 5, false, 5 }, { 9, true, 10 }, { 18, true, 15 }, { 33, false, 15 } };

	add_device(f);
	for (size_t i = 0; i < ARRAY_LEN(asks); i++) {
		CLEANUP(store_device_clear) struct store_device got = { 0 };

		EXPECT_OK(store_device_poll(f->db, BLOB("dev"), STR("c1"), NOW + asks[i].after_s * SECOND_US, &got));
		cr_assert_eq(got.slowed, asks[i].slowed, "%zu", i);
		cr_assert_eq(got.interval_us, asks[i].interval_s * SECOND_US, "%zu", i);
	}
	struct store_device got = { 0 };
	EXPECT_STATUS(E_NOT_FOUND, store_device_poll(f->db, BLOB("dev"), STR("c2"), NOW, &got));
}

STORE_TEST(what_is_over_is_swept_and_the_rest_stays)
{
	CLEANUP(store_refresh_clear) struct store_refresh family = { 0 };
	CLEANUP(store_device_clear) struct store_device device = { 0 };
	int64_t removed = 0;

	add_family(f, "g1", "h1");
	add_device(f);
	EXPECT_OK(store_sweep(f->db, NOW + 3 * DAY_US, 100, &removed));
	cr_assert_eq(removed, 1, "the device code");
	EXPECT_STATUS(E_NOT_FOUND, store_device_find(f->db, BLOB("dev"), &device));
	EXPECT_OK(store_refresh_find(f->db, STR("h1"), &family));
	EXPECT_OK(store_sweep(f->db, NOW + 40 * DAY_US, 100, &removed));
	cr_assert_eq(removed, 2, "the family and its grant");
}
