#include "authd/store/store_outbox.h"

#include "authd/store/store_client.h"
#include "authd/store/store_code.h"
#include "authd/store/store_consent.h"
#include "authd/store/store_outcome.h"
#include "authd/store/store_policy.h"
#include "authd/store/store_request.h"
#include "authd/store/store_role.h"
#include "authd/store/store_session.h"
#include "tests/unit/store_fixture.h"

static void
put(struct fixture *f, const char *event_id, const char *target, const char *key, int64_t at)
{
	struct store_outbox o = {
		.event_id = str_of(event_id),
		.target = str_of(target),
		.target_key = str_of(key),
		.fragment = STR("\"id\":\"…\"}"),
		.created_us = at,
	};

	IN_TX(f, store_outbox_add(&tx, &o));
}

static struct store_receipt
receipt_of(const char *event_id, uint64_t index)
{
	struct store_receipt r = { .event_id = str_of(event_id), .index = index };

	memset(r.leaf, 0xab, sizeof(r.leaf));
	r.leaf[3] = 0;
	return r;
}

static void
done(struct fixture *f, const char *event_id, uint64_t index)
{
	struct store_receipt r = receipt_of(event_id, index);

	EXPECT_OK(store_outbox_done(f->db, &r, 1, NOW));
}

/* ---- the row ---- */

STORE_TEST(an_event_waits_until_the_log_has_it)
{
	CLEANUP(store_outbox_list_clear) struct store_outbox_list all = { 0 };
	CLEANUP(store_outbox_list_clear) struct store_outbox_list left = { 0 };
	CLEANUP(store_outbox_clear) struct store_outbox o = { 0 };
	int64_t count, oldest;

	put(f, "e2", "", "", NOW + 2);
	put(f, "e1", "", "", NOW + 1);
	put(f, "e3", "", "", NOW + 3);
	EXPECT_OK(store_outbox_unsent(f->db, NOW + 3, 10, &all));
	cr_assert_eq(all.count, 2, "what is younger than asked for is still on its way");
	EXPECT_STR(STR("e1"), all.items[0].event_id);
	EXPECT_STR(STR("\"id\":\"…\"}"), all.items[0].fragment);
	done(f, "e1", 7);
	EXPECT_OK(store_outbox_unsent(f->db, INT64_MAX, 1, &left));
	cr_assert_eq(left.count, 1);
	EXPECT_STR(STR("e2"), left.items[0].event_id);
	EXPECT_OK(store_outbox_backlog(f->db, &count, &oldest));
	cr_assert(count == 2 && oldest == NOW + 2);
	EXPECT_OK(store_outbox_find(f->db, STR("e1"), &o));
	cr_assert(o.log_index == 7 && o.sent_us == NOW && o.leaf.n == 32 && o.leaf.p[3] == 0);
	done(f, "e2", 8);
	done(f, "e3", 9);
	EXPECT_OK(store_outbox_backlog(f->db, &count, &oldest));
	cr_assert(count == 0 && oldest == 0);
}

STORE_TEST(an_event_id_is_used_once_and_targets_are_known)
{
	struct store_outbox o = { .event_id = STR("e1"), .target = STR("session; DROP"), .fragment = STR("{}") };

	REFUSED_IN_TX(f, E_INVALID, store_outbox_add(&tx, &o));
	put(f, "e1", "", "", NOW);
	o.target = STR("");
	REFUSED_IN_TX(f, E_CONFLICT, store_outbox_add(&tx, &o));
}

STORE_TEST(state_and_event_are_both_there_or_neither)
{
	struct store_outbox o = {
		.event_id = STR("e1"), .target = STR("person"), .target_key = STR("sub_a"), .fragment = STR("{}")
	};
	struct store_person p = { .sub = STR("sub_a"), .kind = STR("adult"), .status = 1, .event_id = STR("e1") };
	CLEANUP(store_person_clear) struct store_person got = { 0 };
	struct store_tx half = { 0 };

	EXPECT_OK(store_begin(f->db, &half));
	EXPECT_OK(store_person_add(&half, &p));
	EXPECT_OK(store_outbox_add(&half, &o));
	store_abandon(&half);
	EXPECT_STATUS(E_NOT_FOUND, store_person_find(f->db, STR("sub_a"), &got));
	EXPECT_STATUS(E_NOT_FOUND, store_outbox_find(f->db, STR("e1"), &o));
}

/* ---- receipts ---- */

STORE_TEST(the_same_receipt_again_is_fine_and_another_is_corrupt)
{
	struct store_receipt other = receipt_of("e1", 8), unknown = receipt_of("e9", 1);
	struct store_receipt two[] = { receipt_of("e2", 9), receipt_of("e1", 8) };
	struct store_receipt beyond = receipt_of("e1", UINT64_MAX);
	CLEANUP(store_outbox_clear) struct store_outbox o = { 0 };

	put(f, "e1", "", "", NOW);
	put(f, "e2", "", "", NOW);
	done(f, "e1", 7);
	done(f, "e1", 7);
	EXPECT_STATUS(E_CORRUPT, store_outbox_done(f->db, &other, 1, NOW));
	EXPECT_STATUS(E_NOT_FOUND, store_outbox_done(f->db, &unknown, 1, NOW));
	EXPECT_STATUS(E_INVALID, store_outbox_done(f->db, &beyond, 1, NOW));
	EXPECT_OK(store_outbox_done(f->db, NULL, 0, NOW));
	EXPECT_STATUS(E_TOO_LARGE, store_outbox_done(f->db, &other, 1001, NOW));
	/* All or none: e2 was right, but came with a lie. */
	EXPECT_STATUS(E_CORRUPT, store_outbox_done(f->db, two, 2, NOW));
	EXPECT_OK(store_outbox_find(f->db, STR("e2"), &o));
	cr_assert_eq(o.log_index, STORE_NO_INDEX);
}

static enum status
note_receipts(struct store *db, int number)
{
	struct store_receipt r[20];
	char names[20][8];

	/* Half of them in the other order, so that two nodes lock the same rows crosswise. */
	for (int i = 0; i < 20; i++) {
		int event = number % 2 ? 19 - i : i;
		snprintf(names[i], sizeof(names[i]), "e%02d", event);
		r[i] = receipt_of(names[i], (uint64_t)event);
	}
	return store_outbox_done(db, r, 20, NOW);
}

STORE_TEST(nodes_that_note_the_same_receipts_at_once_agree)
{
	enum status results[RACERS];
	int64_t count, oldest;

	for (int i = 0; i < 20; i++) {
		char name[8];
		snprintf(name, sizeof(name), "e%02d", i);
		put(f, name, "", "", NOW);
	}
	race(f, note_receipts, results);
	cr_assert_eq(count_status(results, OK), RACERS);
	EXPECT_OK(store_outbox_backlog(f->db, &count, &oldest));
	cr_assert_eq(count, 0);
}

/* ---- write-back, target by target ---- */

STORE_TEST(the_index_reaches_a_person)
{
	CLEANUP(store_person_clear) struct store_person p = { 0 };

	add_person(f, "sub_a");
	put(f, EVENT, STORE_TARGET_PERSON, "sub_a", NOW);
	done(f, EVENT, 11);
	EXPECT_OK(store_person_find(f->db, STR("sub_a"), &p));
	cr_assert_eq(p.log_index, 11);
}

STORE_TEST(the_index_reaches_the_role_of_its_event_only)
{
	struct store_role r = {
		.sub = STR("sub_a"), .organisation = STR("o"), .role = STR("r1"), .event_id = STR("e1")
	};
	struct store_role s = {
		.sub = STR("sub_a"), .organisation = STR("o"), .role = STR("r2"), .event_id = STR("e2")
	};
	CLEANUP(store_role_list_clear) struct store_role_list l = { 0 };

	add_person(f, "sub_a");
	IN_TX(f, store_role_assign(&tx, &r));
	IN_TX(f, store_role_assign(&tx, &s));
	put(f, "e2", STORE_TARGET_ROLE, "sub_a", NOW);
	done(f, "e2", 12);
	EXPECT_OK(store_role_of(f->db, STR("sub_a"), &l));
	cr_assert_eq(l.count, 1);
	EXPECT_STR(STR("r2"), l.items[0].role);
	cr_assert_eq(l.items[0].log_index, 12);
}

STORE_TEST(the_index_reaches_a_session)
{
	struct store_session s = { .id_hash = BLOB("h"),
				   .sid = STR("s1"),
				   .sub = STR("sub_a"),
				   .idle_us_limit = DAY_US,
				   .seen_us = NOW,
				   .expires_us = NOW + DAY_US,
				   .event_id = STR(EVENT) };
	CLEANUP(store_session_clear) struct store_session got = { 0 };

	add_person(f, "sub_a");
	IN_TX(f, store_session_add(&tx, &s));
	put(f, EVENT, STORE_TARGET_SESSION, "s1", NOW);
	done(f, EVENT, 13);
	EXPECT_OK(store_session_find(f->db, BLOB("h"), NOW, &got));
	cr_assert_eq(got.log_index, 13);
}

STORE_TEST(the_index_reaches_a_client)
{
	struct store_client c = { .client_id = STR("c1"), .kind = STR("public"), .event_id = STR(EVENT) };
	CLEANUP(store_client_clear) struct store_client got = { 0 };

	IN_TX(f, store_client_add(&tx, &c));
	put(f, EVENT, STORE_TARGET_CLIENT, "c1", NOW);
	done(f, EVENT, 14);
	EXPECT_OK(store_client_find(f->db, STR("c1"), &got));
	cr_assert_eq(got.log_index, 14);
}

STORE_TEST(the_index_reaches_a_code_and_makes_it_good)
{
	struct store_code c = {
		.code_hash = BLOB("h"), .client_id = STR("c1"), .grant_id = STR("g1"), .event_id = STR(EVENT)
	};
	CLEANUP(store_code_clear) struct store_code got = { 0 };

	IN_TX(f, store_code_add(&tx, &c));
	REFUSED_IN_TX(f, E_NOT_FOUND, store_code_consume(&tx, BLOB("h"), STR("c1"), NOW, &got));
	put(f, EVENT, STORE_TARGET_CODE, "g1", NOW);
	done(f, EVENT, 15);
	IN_TX(f, store_code_consume(&tx, BLOB("h"), STR("c1"), NOW, &got));
	cr_assert_eq(got.log_index, 15);
}

STORE_TEST(index_and_leaf_reach_a_request)
{
	struct store_request r = { .request_id = STR("r1"), .fingerprint = BLOB("f"), .event_id = STR(EVENT) };
	CLEANUP(store_request_clear) struct store_request got = { 0 };

	IN_TX(f, store_request_add(&tx, &r));
	put(f, EVENT, STORE_TARGET_REQUEST, "r1", NOW);
	done(f, EVENT, 16);
	EXPECT_OK(store_request_find(f->db, STR("r1"), STR(""), &got));
	cr_assert(got.log_index == 16 && got.leaf.n == 32);
}

static void
add_event(struct fixture *f, const char *state, const char *event_id)
{
	struct store_consent_event e = {
		.record_id = STR("rec1"), .state = str_of(state), .at_us = NOW, .event_id = str_of(event_id)
	};

	IN_TX(f, store_consent_event_add(&tx, &e));
}

STORE_TEST(giving_and_withdrawing_have_an_index_each_and_so_have_their_events)
{
	struct store_consent c = {
		.record_id = STR("rec1"), .state = STR("given"), .code = STR("c"), .event_id = STR("e1")
	};
	CLEANUP(store_consent_clear) struct store_consent got = { 0 };
	CLEANUP(store_consent_event_list_clear) struct store_consent_event_list events = { 0 };

	IN_TX(f, store_consent_add(&tx, &c, NULL, 0));
	add_event(f, "given", "e1");
	put(f, "e1", STORE_TARGET_CONSENT, "rec1", NOW);
	done(f, "e1", 17);
	IN_TX(f, store_consent_withdraw(&tx, STR("rec1"), STR(""), NOW, STR("e2"), NULL));
	add_event(f, "withdrawn", "e2");
	put(f, "e2", STORE_TARGET_CONSENT_WITHDRAW, "rec1", NOW);
	done(f, "e2", 18);
	EXPECT_OK(store_consent_find(f->db, STR("rec1"), STR(""), &got));
	cr_assert(got.log_index == 17 && got.withdraw_index == 18);
	EXPECT_OK(store_consent_events(f->db, STR("rec1"), &events));
	cr_assert(events.count == 2 && events.items[0].log_index == 17 && events.items[1].log_index == 18);
	cr_assert(events.items[0].leaf.n == 32 && events.items[1].leaf.n == 32);
}

STORE_TEST(the_index_reaches_an_event_of_a_record_alone)
{
	struct store_consent c = {
		.record_id = STR("rec1"), .state = STR("given"), .code = STR("c"), .event_id = STR("e1")
	};
	CLEANUP(store_consent_clear) struct store_consent got = { 0 };
	CLEANUP(store_consent_event_list_clear) struct store_consent_event_list events = { 0 };

	IN_TX(f, store_consent_add(&tx, &c, NULL, 0));
	add_event(f, "given", "e2");
	put(f, "e2", STORE_TARGET_CONSENT_EVENT, "rec1", NOW);
	done(f, "e2", 19);
	EXPECT_OK(store_consent_find(f->db, STR("rec1"), STR(""), &got));
	cr_assert_eq(got.log_index, STORE_NO_INDEX);
	EXPECT_OK(store_consent_events(f->db, STR("rec1"), &events));
	cr_assert_eq(events.items[0].log_index, 19);
}

STORE_TEST(the_index_reaches_an_outcome_and_a_policy)
{
	struct store_outcome o = { .evaluation_id = STR("ev"), .outcome = STR("empty"), .event_id = STR("e1") };
	struct store_policy p = { .version = 7, .event_id = STR("e2") };
	CLEANUP(store_outcome_clear) struct store_outcome outcome = { 0 };
	CLEANUP(store_policy_clear) struct store_policy active = { 0 };

	IN_TX(f, store_outcome_add(&tx, &o));
	IN_TX(f, store_policy_activate(&tx, &p));
	put(f, "e1", STORE_TARGET_OUTCOME, "ev", NOW);
	put(f, "e2", STORE_TARGET_POLICY, "7", NOW);
	done(f, "e1", 20);
	done(f, "e2", 21);
	EXPECT_OK(store_outcome_find(f->db, STR("ev"), &outcome));
	EXPECT_OK(store_policy_active(f->db, &active));
	cr_assert(outcome.log_index == 20 && active.log_index == 21);
}

STORE_TEST(an_index_for_a_row_that_is_gone_is_no_error)
{
	CLEANUP(store_outbox_clear) struct store_outbox o = { 0 };

	put(f, "e1", STORE_TARGET_ROLE, "sub_gone", NOW);
	done(f, "e1", 22);
	EXPECT_OK(store_outbox_find(f->db, STR("e1"), &o));
	cr_assert_eq(o.log_index, 22);
}

STORE_TEST(sent_events_are_swept_after_a_week_and_unsent_never)
{
	CLEANUP(store_outbox_clear) struct store_outbox o = { 0 };
	int64_t removed;

	put(f, "e1", "", "", NOW);
	put(f, "e2", "", "", NOW);
	done(f, "e1", 1);
	EXPECT_OK(store_sweep(f->db, NOW + 6 * DAY_US, 100, &removed));
	cr_assert_eq(removed, 0);
	EXPECT_OK(store_sweep(f->db, NOW + 1000 * DAY_US, 100, &removed));
	cr_assert_eq(removed, 1);
	EXPECT_OK(store_outbox_find(f->db, STR("e2"), &o));
}

/* ---- refused for good ---- */

STORE_TEST(a_row_that_stands_aside_holds_up_no_other_and_is_not_lost)
{
	struct store_outbox bad = { .event_id = STR("bad"),
				    .target = STR(""),
				    .target_key = STR(""),
				    .fragment = STR("{}"),
				    .created_us = NOW };
	struct store_outbox good = { .event_id = STR("good"),
				     .target = STR(""),
				     .target_key = STR(""),
				     .fragment = STR("{}"),
				     .created_us = NOW + 1 };
	CLEANUP(store_outbox_list_clear) struct store_outbox_list first = { 0 };
	CLEANUP(store_outbox_list_clear) struct store_outbox_list next = { 0 };
	CLEANUP(store_outbox_list_clear) struct store_outbox_list again = { 0 };
	CLEANUP(store_outbox_clear) struct store_outbox kept = { 0 };
	int64_t count = -1, oldest = -1, removed;

	IN_TX(f, store_outbox_add(&tx, &bad));
	IN_TX(f, store_outbox_add(&tx, &good));
	EXPECT_OK(store_outbox_unsent(f->db, NOW + 10, 1, &first));
	EXPECT_STR(STR("bad"), first.items[0].event_id);
	EXPECT_OK(store_outbox_refuse(f->db, STR("bad"), NOW));
	EXPECT_OK(store_outbox_unsent(f->db, NOW + 10, 1, &next));
	EXPECT_STR(STR("good"), next.items[0].event_id);
	EXPECT_OK(store_outbox_backlog(f->db, &count, &oldest));
	cr_assert(count == 1 && oldest == NOW + 1);
	EXPECT_OK(store_outbox_refused(f->db, &count));
	cr_assert_eq(count, 1);

	EXPECT_OK(store_sweep(f->db, NOW + 1000 * DAY_US, 1000, &removed));
	EXPECT_OK(store_outbox_find(f->db, STR("bad"), &kept));
	EXPECT_OK(store_outbox_try_again(f->db));
	EXPECT_OK(store_outbox_unsent(f->db, NOW + 10, 10, &again));
	cr_assert_eq(again.count, 2);
}

STORE_TEST(a_row_that_was_sent_or_never_was_cannot_stand_aside)
{
	struct store_outbox o = {
		.event_id = STR("sent"), .target = STR(""), .target_key = STR(""), .fragment = STR("{}")
	};
	struct store_receipt r = { .event_id = STR("sent"), .index = 1 };

	IN_TX(f, store_outbox_add(&tx, &o));
	EXPECT_OK(store_outbox_done(f->db, &r, 1, NOW));
	EXPECT_STATUS(E_NOT_FOUND, store_outbox_refuse(f->db, STR("sent"), NOW));
	EXPECT_STATUS(E_NOT_FOUND, store_outbox_refuse(f->db, STR("unknown"), NOW));
}
