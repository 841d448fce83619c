/* The facts of a decision: of consents, objections and restrictions. */
#include "authd/store/store_objection.h"
#include "tests/unit/consent_rows.h"

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

static struct store_facts
facts_of_service(struct fixture *f, const char *service)
{
	const struct store_facts_query query = { .sub = STR("sub_a"),
						 .service = str_of(service),
						 .purpose = STR("eligibility"),
						 .category = STR("income"),
						 .contract = STR("care"),
						 .now_us = NOW + 1000 };
	struct store_facts facts = { 0 };

	EXPECT_OK(store_consent_facts(f->db, &query, &facts));
	return facts;
}

STORE_TEST(facts_of_every_recipient_are_those_of_the_one_record)
{
	static const char *const services[] = { "svc_a", "svc_b" };

	add_consent(f, "rec1", NOW, "income");
	IN_TX(f, store_consent_add_recipient(&tx, STR("rec1"), STR("svc_b")));
	for (size_t i = 0; i < ARRAY_LEN(services); i++) {
		CLEANUP(store_facts_clear) struct store_facts facts = facts_of_service(f, services[i]);

		EXPECT_STR(STR("rec1"), facts.record_id);
		cr_assert(facts.has_category && facts.in_period && facts.related && facts.log_index == 100);
	}
	meddle(f, "UPDATE consent SET state = 'withdrawn'");
	for (size_t i = 0; i < ARRAY_LEN(services); i++) {
		CLEANUP(store_facts_clear) struct store_facts facts = facts_of_service(f, services[i]);

		EXPECT_STR(STR("withdrawn"), facts.state);
	}
}

/* The last word about a category decides for each of them by itself. */
STORE_TEST(facts_of_a_recipient_with_a_newer_record_of_its_own_are_of_that)
{
	struct store_consent own = consent_of("rec2", NOW + 1);
	const struct str income = STR("income");
	CLEANUP(store_facts_clear) struct store_facts a = { 0 };
	CLEANUP(store_facts_clear) struct store_facts b = { 0 };
	CLEANUP(store_facts_clear) struct store_facts c = { 0 };

	add_consent(f, "rec1", NOW, "income");
	IN_TX(f, store_consent_add_recipient(&tx, STR("rec1"), STR("svc_b")));
	own.service = STR("svc_b");
	IN_TX(f, store_consent_add(&tx, &own, &income, 1));
	meddle(f, "UPDATE consent SET log_index = 100");
	a = facts_of_service(f, "svc_a");
	b = facts_of_service(f, "svc_b");
	c = facts_of_service(f, "svc_c");
	EXPECT_STR(STR("rec1"), a.record_id);
	EXPECT_STR(STR("rec2"), b.record_id);
	cr_assert(c.record_id.p == NULL && !c.related);
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
	REFUSED_IN_TX(f, E_NOT_FOUND, store_objection_lift(&tx, all.sub, all.purpose, all.category, 5, STR("lift")));
	in_log(f, STORE_TARGET_OBJECTION, "sub_a", EVENT, 5);
	IN_TX(f, store_objection_lift(&tx, all.sub, all.purpose, all.category, 5, STR("lift")));
	cr_assert(objects(f, "income"), "the entry is not there yet");
	in_log(f, STORE_TARGET_OBJECTION_LIFT, "sub_a", "lift", 6);
	cr_assert(!objects(f, "income"));
	REFUSED_IN_TX(f, E_NOT_FOUND, store_objection_lift(&tx, all.sub, all.purpose, all.category, 5, STR("again")));
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

/* Two windows: in one it is lifted and set anew while the other, which had read the first one, is about to lift. */
STORE_TEST(attack_who_read_an_objection_that_was_lifted_meanwhile_does_not_lift_the_one_that_was_set_anew)
{
	struct store_objection all = { STR("sub_a"), STR("eligibility"), STR("*"), NOW, STR(EVENT), 0 };
	struct store_restriction own = { STR("sub_a"), STR(STORE_BY_PERSON), STR("r"), NOW, 0, STR("own"), 0 };

	IN_TX(f, store_objection_set(&tx, &all));
	in_log(f, STORE_TARGET_OBJECTION, "sub_a", EVENT, 5);
	IN_TX(f, store_objection_lift(&tx, all.sub, all.purpose, all.category, 5, STR("lift")));
	all.event_id = STR("anew");
	IN_TX(f, store_objection_set(&tx, &all));
	in_log(f, STORE_TARGET_OBJECTION, "sub_a", "anew", 7);
	REFUSED_IN_TX(f, E_NOT_FOUND, store_objection_lift(&tx, all.sub, all.purpose, all.category, 5, STR("late")));
	cr_assert(objects(f, "income"));

	IN_TX(f, store_restriction_set(&tx, &own));
	in_log(f, STORE_TARGET_RESTRICTION, "sub_a", "own", 8);
	REFUSED_IN_TX(f, E_NOT_FOUND, store_restriction_lift(&tx, own.sub, own.set_by, 6, STR("late")));
	cr_assert(is_restricted(f, NOW + 1));
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
	IN_TX(f, store_restriction_lift(&tx, STR("sub_a"), STR(STORE_BY_PERSON), 5, STR("lift")));
	in_log(f, STORE_TARGET_RESTRICTION_LIFT, "sub_a", "lift", 7);
	cr_assert(is_restricted(f, NOW + 1), "the officer's is not the person's to lift");
	IN_TX(f, store_restriction_lift(&tx, STR("sub_a"), STR(STORE_BY_OFFICER), 6, STR("lift2")));
	in_log(f, STORE_TARGET_RESTRICTION_LIFT, "sub_a", "lift2", 8);
	cr_assert(!is_restricted(f, NOW + 1));
}
