/* Requests, records and the facts of a decision: store_request, consent, objection, limit, outcome, question, policy.
 */
#include "authd/store/store_consent.h"

#include "authd/store/store_consent_identity.h"
#include "authd/store/store_contract.h"
#include "authd/store/store_limit.h"
#include "authd/store/store_objection.h"
#include "authd/store/store_outbox.h"
#include "authd/store/store_outcome.h"
#include "authd/store/store_person.h"
#include "authd/store/store_policy.h"
#include "authd/store/store_question.h"
#include "authd/store/store_request.h"
#include "tests/unit/store_fixture.h"

#define YEAR (365 * DAY_US)

/* ---- request ---- */

static struct store_request
request_of(const char *id, struct str fingerprint, int64_t at)
{
	return (struct store_request){
		.request_id = str_of(id),
		.client_id = STR("c1"),
		.service = STR("svc_a"),
		.organisation = STR("org"),
		.sub = STR("sub_a"),
		.purpose = STR("eligibility"),
		.purpose_version = 3,
		.categories = STR("[\"income\"]"),
		.optional = STR("[]"),
		.case_ref = STR("2026-1"),
		.notice_id = STR("ntc"),
		.notice_version = 4,
		.created_us = at,
		.expires_us = at + DAY_US,
		.fingerprint = fingerprint,
		.event_id = STR(EVENT),
	};
}

static void
add_request(struct fixture *f, const char *id, struct str fingerprint, int64_t at)
{
	struct store_request r = request_of(id, fingerprint, at);

	IN_TX(f, store_request_add(&tx, &r));
	meddle(f, "UPDATE consent_request SET log_index = 5");
}

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

/* ---- consent ---- */

static struct store_consent
consent_of(const char *id, int64_t given_us)
{
	return (struct store_consent){
		.record_id = str_of(id),
		.request_id = STR("r1"),
		.sub = STR("sub_a"),
		.service = STR("svc_a"),
		.organisation = STR("org"),
		.purpose = STR("eligibility"),
		.purpose_version = 3,
		.state = STR("given"),
		.from_us = given_us,
		.until_us = given_us + YEAR,
		.record = STR("{\"schema\":\"…\"}"),
		.code = str_of(id),
		.ctag = STR("ctag"),
		.given_us = given_us,
		.event_id = STR(EVENT),
	};
}

/* A record for income, in the log at index 100 unless state says otherwise. */
static void
add_consent(struct fixture *f, const char *id, int64_t given_us, const char *category)
{
	struct store_consent c = consent_of(id, given_us);
	struct str categories[1] = { str_of(category) };

	IN_TX(f, store_consent_add(&tx, &c, categories, 1));
	meddle(f, "UPDATE consent SET log_index = 100");
}

STORE_TEST(a_record_comes_back_as_it_was)
{
	struct store_consent c = consent_of("rec1", NOW);
	const struct str categories[] = { STR_INIT("income"), STR_INIT("family") };
	CLEANUP(store_consent_clear) struct store_consent a = { 0 };
	CLEANUP(store_consent_clear) struct store_consent b = { 0 };
	CLEANUP(store_category_list_clear) struct store_category_list l = { 0 };

	IN_TX(f, store_consent_add(&tx, &c, categories, 2));
	EXPECT_OK(store_consent_find(f->db, STR("rec1"), STR("sub_a"), &a));
	EXPECT_OK(store_consent_by_code(f->db, STR("rec1"), &b));
	EXPECT_STR(c.record, a.record);
	EXPECT_STR(STR("ctag"), b.ctag);
	cr_assert(a.withdrawn_us == 0 && a.withdraw_event_id.p == NULL);
	cr_assert(a.log_index == STORE_NO_INDEX && a.withdraw_index == STORE_NO_INDEX);
	EXPECT_OK(store_consent_categories(f->db, STR("rec1"), &l));
	cr_assert_eq(l.count, 2);
	EXPECT_STR(STR("family"), l.items[0]);
	EXPECT_STR(STR("income"), l.items[1]);
	EXPECT_STATUS(E_NOT_FOUND, store_consent_find(f->db, STR("rec1"), STR("sub_b"), &a));
}

STORE_TEST(a_check_code_stands_for_one_record)
{
	struct store_consent c = consent_of("rec2", NOW);

	add_consent(f, "rec1", NOW, "income");
	c.code = STR("rec1");
	REFUSED_IN_TX(f, E_CONFLICT, store_consent_add(&tx, &c, NULL, 0));
}

/* Who signed it is kept once, beside the record; the record outlives the person's key, this does not. */
STORE_TEST(the_particulars_of_a_record_are_kept_once_and_go_with_the_person)
{
	const struct store_consent_identity i = { .record_id = STR("rec1"),
						  .sub = STR("sub_a"),
						  .sealed = BLOB("sealed\0") };
	CLEANUP(store_consent_identity_clear) struct store_consent_identity got = { 0 };
	CLEANUP(store_consent_clear) struct store_consent record = { 0 };

	add_person(f, "sub_a");
	REFUSED_IN_TX(f, E_NOT_FOUND, store_consent_identity_add(&tx, &i)); /* there is no such record */
	add_consent(f, "rec1", NOW, "income");
	EXPECT_STATUS(E_NOT_FOUND, store_consent_identity_find(f->db, STR("rec1"), &got));
	IN_TX(f, store_consent_identity_add(&tx, &i));
	REFUSED_IN_TX(f, E_CONFLICT, store_consent_identity_add(&tx, &i));
	EXPECT_OK(store_consent_identity_find(f->db, STR("rec1"), &got));
	EXPECT_STR(i.sealed, got.sealed);
	store_consent_identity_clear(&got);
	IN_TX(f, store_person_erase(&tx, STR("sub_a"), STR(EVENT)));
	EXPECT_STATUS(E_NOT_FOUND, store_consent_identity_find(f->db, STR("rec1"), &got));
	EXPECT_OK(store_consent_find(f->db, STR("rec1"), STR("sub_a"), &record));
}

STORE_TEST(only_the_person_withdraws_and_only_once)
{
	CLEANUP(store_consent_clear) struct store_consent c = { 0 };

	add_consent(f, "rec1", NOW, "income");
	REFUSED_IN_TX(f, E_NOT_FOUND, store_consent_withdraw(&tx, STR("rec1"), STR("sub_b"), NOW + 1, STR("w"), NULL));
	REFUSED_IN_TX(f, E_NOT_FOUND, store_consent_withdraw(&tx, STR("rec9"), STR("sub_a"), NOW + 1, STR("w"), NULL));
	IN_TX(f, store_consent_withdraw(&tx, STR("rec1"), STR("sub_a"), NOW + 1, STR("w"), &c));
	EXPECT_STR(STR("withdrawn"), c.state);
	EXPECT_STR(STR("w"), c.withdraw_event_id);
	cr_assert(c.withdrawn_us == NOW + 1 && c.log_index == 100);
	REFUSED_IN_TX(f, E_USED, store_consent_withdraw(&tx, STR("rec1"), STR("sub_a"), NOW + 2, STR("w2"), NULL));
	REFUSED_IN_TX(f, E_NOT_FOUND, store_consent_withdraw(&tx, STR("rec1"), STR("sub_b"), NOW + 2, STR("w2"), NULL));
	REFUSED_IN_TX(f, E_NOT_FOUND, store_consent_end(&tx, STR("rec1"), STR("expired"), NOW, STR("e")));
}

static enum status
withdraw(struct store *db, int number UNUSED)
{
	CLEANUP(store_abandon) struct store_tx tx = { 0 };

	TRY(store_begin(db, &tx));
	TRY(store_consent_withdraw(&tx, STR("rec1"), STR("sub_a"), NOW, STR("w"), NULL));
	return store_commit(&tx);
}

STORE_TEST(a_consent_is_withdrawn_once_however_often_it_is_posted)
{
	enum status results[RACERS];

	add_consent(f, "rec1", NOW, "income");
	race(f, withdraw, results);
	cr_assert_eq(count_status(results, OK), 1);
	cr_assert_eq(count_status(results, E_USED), RACERS - 1);
}

STORE_TEST(a_record_ends_in_the_stated_ways_only)
{
	add_consent(f, "rec1", NOW, "income");
	REFUSED_IN_TX(f, E_INVALID, store_consent_end(&tx, STR("rec1"), STR("given"), NOW, STR("e")));
	REFUSED_IN_TX(f, E_INVALID, store_consent_end(&tx, STR("rec1"), STR("withdrawn"), NOW, STR("e")));
	IN_TX(f, store_consent_end(&tx, STR("rec1"), STR("revoked"), NOW, STR("e")));
	REFUSED_IN_TX(f, E_NOT_FOUND, store_consent_withdraw(&tx, STR("rec1"), STR("sub_a"), NOW, STR("w"), NULL));
}

STORE_TEST(records_are_listed_for_a_person_or_a_service)
{
	struct store_cursor at = { "" };
	struct store_consent_filter mine = { .sub = STR("sub_a") };
	struct store_consent_filter theirs = { .service = STR("svc_a"),
					       .purpose = STR("eligibility"),
					       .state = STR("withdrawn") };
	struct store_consent_filter foreign = { .sub = STR("sub_a"), .service = STR("svc_b") };
	struct store_consent_filter nobody = { .purpose = STR("eligibility") };
	CLEANUP(store_consent_list_clear) struct store_consent_list l = { 0 };
	CLEANUP(store_consent_list_clear) struct store_consent_list none = { 0 };
	int seen = 0;

	for (int i = 0; i < 9; i++) {
		char id[8];
		snprintf(id, sizeof(id), "rec%d", i);
		add_consent(f, id, NOW + i / 4, "income");
	}
	do {
		CLEANUP(store_consent_list_clear) struct store_consent_list page = { 0 };
		EXPECT_OK(store_consent_page(f->db, &mine, str_of(at.text), 2, &page));
		for (size_t i = 0; i < page.count; i++, seen++)
			cr_assert_eq(page.items[i].record_id.p[3], '8' - seen);
		at = page.next;
	} while (at.text[0]);
	cr_assert_eq(seen, 9);

	IN_TX(f, store_consent_withdraw(&tx, STR("rec4"), STR("sub_a"), NOW, STR("w"), NULL));
	EXPECT_OK(store_consent_page(f->db, &theirs, STR(""), 10, &l));
	cr_assert_eq(l.count, 1);
	EXPECT_STR(STR("rec4"), l.items[0].record_id);
	EXPECT_OK(store_consent_page(f->db, &foreign, STR(""), 10, &none));
	cr_assert_eq(none.count, 0);
	EXPECT_STATUS(E_INVALID, store_consent_page(f->db, &nobody, STR(""), 10, &none));
}

STORE_TEST(events_of_a_record_are_numbered_in_order)
{
	struct store_consent_event e = {
		.record_id = STR("rec1"),
		.state = STR("requested"),
		.at_us = NOW,
		.by_id = STR("svc_a"),
		.event_id = STR("e1"),
		.log_index = 48101,
		.leaf = BLOB("0123456789abcdef0123456789abcde\0"),
	};
	CLEANUP(store_consent_event_list_clear) struct store_consent_event_list l = { 0 };

	add_consent(f, "rec1", NOW, "income");
	IN_TX(f, store_consent_event_add(&tx, &e));
	e.state = STR("given");
	e.event_id = STR("e2");
	e.leaf = (struct str){ 0 };
	IN_TX(f, store_consent_event_add(&tx, &e));
	e.seq = 2;
	REFUSED_IN_TX(f, E_CONFLICT, store_consent_event_add(&tx, &e));
	EXPECT_OK(store_consent_events(f->db, STR("rec1"), &l));
	cr_assert_eq(l.count, 2);
	cr_assert(l.items[0].seq == 1 && l.items[0].log_index == 48101 && l.items[0].leaf.n == 32);
	cr_assert(l.items[1].seq == 2 && l.items[1].log_index == STORE_NO_INDEX && l.items[1].leaf.p == NULL);
	e.record_id = STR("rec9");
	REFUSED_IN_TX(f, E_NOT_FOUND, store_consent_event_add(&tx, &e));
}

/* ---- facts ---- */

static struct store_facts
facts_at(struct fixture *f, const char *category, int64_t now_us)
{
	struct store_facts facts = { 0 };

	const struct store_facts_query query = {
		.sub = STR("sub_a"),
		.service = STR("svc_a"),
		.purpose = STR("eligibility"),
		.category = str_of(category),
		.contract = STR("care"),
		.now_us = now_us,
	};

	EXPECT_OK(store_consent_facts(f->db, &query, &facts));
	return facts;
}

static void
expect_facts(struct fixture *f, const char *category, const char *record_id, const char *state, bool has_category)
{
	CLEANUP(store_facts_clear) struct store_facts facts = facts_at(f, category, NOW + 1000);

	EXPECT_STR(str_of(record_id), facts.record_id);
	EXPECT_STR(str_of(state), facts.state);
	cr_assert_eq(facts.has_category, has_category);
}

STORE_TEST(facts_of_an_unknown_person_are_one_row_of_nothing)
{
	CLEANUP(store_facts_clear) struct store_facts facts = facts_at(f, "income", NOW);

	cr_assert(!facts.person_known && facts.person_status == 0 && !facts.wrapped_key.p && !facts.objection);
	cr_assert(!facts.record_id.p && !facts.has_category && !facts.in_period);
	cr_assert_eq(facts.log_index, STORE_NO_INDEX);
}

STORE_TEST(facts_of_a_consent_in_force)
{
	CLEANUP(store_facts_clear) struct store_facts facts = { 0 };

	add_person(f, "sub_a");
	add_consent(f, "rec1", NOW, "income");
	facts = facts_at(f, "income", NOW);
	cr_assert(facts.person_known && facts.person_status == 1 && facts.has_category && facts.in_period);
	EXPECT_STR(STR("adult"), facts.person_kind);
	EXPECT_STR(BLOB("\x00wrapped\xff"), facts.wrapped_key);
	EXPECT_STR(STR("rec1"), facts.record_id);
	EXPECT_STR(STR("given"), facts.state);
	EXPECT_STR(STR("ctag"), facts.ctag);
	EXPECT_STR(STR("org"), facts.organisation);
	cr_assert(facts.log_index == 100 && facts.purpose_version == 3);
	cr_assert(facts.from_us == NOW && facts.until_us == NOW + YEAR);
}

STORE_TEST(facts_know_when_a_consent_begins_and_ends)
{
	static const struct {
		int64_t at;
		bool in_period;
	} cases[] = { { NOW - 1, false }, { NOW, true }, { NOW + YEAR - 1, true }, { NOW + YEAR, false } };

	add_consent(f, "rec1", NOW, "income");
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		CLEANUP(store_facts_clear) struct store_facts facts = facts_at(f, "income", cases[i].at);
		cr_assert_eq(facts.in_period, cases[i].in_period, "case %zu", i);
	}
}

STORE_TEST(facts_tell_every_state_and_forget_refusals)
{
	static const char *const states[] = { "given", "withdrawn", "expired", "revoked", "invalidated", "renewed" };
	char sql[80];

	add_consent(f, "rec1", NOW, "income");
	for (size_t i = 0; i < ARRAY_LEN(states); i++) {
		snprintf(sql, sizeof(sql), "UPDATE consent SET state = '%s'", states[i]);
		meddle(f, sql);
		expect_facts(f, "income", "rec1", states[i], true);
	}
	meddle(f, "UPDATE consent SET state = 'refused'");
	{
		CLEANUP(store_facts_clear) struct store_facts facts = facts_at(f, "income", NOW);
		cr_assert_null(facts.record_id.p);
	}
}

STORE_TEST(facts_are_about_this_person_service_and_purpose_only)
{
	static const char *const others[][3] = {
		{ "sub_b", "svc_a", "eligibility" },
		{ "sub_a", "svc_b", "eligibility" },
		{ "sub_a", "svc_a", "statistics" },
	};

	add_consent(f, "rec1", NOW, "income");
	for (size_t i = 0; i < ARRAY_LEN(others); i++) {
		CLEANUP(store_facts_clear) struct store_facts facts = { 0 };
		const struct store_facts_query query = {
			.sub = str_of(others[i][0]),
			.service = str_of(others[i][1]),
			.purpose = str_of(others[i][2]),
			.category = STR("income"),
			.now_us = NOW,
		};

		EXPECT_OK(store_consent_facts(f->db, &query, &facts));
		cr_assert_null(facts.record_id.p, "case %zu", i);
	}
	expect_facts(f, "disability", "rec1", "given", false);
}

STORE_TEST(the_newest_record_of_a_category_is_the_last_word)
{
	add_consent(f, "rec1", NOW, "income");
	add_consent(f, "rec2", NOW + 10, "income");
	expect_facts(f, "income", "rec2", "given", true);
	IN_TX(f, store_consent_withdraw(&tx, STR("rec2"), STR("sub_a"), NOW + 20, STR("w"), NULL));
	expect_facts(f, "income", "rec2", "withdrawn", true);
}

STORE_TEST(a_consent_for_another_category_says_nothing_about_this_one)
{
	add_consent(f, "rec1", NOW, "income");
	add_consent(f, "rec2", NOW + 10, "family");
	expect_facts(f, "income", "rec1", "given", true);
	IN_TX(f, store_consent_withdraw(&tx, STR("rec2"), STR("sub_a"), NOW + 20, STR("w"), NULL));
	expect_facts(f, "income", "rec1", "given", true);
	expect_facts(f, "family", "rec2", "withdrawn", true);
	expect_facts(f, "disability", "rec2", "withdrawn", false);
}

STORE_TEST(until_the_log_has_a_new_consent_the_old_one_holds)
{
	add_consent(f, "rec1", NOW, "income");
	add_consent(f, "rec2", NOW + 10, "income");
	meddle(f, "UPDATE consent SET log_index = NULL WHERE record_id = 'rec2'");
	expect_facts(f, "income", "rec1", "given", true);
	/* Alone it is shown, without an index: nothing may rest on it. */
	meddle(f, "UPDATE consent SET log_index = NULL, sub = 'sub_z' WHERE record_id = 'rec1'");
	{
		CLEANUP(store_facts_clear) struct store_facts facts = facts_at(f, "income", NOW + 20);
		EXPECT_STR(STR("rec2"), facts.record_id);
		cr_assert_eq(facts.log_index, STORE_NO_INDEX);
	}
	/* A withdrawal holds at commit, in the log or not. */
	IN_TX(f, store_consent_withdraw(&tx, STR("rec2"), STR("sub_a"), NOW + 20, STR("w"), NULL));
	meddle(f, "UPDATE consent SET log_index = 1, sub = 'sub_a' WHERE record_id = 'rec1'");
	expect_facts(f, "income", "rec2", "withdrawn", true);
}

static bool
objects(struct fixture *f, const char *category)
{
	CLEANUP(store_facts_clear) struct store_facts facts = facts_at(f, category, NOW);

	return facts.objection;
}

static void
in_log(struct fixture *f, const char *target, const char *key, const char *event, uint64_t index)
{
	const struct store_receipt r = { .event_id = str_of(event), .index = index };
	const struct store_outbox row = { .event_id = str_of(event),
					  .target = str_of(target),
					  .target_key = str_of(key),
					  .fragment = STR("{}"),
					  .created_us = NOW };

	IN_TX(f, store_outbox_add(&tx, &row));
	EXPECT_OK(store_outbox_done(f->db, &r, 1, NOW));
}

STORE_TEST(objections_reach_what_they_name)
{
	struct store_objection narrow = { STR("sub_a"), STR("eligibility"), STR("income"), NOW, STR("e1"), 0 };
	struct store_objection wide = { STR("sub_a"), STR("*"), STR("family"), NOW, STR("e2"), 0 };
	struct store_objection all = { STR("sub_a"), STR("eligibility"), STR("*"), NOW, STR("e3"), 0 };
	struct store_objection other = { STR("sub_b"), STR("*"), STR("*"), NOW, STR("e4"), 0 };
	CLEANUP(store_objection_list_clear) struct store_objection_list l = { 0 };

	IN_TX(f, store_objection_set(&tx, &other));
	cr_assert(!objects(f, "income"));
	IN_TX(f, store_objection_set(&tx, &narrow));
	REFUSED_IN_TX(f, E_USED, store_objection_set(&tx, &narrow));
	cr_assert(objects(f, "income") && !objects(f, "family"));
	IN_TX(f, store_objection_set(&tx, &wide));
	cr_assert(objects(f, "family") && !objects(f, "disability"));
	IN_TX(f, store_objection_set(&tx, &all));
	cr_assert(objects(f, "disability"));
	EXPECT_OK(store_objection_of(f->db, STR("sub_a"), &l));
	cr_assert_eq(l.count, 3);
}

STORE_TEST(an_objection_holds_until_the_log_says_that_it_was_lifted)
{
	struct store_objection all = { STR("sub_a"), STR("eligibility"), STR("*"), NOW, STR(EVENT), 0 };

	IN_TX(f, store_objection_set(&tx, &all));
	REFUSED_IN_TX(f, E_NOT_FOUND, store_objection_lift(&tx, all.sub, all.purpose, all.category, STR("lift")));
	in_log(f, STORE_TARGET_OBJECTION, "sub_a", EVENT, 5);
	IN_TX(f, store_objection_lift(&tx, all.sub, all.purpose, all.category, STR("lift")));
	cr_assert(objects(f, "income"), "the entry is not there yet");
	in_log(f, STORE_TARGET_OBJECTION_LIFT, "sub_a", "lift", 6);
	cr_assert(!objects(f, "income"));
	REFUSED_IN_TX(f, E_NOT_FOUND, store_objection_lift(&tx, all.sub, all.purpose, all.category, STR("again")));
	all.event_id = STR("anew");
	IN_TX(f, store_objection_set(&tx, &all));
	cr_assert(objects(f, "income"));
}

static bool
is_restricted(struct fixture *f, int64_t now_us)
{
	CLEANUP(store_facts_clear) struct store_facts facts = facts_at(f, "income", now_us);

	return facts.restricted;
}

STORE_TEST(a_restriction_ends_by_itself_or_by_whoever_set_it)
{
	struct store_restriction own = { STR("sub_a"), STR(STORE_BY_PERSON), STR("r"), NOW, NOW + 100, STR("own"), 0 };
	struct store_restriction of_officer = { STR("sub_a"), STR(STORE_BY_OFFICER), STR("r"), NOW, 0, STR("off"), 0 };
	CLEANUP(store_restriction_list_clear) struct store_restriction_list l = { 0 };

	cr_assert(!is_restricted(f, NOW));
	IN_TX(f, store_restriction_set(&tx, &own));
	REFUSED_IN_TX(f, E_USED, store_restriction_set(&tx, &own));
	cr_assert(is_restricted(f, NOW + 99) && !is_restricted(f, NOW + 100));
	IN_TX(f, store_restriction_set(&tx, &of_officer));
	in_log(f, STORE_TARGET_RESTRICTION, "sub_a", "own", 5);
	in_log(f, STORE_TARGET_RESTRICTION, "sub_a", "off", 6);
	EXPECT_OK(store_restriction_of(f->db, STR("sub_a"), NOW + 99, &l));
	cr_assert_eq(l.count, 2);
	IN_TX(f, store_restriction_lift(&tx, STR("sub_a"), STR(STORE_BY_PERSON), STR("lift")));
	in_log(f, STORE_TARGET_RESTRICTION_LIFT, "sub_a", "lift", 7);
	cr_assert(is_restricted(f, NOW + 1), "the officer's is not the person's to lift");
	IN_TX(f, store_restriction_lift(&tx, STR("sub_a"), STR(STORE_BY_OFFICER), STR("lift2")));
	in_log(f, STORE_TARGET_RESTRICTION_LIFT, "sub_a", "lift2", 8);
	cr_assert(!is_restricted(f, NOW + 1));
}

/* ---- contracts ---- */

static struct store_contract
contract_of(const char *id)
{
	return (struct store_contract){ .contract_id = str_of(id),
					.sub = STR("sub_a"),
					.service = STR("svc_a"),
					.organisation = STR("org_a"),
					.kind = STR("care"),
					.details = STR("sealed"),
					.state = STR("proposed"),
					.from_us = NOW,
					.until_us = NOW + YEAR,
					.ctag = STR("ctag_ctag_ctag_ctag_22"),
					.proposed_us = NOW };
}

static int64_t
contract_index(struct fixture *f, int64_t now_us)
{
	CLEANUP(store_facts_clear) struct store_facts facts = facts_at(f, "income", now_us);

	return facts.contract_index;
}

static bool
is_related(struct fixture *f)
{
	CLEANUP(store_facts_clear) struct store_facts facts = facts_at(f, "income", NOW);

	return facts.related;
}

STORE_TEST(a_contract_counts_from_the_entry_of_its_confirmation_to_its_end)
{
	struct store_contract c = contract_of("c1");

	add_person(f, "sub_a");
	IN_TX(f, store_contract_add(&tx, &c));
	cr_assert(contract_index(f, NOW) == STORE_NO_INDEX && !is_related(f), "what a service says alone is nothing");
	REFUSED_IN_TX(f, E_USED,
		      store_contract_answer(&tx, c.contract_id, STR("sub_b"), STR("in_force"), NOW, STR("x")));
	IN_TX(f, store_contract_answer(&tx, c.contract_id, c.sub, STR("in_force"), NOW, STR(EVENT)));
	cr_assert_eq(contract_index(f, NOW), STORE_NO_INDEX, "not in the log yet");
	in_log(f, STORE_TARGET_CONTRACT, "c1", EVENT, 9);
	cr_assert(contract_index(f, NOW) == 9 && is_related(f));
	cr_assert(contract_index(f, NOW - 1) == STORE_NO_INDEX && contract_index(f, NOW + YEAR) == STORE_NO_INDEX);
	REFUSED_IN_TX(f, E_USED, store_contract_answer(&tx, c.contract_id, c.sub, STR("declined"), NOW, STR("y")));
	IN_TX(f, store_contract_end(&tx, c.contract_id, NOW, STR("end")));
	cr_assert(contract_index(f, NOW) == STORE_NO_INDEX && is_related(f));
	REFUSED_IN_TX(f, E_USED, store_contract_end(&tx, c.contract_id, NOW, STR("end2")));
}

/* Proposed and declined at that time. */
static enum status
propose(struct fixture *f, const char *sub, unsigned n, int64_t at_us)
{
	CLEANUP(store_abandon) struct store_tx tx = { 0 };
	char id[32];
	struct store_contract c;

	snprintf(id, sizeof(id), "p%u", n);
	c = contract_of(id);
	c.sub = str_of(sub);
	c.proposed_us = at_us;
	EXPECT_OK(store_begin(f->db, &tx));
	TRY(store_contract_add(&tx, &c));
	EXPECT_OK(store_contract_answer(&tx, c.contract_id, c.sub, STR("declined"), at_us, STR(EVENT)));
	return store_commit(&tx);
}

STORE_TEST(a_service_does_not_ask_one_person_for_a_contract_without_end)
{
	unsigned n = 0;

	for (; n < STORE_CONTRACTS_OF_PERSON; n++)
		EXPECT_OK(propose(f, "sub_a", n, NOW));
	EXPECT_STATUS(E_LIMITED, propose(f, "sub_a", n, NOW + DAY_US - 1));
	EXPECT_OK(propose(f, "sub_b", n, NOW));
	EXPECT_OK(propose(f, "sub_a", n + 1, NOW + DAY_US));
}

STORE_TEST(a_service_does_not_ask_everybody_for_a_contract_in_one_day)
{
	char sub[16];
	unsigned n = 0;

	for (; n < STORE_CONTRACTS_OF_SERVICE; n++) {
		snprintf(sub, sizeof(sub), "sub_%u", n);
		EXPECT_OK(propose(f, sub, n, NOW));
	}
	EXPECT_STATUS(E_LIMITED, propose(f, "sub_a", n, NOW));
	EXPECT_OK(propose(f, "sub_a", n, NOW + DAY_US));
}

STORE_TEST(contracts_that_came_to_nothing_go_a_month_later_and_others_stay)
{
	CLEANUP(store_contract_list_clear) struct store_contract_list month = { 0 }, later = { 0 };
	struct store_contract unanswered = contract_of("c1"), held = contract_of("c2");

	unanswered.until_us = held.until_us = NOW + 1;
	held.kind = STR("rent");
	EXPECT_OK(propose(f, "sub_a", 1, NOW));
	IN_TX(f, store_contract_add(&tx, &unanswered));
	IN_TX(f, store_contract_add(&tx, &held));
	IN_TX(f, store_contract_answer(&tx, held.contract_id, held.sub, STR("in_force"), NOW, STR(EVENT)));
	EXPECT_OK(store_sweep(f->db, NOW + STORE_CONTRACT_KEEP_US, 100, NULL));
	EXPECT_OK(store_contract_page(f->db, STR("sub_a"), STR(""), STR(""), 10, &month));
	cr_assert_eq(month.count, 3);
	EXPECT_OK(store_sweep(f->db, NOW + STORE_CONTRACT_KEEP_US + 2, 100, NULL));
	EXPECT_OK(store_contract_page(f->db, STR("sub_a"), STR(""), STR(""), 10, &later));
	cr_assert_eq(later.count, 1);
	EXPECT_STR(STR("c2"), later.items[0].contract_id);
}

STORE_TEST(one_contract_of_a_kind_is_open_at_a_time)
{
	struct store_contract c = contract_of("c1"), again = contract_of("c2"), later = contract_of("c3");
	CLEANUP(store_contract_list_clear) struct store_contract_list of = { 0 }, with = { 0 };

	later.proposed_us = later.from_us = NOW + YEAR;
	IN_TX(f, store_contract_add(&tx, &c));
	REFUSED_IN_TX(f, E_CONFLICT, store_contract_add(&tx, &again));
	IN_TX(f, store_contract_add(&tx, &later));
	EXPECT_OK(store_contract_page(f->db, STR("sub_a"), STR(""), STR(""), 10, &of));
	EXPECT_OK(store_contract_page(f->db, STR(""), STR("svc_a"), STR(""), 10, &with));
	cr_assert(of.count == 2 && with.count == 2);
	EXPECT_STR(STR("c3"), of.items[0].contract_id);
	EXPECT_STATUS(E_INVALID, store_contract_page(f->db, STR(""), STR(""), STR(""), 10, &of));
}

/* ---- limits ---- */

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

/* ---- outcome ---- */

STORE_TEST(an_outcome_is_told_once)
{
	struct store_outcome o = {
		.evaluation_id = STR("ev"),
		.sub = STR("sub_a"),
		.outcome = STR("released"),
		.records = 12,
		.by_client = STR("c1"),
		.at_us = NOW,
		.event_id = STR(EVENT),
	};
	CLEANUP(store_outcome_clear) struct store_outcome got = { 0 };
	struct store_tx both = { 0 };

	IN_TX(f, store_outcome_add(&tx, &o));
	o.outcome = STR("failed");
	EXPECT_OK(store_begin(f->db, &both));
	EXPECT_STATUS(E_CONFLICT, store_outcome_add(&both, &o));
	EXPECT_OK(store_outcome_find(f->db, STR("ev"), &got));
	EXPECT_OK(store_commit(&both));
	EXPECT_STR(STR("released"), got.outcome);
	cr_assert(got.records == 12 && got.log_index == STORE_NO_INDEX);
	o.evaluation_id = STR("ev2");
	o.outcome = STR("sold");
	REFUSED_IN_TX(f, E_INVALID, store_outcome_add(&tx, &o));
	EXPECT_STATUS(E_NOT_FOUND, store_outcome_find(f->db, STR("ev2"), &o));
}

/* ---- policy ---- */

STORE_TEST(the_policy_in_force_is_the_newest_that_the_log_has)
{
	struct store_policy p = {
		.version = 1, .sha256 = STR("ab"), .bundle = STR("{}"), .activated_us = NOW, .event_id = STR(EVENT)
	};
	CLEANUP(store_policy_clear) struct store_policy active = { 0 };
	CLEANUP(store_policy_clear) struct store_policy newest = { 0 };
	CLEANUP(store_policy_clear) struct store_policy one = { 0 };

	EXPECT_STATUS(E_NOT_FOUND, store_policy_active(f->db, &active));
	IN_TX(f, store_policy_activate(&tx, &p));
	EXPECT_STATUS(E_NOT_FOUND, store_policy_active(f->db, &active));
	meddle(f, "UPDATE policy_activation SET log_index = 3");
	p.version = 2;
	IN_TX(f, store_policy_activate(&tx, &p));
	REFUSED_IN_TX(f, E_CONFLICT, store_policy_activate(&tx, &p));
	EXPECT_OK(store_policy_active(f->db, &active));
	cr_assert(active.version == 1 && active.log_index == 3);
	EXPECT_OK(store_policy_newest(f->db, &newest));
	cr_assert_eq(newest.version, 2);
	EXPECT_OK(store_policy_find(f->db, 2, &one));
	EXPECT_STATUS(E_NOT_FOUND, store_policy_find(f->db, 3, &p));
}

/* ---- question ---- */

STORE_TEST(a_question_is_answered_once)
{
	struct store_question q = { .id = STR("q1"),
				    .sub = STR("sub_a"),
				    .log_index_about = 7,
				    .kind = STR("complaint"),
				    .text = BLOB("sealed\0"),
				    .created_us = NOW };
	CLEANUP(store_question_clear) struct store_question got = { 0 };
	CLEANUP(store_question_list_clear) struct store_question_list mine = { 0 };
	CLEANUP(store_question_list_clear) struct store_question_list open = { 0 };

	IN_TX(f, store_question_add(&tx, &q));
	EXPECT_STATUS(E_NOT_FOUND, store_question_find(f->db, STR("q1"), STR("sub_b"), &got));
	EXPECT_OK(store_question_page(f->db, STR(""), STR("open"), STR(""), 5, &open));
	cr_assert_eq(open.count, 1);
	IN_TX(f, store_question_answer(&tx, STR("q1"), BLOB("answer"), NOW + 1));
	REFUSED_IN_TX(f, E_NOT_FOUND, store_question_answer(&tx, STR("q1"), BLOB("other"), NOW + 2));
	EXPECT_OK(store_question_find(f->db, STR("q1"), STR("sub_a"), &got));
	EXPECT_STR(BLOB("sealed\0"), got.text);
	EXPECT_STR(BLOB("answer"), got.answer);
	EXPECT_STR(STR("answered"), got.state);
	EXPECT_OK(store_question_page(f->db, STR("sub_a"), STR(""), STR(""), 5, &mine));
	cr_assert(mine.count == 1 && mine.items[0].log_index_about == 7);
}
