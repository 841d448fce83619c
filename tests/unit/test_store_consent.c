/* Records of consent, and what is kept of their use: outcomes, rules in force, questions. */
#include "authd/store/store_consent.h"

#include "authd/store/store_consent_identity.h"
#include "authd/store/store_outcome.h"
#include "authd/store/store_person.h"
#include "authd/store/store_policy.h"
#include "authd/store/store_question.h"
#include "tests/unit/consent_rows.h"

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

static void
share(struct fixture *f, const char *id, const char *service)
{
	IN_TX(f, store_consent_add_recipient(&tx, str_of(id), str_of(service)));
}

STORE_TEST(a_record_has_the_service_that_asked_first_and_the_others_once)
{
	CLEANUP(store_category_list_clear) struct store_category_list alone = { 0 };
	CLEANUP(store_category_list_clear) struct store_category_list all = { 0 };

	add_consent(f, "rec1", NOW, "income");
	EXPECT_OK(store_consent_recipients(f->db, STR("rec1"), &alone));
	cr_assert_eq(alone.count, 1);
	share(f, "rec1", "svc_z");
	share(f, "rec1", "svc_0");
	REFUSED_IN_TX(f, E_CONFLICT, store_consent_add_recipient(&tx, STR("rec1"), STR("svc_z")));
	REFUSED_IN_TX(f, E_CONFLICT, store_consent_add_recipient(&tx, STR("rec1"), STR("svc_a")));
	REFUSED_IN_TX(f, E_NOT_FOUND, store_consent_add_recipient(&tx, STR("rec2"), STR("svc_z")));
	EXPECT_OK(store_consent_recipients(f->db, STR("rec1"), &all));
	cr_assert_eq(all.count, 3);
	EXPECT_STR(STR("svc_a"), all.items[0]);
	EXPECT_STR(STR("svc_z"), all.items[1]);
	EXPECT_STR(STR("svc_0"), all.items[2]);
	EXPECT_OK(store_consent_is_recipient(f->db, STR("rec1"), STR("svc_0")));
	EXPECT_STATUS(E_NOT_FOUND, store_consent_is_recipient(f->db, STR("rec1"), STR("svc_00")));
	EXPECT_STATUS(E_NOT_FOUND, store_consent_is_recipient(f->db, STR("rec2"), STR("svc_a")));
}

STORE_TEST(each_recipient_finds_the_record_in_its_list_and_nobody_else)
{
	static const char *const services[] = { "svc_a", "svc_b", "svc_c" };
	static const size_t wanted[] = { 2, 1, 0 };

	add_consent(f, "rec1", NOW, "income");
	add_consent(f, "rec2", NOW + 1, "income");
	share(f, "rec1", "svc_b");
	for (size_t i = 0; i < ARRAY_LEN(services); i++) {
		const struct store_consent_filter by_service = { .service = str_of(services[i]) };
		const struct store_consent_filter of_person = { .sub = STR("sub_a"), .service = str_of(services[i]) };
		CLEANUP(store_consent_list_clear) struct store_consent_list a = { 0 };
		CLEANUP(store_consent_list_clear) struct store_consent_list b = { 0 };

		EXPECT_OK(store_consent_page(f->db, &by_service, STR(""), 10, &a));
		EXPECT_OK(store_consent_page(f->db, &of_person, STR(""), 10, &b));
		cr_assert_eq(a.count, wanted[i]);
		cr_assert_eq(b.count, wanted[i]);
		if (wanted[i] > 0)
			EXPECT_STR(STR("rec1"), a.items[a.count - 1].record_id);
	}
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
	CLEANUP(store_consent_list_clear) struct store_consent_list themed = { 0 };
	CLEANUP(store_consent_list_clear) struct store_consent_list themeless = { 0 };
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

	mine.themes = STR("housing eligibility");
	EXPECT_OK(store_consent_page(f->db, &mine, STR(""), 20, &themed));
	cr_assert_eq(themed.count, 9);
	mine.themes = STR("housing eligibility_2 eligibilit");
	EXPECT_OK(store_consent_page(f->db, &mine, STR(""), 1, &themeless));
	cr_assert_eq(themeless.count, 0);
	cr_assert_eq(themeless.next.text[0], '\0', "no cursor tells of what is not listed");

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

static struct store_question
question_of(const char *id)
{
	return (struct store_question){ .id = str_of(id),
					.sub = STR("sub_a"),
					.log_index_about = 7,
					.kind = STR("complaint"),
					.text = BLOB("sealed\0"),
					.created_us = NOW,
					.due_us = NOW + DAY_US,
					.organisation = STR("org_a"),
					.service = STR("svc_a"),
					.operators = STR(" opr_1 "),
					.event_id = STR(EVENT) };
}

STORE_TEST(a_question_is_answered_once)
{
	const struct store_question q = question_of("q1");
	CLEANUP(store_question_clear) struct store_question got = { 0 };
	CLEANUP(store_question_list_clear) struct store_question_list mine = { 0 };

	add_person(f, "sub_a");
	IN_TX(f, store_question_add(&tx, &q));
	EXPECT_STATUS(E_NOT_FOUND, store_question_find(f->db, STR("q1"), STR("sub_b"), &got));
	IN_TX(f, store_question_take(&tx, STR("q1")));
	REFUSED_IN_TX(f, E_USED, store_question_take(&tx, STR("q1")));
	REFUSED_IN_TX(f, E_USED, store_question_close(&tx, STR("q1"), NOW + 1));
	IN_TX(f, store_question_answer(&tx, STR("q1"), NOW + 1));
	REFUSED_IN_TX(f, E_USED, store_question_answer(&tx, STR("q1"), NOW + 2));
	EXPECT_OK(store_question_find(f->db, STR("q1"), STR("sub_a"), &got));
	EXPECT_STR(BLOB("sealed\0"), got.text);
	EXPECT_STR(STR("answered"), got.state);
	EXPECT_STR(STR(" opr_1 "), got.operators);
	cr_assert(got.answered_us == NOW + 1 && got.escalated_us == 0);
	EXPECT_OK(store_question_page(f->db, STR("sub_a"), STR(""), STR(""), 5, &mine));
	cr_assert(mine.count == 1 && mine.items[0].log_index_about == 7);
}

STORE_TEST(a_question_is_asked_again_three_times_and_not_behind_an_old_answer)
{
	const struct store_question q = question_of("q1");

	add_person(f, "sub_a");
	IN_TX(f, store_question_add(&tx, &q));
	REFUSED_IN_TX(f, E_USED, store_question_follow(&tx, STR("q1"), 0, NOW, NOW + DAY_US));
	for (int i = 0; i < STORE_QUESTION_AGAINS; i++) {
		IN_TX(f, store_question_answer(&tx, STR("q1"), NOW + 1));
		REFUSED_IN_TX(f, E_USED, store_question_follow(&tx, STR("q1"), NOW + 1, NOW + 2, NOW + DAY_US));
		IN_TX(f, store_question_follow(&tx, STR("q1"), NOW, NOW + 2, NOW + DAY_US));
	}
	IN_TX(f, store_question_answer(&tx, STR("q1"), NOW + 1));
	REFUSED_IN_TX(f, E_USED, store_question_follow(&tx, STR("q1"), NOW, NOW + 2, NOW + DAY_US));
}

STORE_TEST(a_question_whose_term_is_over_is_passed_on_once_and_then_closed)
{
	const struct store_question q = question_of("q1");
	CLEANUP(store_question_list_clear)
	struct store_question_list none = { 0 }, early = { 0 }, due = { 0 }, after = { 0 };

	add_person(f, "sub_a");
	IN_TX(f, store_question_add(&tx, &q));
	EXPECT_OK(store_question_overdue(f->db, q.due_us, 5, &none));
	cr_assert_eq(none.count, 0, "not in the log yet");
	meddle(f, "UPDATE question SET log_index = 3");
	EXPECT_OK(store_question_overdue(f->db, q.due_us - 1, 5, &early));
	cr_assert_eq(early.count, 0);
	EXPECT_OK(store_question_overdue(f->db, q.due_us, 5, &due));
	cr_assert_eq(due.count, 1);
	IN_TX(f, store_question_escalate(&tx, &due.items[0], STR("no_answer"), q.due_us, NOW + 9 * DAY_US));
	REFUSED_IN_TX(f, E_USED, store_question_escalate(&tx, &due.items[0], STR("no_answer"), NOW, NOW));
	REFUSED_IN_TX(f, E_USED, store_question_answer(&tx, STR("q1"), NOW));
	EXPECT_OK(store_question_overdue(f->db, NOW + 99 * DAY_US, 5, &after));
	cr_assert_eq(after.count, 0, "the officer's term ends in nothing by itself");
	IN_TX(f, store_question_close(&tx, STR("q1"), NOW + DAY_US));
	REFUSED_IN_TX(f, E_USED, store_question_follow(&tx, STR("q1"), 0, NOW, NOW));
}

STORE_TEST(an_organisation_sees_what_is_asked_about_its_own_service_once_it_is_in_the_log)
{
	static const struct {
		const char *organisation;
		bool nobodys;
		const char *service, *state;
		size_t count;
	} rows[] = {
		{ "org_a", false, "", "", 1 },      { "org_a", true, "", "", 2 },
		{ "org_a", false, "svc_a", "", 1 }, { "org_a", false, "svc_b", "", 0 },
		{ "org_a", false, "", "open", 1 },  { "org_a", false, "", "closed", 0 },
		{ "org_b", false, "", "", 0 },
	};
	struct store_question q = question_of("q1");
	CLEANUP(store_question_list_clear) struct store_question_list early = { 0 };

	add_person(f, "sub_a");
	IN_TX(f, store_question_add(&tx, &q));
	EXPECT_OK(store_question_page_for(f->db, STR("org_a"), false, STR(""), STR(""), STR(""), 5, &early));
	cr_assert_eq(early.count, 0);
	q.id = STR("q2");
	q.organisation = q.service = STR("");
	IN_TX(f, store_question_add(&tx, &q));
	meddle(f, "UPDATE question SET log_index = 3");
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		CLEANUP(store_question_list_clear) struct store_question_list got = { 0 };

		EXPECT_OK(store_question_page_for(f->db, str_of(rows[i].organisation), rows[i].nobodys,
						  str_of(rows[i].service), str_of(rows[i].state), STR(""), 5, &got));
		cr_expect_eq(got.count, rows[i].count, "row %zu", i);
	}
	EXPECT_STATUS(E_INVALID, store_question_page_for(f->db, STR(""), true, STR(""), STR(""), STR(""), 5, &early));
}

STORE_TEST(one_person_does_not_ask_without_end)
{
	char id[16] = "";
	struct store_question q = question_of(id);

	add_person(f, "sub_a");
	add_person(f, "sub_b");
	for (int i = 0; i < STORE_QUESTIONS_WAITING; i++) {
		snprintf(id, sizeof(id), "q%d", i);
		q.id = str_of(id);
		if (i == STORE_QUESTIONS_IN_DAY) {
			REFUSED_IN_TX(f, E_LIMITED, store_question_add(&tx, &q));
			q.created_us += DAY_US;
		}
		IN_TX(f, store_question_add(&tx, &q));
	}
	q.id = STR("more");
	q.created_us += 9 * DAY_US;
	REFUSED_IN_TX(f, E_LIMITED, store_question_add(&tx, &q));
	IN_TX(f, store_question_answer(&tx, STR("q0"), NOW));
	IN_TX(f, store_question_add(&tx, &q));
	q.id = STR("another's");
	q.sub = STR("sub_b");
	IN_TX(f, store_question_add(&tx, &q));
}

STORE_TEST(what_is_said_about_a_question_is_read_in_its_order)
{
	struct store_turn t = { .turn_id = STR("t2"),
				.question_id = STR("q1"),
				.sub = STR("sub_a"),
				.side = STR("organisation"),
				.author = STR("opr_2"),
				.text = BLOB("sealed\0"),
				.at_us = NOW,
				.event_id = STR(EVENT) };
	CLEANUP(store_turn_list_clear) struct store_turn_list got = { 0 };

	IN_TX(f, store_turn_add(&tx, &t));
	t.turn_id = STR("t1");
	t.side = STR("person");
	t.at_us = NOW + 1;
	IN_TX(f, store_turn_add(&tx, &t));
	EXPECT_OK(store_turn_of(f->db, STR("q1"), &got));
	cr_assert_eq(got.count, 2);
	EXPECT_STR(STR("t2"), got.items[0].turn_id);
	EXPECT_STR(STR("opr_2"), got.items[0].author);
	EXPECT_STR(BLOB("sealed\0"), got.items[0].text);
	cr_assert_eq(got.items[0].log_index, STORE_NO_INDEX);
	EXPECT_STR(STR("person"), got.items[1].side);
}
