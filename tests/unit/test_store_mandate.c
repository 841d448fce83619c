/* Mandates on both databases: their states, the code that is handed over, two people, what ends with them. */
#include "authd/access/mandate.h"
#include "authd/store/store_consent.h"
#include "authd/store/store_outbox.h"
#include "authd/store/store_session.h"
#include "authd/store/store_token.h"
#include "tests/unit/store_fixture.h"

#define UNTIL (NOW + 30 * DAY_US)

static struct store_mandate
offer(const char *id)
{
	return (struct store_mandate){
		.mandate_id = str_of(id),
		.sub = STR("sub_a"),
		.representative = STR("sub_b"),
		.kind = STR("guardian"),
		.rep_id = str_of(id),
		.purposes = STR("eligibility housing"),
		.actions = MANDATE_SEE | MANDATE_WITHDRAW,
		.zone = STR("Europe/Moscow"),
		.issued_us = NOW - DAY_US,
		.from_us = NOW,
		.until_us = UNTIL,
		.organisation = STR("org_north"),
		.operator_id = STR("opr_1"),
		.created_us = NOW,
	};
}

/* The log has the event: its index goes to the row. */
static void
logged(struct fixture *f, const char *id)
{
	struct store_outbox o = { .event_id = STR(EVENT),
				  .target = STR(STORE_TARGET_MANDATE),
				  .target_key = str_of(id),
				  .fragment = STR("{}") };
	struct store_receipt r = { .event_id = STR(EVENT), .index = 42 };

	meddle(f, "DELETE FROM outbox");
	IN_TX(f, store_outbox_add(&tx, &o));
	EXPECT_OK(store_outbox_done(f->db, &r, 1, NOW));
}

static void
two_people(struct fixture *f)
{
	add_person(f, "sub_a");
	add_person(f, "sub_b");
	add_person(f, "sub_c");
}

static void
registered(struct fixture *f, const char *id)
{
	const struct store_mandate m = offer(id);

	IN_TX(f, store_mandate_add(&tx, &m));
	IN_TX(f, store_mandate_confirm(&tx, str_of(id), STR("opr_2"), STR(EVENT)));
	logged(f, id);
}

static enum mandate_fault
between(struct fixture *f, const char *representative, const char *sub, const char *purpose, int64_t now_us)
{
	CLEANUP(store_mandate_clear) struct store_mandate m = { 0 };
	enum mandate_fault why = MANDATE_HOLDS;
	enum status st = mandate_find(f->db, str_of(representative), str_of(sub), str_of(purpose), 0, now_us, &m, &why);

	cr_assert(st == OK || st == E_DENIED);
	cr_assert_eq(st == OK, why == MANDATE_HOLDS);
	return why;
}

STORE_TEST(a_mandate_counts_when_another_person_confirmed_it_and_the_log_has_it)
{
	const struct store_mandate m = offer("mnd_1");

	two_people(f);
	IN_TX(f, store_mandate_add(&tx, &m));
	cr_assert_eq(between(f, "sub_b", "sub_a", "", NOW), MANDATE_NONE);
	REFUSED_IN_TX(f, E_NOT_FOUND, store_mandate_confirm(&tx, STR("mnd_1"), STR("opr_1"), STR(EVENT)));
	IN_TX(f, store_mandate_confirm(&tx, STR("mnd_1"), STR("opr_2"), STR(EVENT)));
	cr_assert_eq(between(f, "sub_b", "sub_a", "", NOW), MANDATE_UNLOGGED);
	logged(f, "mnd_1");
	cr_assert_eq(between(f, "sub_b", "sub_a", "", NOW), MANDATE_HOLDS);
	cr_assert_eq(between(f, "sub_b", "sub_a", "housing", NOW), MANDATE_HOLDS);
	cr_assert_eq(between(f, "sub_b", "sub_a", "emergency_aid", NOW), MANDATE_THEME);
	cr_assert_eq(between(f, "sub_b", "sub_a", "hous", NOW), MANDATE_THEME);
	cr_assert_eq(between(f, "sub_a", "sub_b", "", NOW), MANDATE_NONE);
	cr_assert_eq(between(f, "sub_b", "sub_a", "", NOW - 1), MANDATE_EARLY);
	cr_assert_eq(between(f, "sub_b", "sub_a", "", UNTIL - 1), MANDATE_HOLDS);
	cr_assert_eq(between(f, "sub_b", "sub_a", "", UNTIL), MANDATE_EXPIRED);
	REFUSED_IN_TX(f, E_NOT_FOUND, store_mandate_confirm(&tx, STR("mnd_1"), STR("opr_3"), STR(EVENT)));
}

/* b acts for a, c for b: c never acts for a. */
STORE_TEST(mandates_do_not_chain)
{
	struct store_mandate m = offer("mnd_2");
	bool related = false;

	two_people(f);
	registered(f, "mnd_1");
	m.sub = STR("sub_b");
	m.representative = STR("sub_c");
	IN_TX(f, store_mandate_add(&tx, &m));
	IN_TX(f, store_mandate_confirm(&tx, STR("mnd_2"), STR("opr_2"), STR(EVENT)));
	logged(f, "mnd_2");
	cr_assert_eq(between(f, "sub_c", "sub_b", "", NOW), MANDATE_HOLDS);
	cr_assert_eq(between(f, "sub_c", "sub_a", "", NOW), MANDATE_NONE);
	EXPECT_OK(store_mandate_related(f->db, STR("sub_a"), STR("sub_b"), NOW, &related));
	cr_assert(related);
	EXPECT_OK(store_mandate_related(f->db, STR("sub_b"), STR("sub_a"), NOW, &related));
	cr_assert(related);
	EXPECT_OK(store_mandate_related(f->db, STR("sub_a"), STR("sub_c"), NOW, &related));
	cr_assert(!related);
	EXPECT_OK(store_mandate_related(f->db, STR("sub_a"), STR("sub_b"), UNTIL, &related));
	cr_assert(!related);
}

STORE_TEST(a_code_is_taken_once_in_time_and_by_somebody_else)
{
	struct store_mandate m = offer("mnd_1");
	CLEANUP(store_mandate_clear) struct store_mandate found = { 0 };
	CLEANUP(store_mandate_clear) struct store_mandate late = { 0 };
	struct store_mandate next = offer("mnd_2");

	two_people(f);
	m.kind = STR("power_of_attorney");
	m.representative = (struct str){ 0 };
	m.operator_id = (struct str){ 0 };
	m.code_hash = BLOB("hash of the code");
	m.code_until_us = NOW + 60 * SECOND_US;
	IN_TX(f, store_mandate_offer(&tx, &m, 1));
	next.created_us = m.code_until_us - 1;
	REFUSED_IN_TX(f, E_LIMITED, store_mandate_offer(&tx, &next, 1));
	EXPECT_STATUS(E_NOT_FOUND, store_mandate_by_code(f->db, BLOB("another"), NOW, &late));
	EXPECT_STATUS(E_NOT_FOUND, store_mandate_by_code(f->db, m.code_hash, m.code_until_us, &late));
	EXPECT_OK(store_mandate_by_code(f->db, m.code_hash, NOW, &found));
	REFUSED_IN_TX(f, E_NOT_FOUND, store_mandate_confirm(&tx, STR("mnd_1"), STR("opr_2"), STR(EVENT)));
	REFUSED_IN_TX(f, E_NOT_FOUND, store_mandate_accept(&tx, STR("mnd_1"), STR("sub_a"), STR(EVENT), NOW));
	REFUSED_IN_TX(f, E_NOT_FOUND,
		      store_mandate_accept(&tx, STR("mnd_1"), STR("sub_b"), STR(EVENT), m.code_until_us));
	IN_TX(f, store_mandate_accept(&tx, STR("mnd_1"), STR("sub_b"), STR(EVENT), NOW));
	REFUSED_IN_TX(f, E_NOT_FOUND, store_mandate_accept(&tx, STR("mnd_1"), STR("sub_c"), STR(EVENT), NOW));
	EXPECT_STATUS(E_NOT_FOUND, store_mandate_by_code(f->db, m.code_hash, NOW, &late));
	IN_TX(f, store_mandate_offer(&tx, &next, 1));
}

static bool
revoked(struct fixture *f, const char *jti)
{
	struct store_token_facts facts;

	EXPECT_OK(store_token_facts(f->db, str_of(jti), STR("ses_1"), STR("client"), STR("sub_a"), NOW, &facts));
	return facts.revoked;
}

static void
acting_session(struct fixture *f, const char *sid)
{
	const struct store_session s = { .id_hash = str_of(sid),
					 .sid = str_of(sid),
					 .sub = STR("sub_b"),
					 .csrf = STR("c"),
					 .acr = 2,
					 .amr = STR("pwd otp"),
					 .auth_us = NOW,
					 .created_us = NOW,
					 .seen_us = NOW,
					 .idle_us_limit = DAY_US,
					 .expires_us = NOW + DAY_US,
					 .agent = STR(""),
					 .event_id = STR(EVENT) };

	IN_TX(f, store_session_add(&tx, &s));
	IN_TX(f, store_acting_set(&tx, str_of(sid), STR("mnd_1"), NOW));
}

STORE_TEST(with_a_mandate_end_the_acting_and_the_tokens)
{
	CLEANUP(store_mandate_clear) struct store_mandate m = { 0 };
	CLEANUP(store_mandate_clear) struct store_mandate gone = { 0 };

	two_people(f);
	registered(f, "mnd_1");
	registered(f, "mnd_9");
	acting_session(f, "ses_1");
	EXPECT_OK(store_acting_find(f->db, STR("ses_1"), &m));
	EXPECT_STR(STR("mnd_1"), m.mandate_id);
	EXPECT_STATUS(E_NOT_FOUND, store_acting_find(f->db, STR("ses_2"), &gone));
	IN_TX(f, store_mandate_token(&tx, STR("mnd_1"), STR("jti-1"), NOW + SECOND_US));
	IN_TX(f, store_mandate_token(&tx, STR("mnd_9"), STR("jti-9"), NOW + SECOND_US));
	cr_assert(!revoked(f, "jti-1"));
	IN_TX(f, store_mandate_end(&tx, STR("mnd_1"), STR("revoked"), STR("resigned"), NOW));
	cr_assert(revoked(f, "jti-1"));
	cr_assert(!revoked(f, "jti-9"));
	EXPECT_STATUS(E_NOT_FOUND, store_acting_find(f->db, STR("ses_1"), &gone));
	REFUSED_IN_TX(f, E_NOT_FOUND, store_mandate_token(&tx, STR("mnd_1"), STR("jti-2"), NOW + SECOND_US));
	REFUSED_IN_TX(f, E_NOT_FOUND, store_mandate_end(&tx, STR("mnd_1"), STR("ended"), STR("expired"), NOW));
}

STORE_TEST(freezing_reaches_what_one_gave_and_what_one_holds)
{
	int count = 0;

	two_people(f);
	registered(f, "mnd_1");
	acting_session(f, "ses_1");
	IN_TX(f, store_mandate_token(&tx, STR("mnd_1"), STR("jti-1"), NOW + SECOND_US));
	IN_TX(f, store_mandate_freeze(&tx, STR("sub_b"), NOW, &count));
	cr_assert_eq(count, 1);
	cr_assert(revoked(f, "jti-1"));
	cr_assert_eq(between(f, "sub_b", "sub_a", "", NOW), MANDATE_FROZEN);
	IN_TX(f, store_mandate_freeze(&tx, STR("sub_a"), NOW, &count));
	cr_assert_eq(count, 0);
}

STORE_TEST(a_code_of_before_the_freeze_gives_no_mandate_after_it)
{
	struct store_mandate m = offer("mnd_1");
	CLEANUP(store_mandate_clear) struct store_mandate found = { 0 };
	int count = 0;

	two_people(f);
	m.kind = STR("power_of_attorney");
	m.representative = (struct str){ 0 };
	m.operator_id = (struct str){ 0 };
	m.code_hash = BLOB("hash of the code");
	m.code_until_us = NOW + DAY_US;
	IN_TX(f, store_mandate_add(&tx, &m));
	IN_TX(f, store_freeze_set(&tx, STR("sub_a"), NOW, &count));
	EXPECT_STATUS(E_NOT_FOUND, store_mandate_by_code(f->db, BLOB("hash of the code"), NOW, &found));
	REFUSED_IN_TX(f, E_NOT_FOUND, store_mandate_accept(&tx, STR("mnd_1"), STR("sub_b"), STR(EVENT), NOW));
	IN_TX(f, store_freeze_lift(&tx, STR("sub_a"), NOW));
	REFUSED_IN_TX(f, E_NOT_FOUND, store_mandate_accept(&tx, STR("mnd_1"), STR("sub_b"), STR(EVENT), NOW));
}

STORE_TEST(what_becomes_a_mandate_during_a_freeze_of_either_side_begins_frozen)
{
	struct store_mandate m = offer("mnd_1");
	int count = 0;

	two_people(f);
	IN_TX(f, store_mandate_add(&tx, &m)); /* prepared by an office before */
	IN_TX(f, store_freeze_set(&tx, STR("sub_b"), NOW, &count));
	IN_TX(f, store_mandate_confirm(&tx, STR("mnd_1"), STR("opr_2"), STR(EVENT)));
	logged(f, "mnd_1");
	cr_assert_eq(between(f, "sub_b", "sub_a", "", NOW), MANDATE_FROZEN);
	m = offer("mnd_2");
	m.representative = (struct str){ 0 };
	m.operator_id = (struct str){ 0 };
	m.code_hash = BLOB("hash of the code");
	m.code_until_us = NOW + DAY_US;
	IN_TX(f, store_mandate_add(&tx, &m));
	IN_TX(f, store_mandate_accept(&tx, STR("mnd_2"), STR("sub_b"), STR(EVENT), NOW));
	logged(f, "mnd_2");
	cr_assert_eq(between(f, "sub_b", "sub_a", "", NOW), MANDATE_FROZEN);
	IN_TX(f, store_freeze_lift(&tx, STR("sub_b"), NOW));
	cr_assert_eq(between(f, "sub_b", "sub_a", "", NOW), MANDATE_HOLDS);
}

STORE_TEST(what_both_sides_froze_stands_still_until_both_thaw_it)
{
	int64_t since = 0;
	int count = 0;

	two_people(f);
	registered(f, "mnd_1");
	EXPECT_OK(store_freeze_find(f->db, STR("sub_a"), &since));
	cr_assert_eq(since, 0);
	IN_TX(f, store_freeze_set(&tx, STR("sub_a"), NOW, &count));
	cr_assert_eq(count, 1);
	IN_TX(f, store_freeze_set(&tx, STR("sub_b"), NOW + 1, &count));
	cr_assert_eq(count, 0);
	EXPECT_OK(store_freeze_find(f->db, STR("sub_b"), &since));
	cr_assert_eq(since, NOW + 1);
	REFUSED_IN_TX(f, E_NOT_FOUND, store_freeze_lift(&tx, STR("sub_b"), NOW));
	IN_TX(f, store_freeze_lift(&tx, STR("sub_a"), NOW));
	cr_assert_eq(between(f, "sub_b", "sub_a", "", NOW), MANDATE_FROZEN);
	IN_TX(f, store_freeze_lift(&tx, STR("sub_b"), NOW + 1));
	cr_assert_eq(between(f, "sub_b", "sub_a", "", NOW), MANDATE_HOLDS);
	REFUSED_IN_TX(f, E_NOT_FOUND, store_freeze_lift(&tx, STR("sub_b"), NOW + 1));
}

STORE_TEST(nothing_begins_for_whom_a_freeze_is_still_on_its_way_into_the_log)
{
	const struct store_outbox row = { .event_id = STR(EVENT),
					  .target = STR(STORE_TARGET_FREEZE),
					  .target_key = STR("sub_a"),
					  .fragment = STR("\"id\":1"),
					  .created_us = NOW };
	struct store_receipt sent = { .event_id = row.event_id, .index = 5 };

	IN_TX(f, store_freeze_logged(&tx, STR("sub_a")));
	IN_TX(f, store_outbox_add(&tx, &row));
	REFUSED_IN_TX(f, E_UNAVAILABLE, store_freeze_logged(&tx, STR("sub_a")));
	IN_TX(f, store_freeze_logged(&tx, STR("sub_b")));
	EXPECT_OK(store_outbox_done(f->db, &sent, 1, NOW));
	IN_TX(f, store_freeze_logged(&tx, STR("sub_a")));
}

STORE_TEST(a_token_stands_no_longer_than_its_mandate_and_its_representative)
{
	CLEANUP(store_mandate_clear) struct store_mandate m = { 0 };
	CLEANUP(store_mandate_clear) struct store_mandate none = { 0 };
	int count = 0;

	two_people(f);
	registered(f, "mnd_1");
	IN_TX(f, store_mandate_token(&tx, STR("mnd_1"), STR("jti-1"), NOW + SECOND_US));
	EXPECT_OK(store_mandate_by_token(f->db, STR("jti-1"), &m));
	EXPECT_STR(STR("mnd_1"), m.mandate_id);
	EXPECT_STATUS(E_NOT_FOUND, store_mandate_by_token(f->db, STR("jti-2"), &none));
	cr_assert(!revoked(f, "jti-1"));
	IN_TX(f, store_person_set_status(&tx, STR("sub_b"), STORE_PERSON_DISABLED, STR(EVENT)));
	cr_assert(revoked(f, "jti-1"));
	IN_TX(f, store_person_set_status(&tx, STR("sub_b"), STORE_PERSON_ACTIVE, STR(EVENT)));
	cr_assert(!revoked(f, "jti-1"));
	IN_TX(f, store_freeze_set(&tx, STR("sub_a"), NOW, &count));
	cr_assert(revoked(f, "jti-1"));
}

STORE_TEST(what_is_due_is_found_at_the_instant_and_not_before)
{
	struct store_mandate m = offer("mnd_2");
	CLEANUP(store_mandate_list_clear) struct store_mandate_list none = { 0 };
	CLEANUP(store_mandate_list_clear) struct store_mandate_list due = { 0 };
	CLEANUP(store_mandate_list_clear) struct store_mandate_list all = { 0 };
	CLEANUP(store_mandate_list_clear) struct store_mandate_list page = { 0 };
	CLEANUP(store_mandate_list_clear) struct store_mandate_list others = { 0 };
	const struct store_mandate_filter north = { .organisation = STR("org_north"), .state = STR("active") };
	const struct store_mandate_filter south = { .organisation = STR("org_south"), .state = STR("active") };

	two_people(f);
	registered(f, "mnd_1");
	m.majority_us = NOW + DAY_US;
	IN_TX(f, store_mandate_add(&tx, &m));
	IN_TX(f, store_mandate_confirm(&tx, STR("mnd_2"), STR("opr_2"), STR(EVENT)));
	logged(f, "mnd_2");
	EXPECT_OK(store_mandate_due(f->db, NOW + DAY_US - 1, 10, &none));
	cr_assert_eq(none.count, 0);
	EXPECT_OK(store_mandate_due(f->db, NOW + DAY_US, 10, &due));
	cr_assert_eq(due.count, 1);
	EXPECT_STR(STR("mnd_2"), due.items[0].mandate_id);
	EXPECT_OK(store_mandate_of(f->db, STR("sub_b"), &all));
	cr_assert_eq(all.count, 2);
	EXPECT_OK(store_mandate_page(f->db, &north, STR(""), 1, &page));
	cr_assert_eq(page.count, 1);
	cr_assert(page.next.text[0] != '\0');
	EXPECT_OK(store_mandate_page(f->db, &south, STR(""), 1, &others));
	cr_assert_eq(others.count, 0);
}

STORE_TEST(a_list_of_mandates_is_filtered_by_people_state_and_kind)
{
	static const struct {
		struct store_mandate_filter filter;
		size_t count;
	} rows[] = {
		{ { .sub = STR_INIT("sub_b") }, 0 },
		{ { .sub = STR_INIT("sub_a") }, 2 },
		{ { .representative = STR_INIT("sub_b"), .state = STR_INIT("proposed") }, 1 },
		{ { .representative = STR_INIT("sub_a") }, 0 },
		{ { .state = STR_INIT("revoked") }, 0 },
		{ { .kind = STR_INIT("parent") }, 1 },
		{ { .kind = STR_INIT("heir") }, 0 },
	};
	struct store_mandate parent = offer("mnd_2");

	two_people(f);
	registered(f, "mnd_1");
	parent.kind = STR("parent");
	IN_TX(f, store_mandate_add(&tx, &parent));
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		CLEANUP(store_mandate_list_clear) struct store_mandate_list page = { 0 };

		EXPECT_OK(store_mandate_page(f->db, &rows[i].filter, STR(""), 10, &page));
		cr_assert_eq(page.count, rows[i].count, "row %zu: %zu", i, page.count);
	}
}

STORE_TEST(an_erased_person_keeps_no_mandate_and_no_paper)
{
	CLEANUP(store_mandate_clear) struct store_mandate m = { 0 };
	struct store_mandate fresh = offer("mnd_1");

	two_people(f);
	fresh.document = BLOB("sealed paper");
	IN_TX(f, store_mandate_add(&tx, &fresh));
	IN_TX(f, store_mandate_confirm(&tx, STR("mnd_1"), STR("opr_2"), STR(EVENT)));
	logged(f, "mnd_1");
	IN_TX(f, store_person_erase(&tx, STR("sub_b"), STR(EVENT)));
	EXPECT_OK(store_mandate_find(f->db, STR("mnd_1"), &m));
	cr_assert(m.document.p == NULL);
	EXPECT_STR(STR("ended"), m.state);
	cr_assert(!m.representative_there);
	cr_assert_eq(mandate_judge(&m, STR(""), 0, NOW), MANDATE_ENDED);
}

STORE_TEST(nobody_represents_themselves_or_somebody_unknown)
{
	struct store_mandate m = offer("mnd_1");

	two_people(f);
	m.representative = STR("sub_a");
	REFUSED_IN_TX(f, E_INVALID, store_mandate_add(&tx, &m));
	m.representative = STR("sub_x");
	REFUSED_IN_TX(f, E_NOT_FOUND, store_mandate_add(&tx, &m));
	m.representative = STR("sub_b");
	m.until_us = m.from_us;
	REFUSED_IN_TX(f, E_INVALID, store_mandate_add(&tx, &m));
}

/* ---- what becomes of consents ---- */

static bool
decision_relies_on_it(struct fixture *f, int64_t now_us)
{
	CLEANUP(store_facts_clear) struct store_facts facts = { 0 };
	CLEANUP(store_mandate_clear) struct store_mandate m = { 0 };
	const struct store_facts_query q = { .sub = STR("sub_a"),
					     .service = STR("svc"),
					     .purpose = STR("eligibility"),
					     .category = STR("income"),
					     .contract = STR(""),
					     .now_us = now_us };

	EXPECT_OK(store_consent_facts(f->db, &q, &facts));
	cr_assert(facts.by_representative);
	EXPECT_OK(store_mandate_find(f->db, STR("mnd_1"), &m));
	cr_assert_eq(facts.representative_valid, mandate_supports_consents(&m, now_us),
		     "the query and the function say different things");
	return facts.representative_valid;
}

/* A child's, given by a parent. */
static void
given_under(struct fixture *f, const char *kind)
{
	const struct store_consent c = { .record_id = STR("rec_1"),
					 .request_id = STR("req_1"),
					 .sub = STR("sub_a"),
					 .service = STR("svc"),
					 .organisation = STR("org"),
					 .purpose = STR("eligibility"),
					 .purpose_version = 3,
					 .state = STR("given"),
					 .from_us = NOW,
					 .until_us = NOW + 400 * DAY_US,
					 .record = STR("{}"),
					 .code = STR("code"),
					 .ctag = STR("ctag"),
					 .given_us = NOW,
					 .event_id = STR(EVENT),
					 .mandate_id = STR("mnd_1") };
	const struct str category = STR("income");
	struct store_mandate m = offer("mnd_1");

	two_people(f);
	m.kind = str_of(kind);
	m.majority_us = str_is(m.kind, "parent") ? NOW + 10 * DAY_US : 0;
	IN_TX(f, store_mandate_add(&tx, &m));
	IN_TX(f, store_mandate_confirm(&tx, STR("mnd_1"), STR("opr_2"), STR(EVENT)));
	IN_TX(f, store_consent_add(&tx, &c, &category, 1));
}

STORE_TEST(a_parents_yes_ends_at_the_childs_eighteenth_birthday_to_the_microsecond)
{
	given_under(f, "parent");
	cr_assert(!decision_relies_on_it(f, NOW), "a mandate that is not in the log supports nothing");
	logged(f, "mnd_1");
	cr_assert(decision_relies_on_it(f, NOW));
	cr_assert(decision_relies_on_it(f, NOW + 10 * DAY_US - 1));
	cr_assert(!decision_relies_on_it(f, NOW + 10 * DAY_US));
	IN_TX(f, store_mandate_end(&tx, STR("mnd_1"), STR("ended"), STR("majority"), NOW + 10 * DAY_US));
	cr_assert(!decision_relies_on_it(f, NOW + 11 * DAY_US));
}

STORE_TEST(what_was_given_within_a_power_of_attorney_outlives_it)
{
	given_under(f, "power_of_attorney");
	logged(f, "mnd_1");
	cr_assert(decision_relies_on_it(f, UNTIL));
	IN_TX(f, store_mandate_end(&tx, STR("mnd_1"), STR("revoked"), STR("resigned"), NOW));
	cr_assert(decision_relies_on_it(f, NOW + DAY_US));
}

STORE_TEST(nothing_rests_on_a_mandate_that_was_disputed)
{
	int count = 0;

	given_under(f, "guardian");
	logged(f, "mnd_1");
	IN_TX(f, store_freeze_set(&tx, STR("sub_a"), NOW, &count));
	cr_assert(!decision_relies_on_it(f, NOW));
	IN_TX(f, store_freeze_lift(&tx, STR("sub_a"), NOW));
	cr_assert(decision_relies_on_it(f, NOW));
	IN_TX(f, store_mandate_end(&tx, STR("mnd_1"), STR("revoked"), STR("disputed"), NOW));
	cr_assert(!decision_relies_on_it(f, NOW));
}

/* ---- what nobody confirms ---- */

static enum status
lapse(struct store *db, int number UNUSED)
{
	CLEANUP(store_abandon) struct store_tx tx = { 0 };

	TRY(store_begin(db, &tx));
	TRY(store_mandate_lapse(&tx, STR("mnd_1"), STR("unconfirmed"), NOW + 1));
	return store_commit(&tx);
}

static void
expect_unconfirmed(struct fixture *f, int64_t before_us, size_t count)
{
	CLEANUP(store_mandate_list_clear) struct store_mandate_list late = { 0 };

	EXPECT_OK(store_mandate_unconfirmed(f->db, before_us, 20, &late));
	cr_assert_eq(late.count, count);
}

STORE_TEST(what_nobody_confirmed_is_found_from_its_instant_on_and_ended_by_one_of_many_nodes)
{
	CLEANUP(store_mandate_clear) struct store_mandate m = { 0 };
	const struct store_mandate waits = offer("mnd_1");
	struct store_mandate code = offer("mnd_2");
	enum status results[RACERS];

	two_people(f);
	IN_TX(f, store_mandate_add(&tx, &waits));
	code.operator_id = code.representative = (struct str){ 0 };
	code.code_hash = BLOB("hash");
	code.code_until_us = NOW + DAY_US;
	IN_TX(f, store_mandate_offer(&tx, &code, 1));
	expect_unconfirmed(f, NOW - 1, 0);
	expect_unconfirmed(f, NOW, 1); /* and not the code, which has a term of its own */
	race(f, lapse, results);
	cr_assert_eq(count_status(results, OK), 1);
	cr_assert_eq(count_status(results, E_NOT_FOUND), RACERS - 1);
	expect_unconfirmed(f, INT64_MAX, 0);
	EXPECT_OK(store_mandate_find(f->db, STR("mnd_1"), &m));
	EXPECT_STR(STR("ended"), m.state);
	EXPECT_STR(STR("unconfirmed"), m.reason);
	REFUSED_IN_TX(f, E_NOT_FOUND, store_mandate_confirm(&tx, STR("mnd_1"), STR("opr_2"), STR(EVENT)));
}

STORE_TEST(what_is_confirmed_does_not_lapse_and_what_an_office_registered_is_not_swept_away)
{
	CLEANUP(store_mandate_clear) struct store_mandate m = { 0 };
	const struct store_mandate waits = offer("mnd_1");
	int64_t removed = -1;

	two_people(f);
	IN_TX(f, store_mandate_add(&tx, &waits));
	EXPECT_OK(store_sweep(f->db, NOW + 400 * DAY_US, 100, &removed));
	EXPECT_OK(store_mandate_find(f->db, STR("mnd_1"), &m));
	IN_TX(f, store_mandate_confirm(&tx, STR("mnd_1"), STR("opr_2"), STR(EVENT)));
	REFUSED_IN_TX(f, E_NOT_FOUND, store_mandate_lapse(&tx, STR("mnd_1"), STR("unconfirmed"), NOW));
}

STORE_TEST(a_months_worth_that_nobody_wrote_down_is_found_in_bounded_steps_oldest_first)
{
	char id[16];
	size_t steps = 0, all = 0;

	two_people(f);
	for (int i = 0; i < 50; i++) {
		struct store_mandate m = offer(id);

		snprintf(id, sizeof(id), "mnd_%d", i);
		m.mandate_id = m.rep_id = str_of(id);
		m.created_us = NOW + i;
		IN_TX(f, store_mandate_add(&tx, &m));
	}
	for (;; steps++) {
		CLEANUP(store_mandate_list_clear) struct store_mandate_list late = { 0 };

		EXPECT_OK(store_mandate_unconfirmed(f->db, NOW + 30 * DAY_US, 20, &late));
		if (late.count == 0)
			break;
		for (size_t i = 0; i < late.count; i++, all++) {
			cr_assert_eq(late.items[i].created_us, NOW + (int64_t)all);
			IN_TX(f, store_mandate_lapse(&tx, late.items[i].mandate_id, STR("unconfirmed"),
						     NOW + 30 * DAY_US));
		}
	}
	cr_assert(steps == 3 && all == 50);
}

STORE_TEST(among_ended_mandates_the_living_one_is_found_in_either_part)
{
	CLEANUP(store_mandate_list_clear) struct store_mandate_list mine = { 0 };
	CLEANUP(store_mandate_list_clear) struct store_mandate_list theirs = { 0 };
	char id[16];

	two_people(f);
	registered(f, "mnd_0");
	for (int i = 1; i <= 20; i++) {
		struct store_mandate m = offer(id);

		snprintf(id, sizeof(id), "mnd_%d", i);
		m.mandate_id = m.rep_id = str_of(id);
		m.created_us = NOW + i;
		IN_TX(f, store_mandate_add(&tx, &m));
		IN_TX(f, store_mandate_end(&tx, m.mandate_id, STR("ended"), STR("expired"), NOW));
	}
	EXPECT_OK(store_mandate_alive(f->db, STR("sub_a"), 1, &mine));
	EXPECT_OK(store_mandate_alive(f->db, STR("sub_b"), 10, &theirs));
	cr_assert(mine.count == 1 && theirs.count == 1);
	EXPECT_STR(STR("mnd_0"), mine.items[0].mandate_id);
	EXPECT_STR(STR("mnd_0"), theirs.items[0].mandate_id);
}
