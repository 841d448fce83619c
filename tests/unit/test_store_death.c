/* Deaths on both databases: two people, one word at a time, and what rests on it. */
#include "authd/access/mandate.h"
#include "authd/store/store_consent.h"
#include "authd/store/store_death.h"
#include "authd/store/store_inbox.h"
#include "authd/store/store_mandate.h"
#include "authd/store/store_outbox.h"
#include "tests/unit/store_fixture.h"

static struct store_death
claim(const char *id, const char *sub)
{
	return (struct store_death){
		.death_id = str_of(id),
		.sub = str_of(sub),
		.kind = STR("death"),
		.organisation = STR("org_north"),
		.operator_id = STR("opr_1"),
		.document = BLOB("sealed"),
		.digest = STR("digest"),
		.person_status = 1,
		.proposed_us = NOW,
		.event_id = STR(EVENT),
	};
}

/* The log has the event: its index goes to the row. */
static void
logged(struct fixture *f, const char *id, const char *target, uint64_t index)
{
	struct store_outbox o = {
		.event_id = STR(EVENT), .target = str_of(target), .target_key = str_of(id), .fragment = STR("{}")
	};
	struct store_receipt r = { .event_id = STR(EVENT), .index = index };

	meddle(f, "DELETE FROM outbox");
	IN_TX(f, store_outbox_add(&tx, &o));
	EXPECT_OK(store_outbox_done(f->db, &r, 1, NOW));
}

static void
proposed(struct fixture *f, const char *id)
{
	const struct store_death d = claim(id, "sub_a");

	IN_TX(f, store_death_add(&tx, &d));
	logged(f, id, STORE_TARGET_DEATH, 42);
}

#define DECIDE(id, state, who, before)                                                                                 \
	store_death_decide(&tx, str_of(id), STR(state), STR(who), before, NOW + 5, STR(EVENT))

static void
dead(struct fixture *f, const char *id)
{
	proposed(f, id);
	IN_TX(f, DECIDE(id, "confirmed", "opr_2", NOW));
	logged(f, id, STORE_TARGET_DEATH_DECIDED, 43);
}

STORE_TEST(a_proposal_is_no_death)
{
	CLEANUP(store_death_clear) struct store_death open = { 0 }, stands = { 0 };

	add_person(f, "sub_a");
	proposed(f, "dth_1");
	EXPECT_STATUS(E_NOT_FOUND, store_death_stands(f->db, STR("sub_a"), &stands));
	EXPECT_OK(store_death_open(f->db, STR("sub_a"), &open));
	EXPECT_STR(STR("proposed"), open.state);
	EXPECT_STR(STR("sealed"), open.document);
	cr_expect_eq(open.log_index, 42);
}

STORE_TEST(who_proposed_does_not_confirm_and_nothing_is_confirmed_before_its_time_or_its_entry)
{
	const struct store_death unlogged = claim("dth_2", "sub_b");

	add_person(f, "sub_a");
	add_person(f, "sub_b");
	proposed(f, "dth_1");
	REFUSED_IN_TX(f, E_NOT_FOUND, DECIDE("dth_1", "confirmed", "opr_1", NOW));
	REFUSED_IN_TX(f, E_NOT_FOUND, DECIDE("dth_1", "confirmed", "opr_2", NOW - 1));
	IN_TX(f, store_death_add(&tx, &unlogged));
	REFUSED_IN_TX(f, E_NOT_FOUND, DECIDE("dth_2", "confirmed", "opr_2", NOW));
	IN_TX(f, DECIDE("dth_1", "confirmed", "opr_2", NOW));
	REFUSED_IN_TX(f, E_NOT_FOUND, DECIDE("dth_1", "contested", "", 0));
}

STORE_TEST(what_the_person_contested_is_never_confirmed)
{
	CLEANUP(store_death_clear) struct store_death said = { 0 };

	add_person(f, "sub_a");
	proposed(f, "dth_1");
	IN_TX(f, DECIDE("dth_1", "contested", "", 0));
	REFUSED_IN_TX(f, E_NOT_FOUND, DECIDE("dth_1", "confirmed", "opr_2", NOW));
	EXPECT_OK(store_death_latest(f->db, STR("sub_a"), STR("contested"), &said));
	cr_expect_eq(said.decided_us, NOW + 5);
	cr_expect_eq(said.confirmer.n, 0);
}

STORE_TEST(one_proposal_at_a_time_and_one_death)
{
	const struct store_death again = claim("dth_2", "sub_a");

	add_person(f, "sub_a");
	proposed(f, "dth_1");
	REFUSED_IN_TX(f, E_CONFLICT, store_death_add(&tx, &again));
	IN_TX(f, DECIDE("dth_1", "confirmed", "opr_2", NOW));
	proposed(f, "dth_2");
	REFUSED_IN_TX(f, E_CONFLICT, DECIDE("dth_2", "confirmed", "opr_2", NOW));
}

STORE_TEST(an_undoing_ends_the_death_once)
{
	CLEANUP(store_death_clear) struct store_death stands = { 0 };

	add_person(f, "sub_a");
	dead(f, "dth_1");
	EXPECT_OK(store_death_stands(f->db, STR("sub_a"), &stands));
	cr_expect_eq(stands.decided_index, 43);
	IN_TX(f, store_death_hold(&tx, STR("dth_1")));
	IN_TX(f, store_death_undo(&tx, STR("dth_1")));
	REFUSED_IN_TX(f, E_NOT_FOUND, store_death_undo(&tx, STR("dth_1")));
	REFUSED_IN_TX(f, E_NOT_FOUND, store_death_hold(&tx, STR("dth_1")));
	store_death_clear(&stands);
	EXPECT_STATUS(E_NOT_FOUND, store_death_stands(f->db, STR("sub_a"), &stands));
}

STORE_TEST(an_account_that_was_shut_while_the_proposal_waited_stays_shut_after_an_undoing)
{
	CLEANUP(store_death_clear) struct store_death d = { 0 };

	add_person(f, "sub_a");
	proposed(f, "dth_1");
	IN_TX(f, store_person_set_status(&tx, STR("sub_a"), STORE_PERSON_DISABLED, STR(EVENT)));
	IN_TX(f, DECIDE("dth_1", "confirmed", "opr_2", NOW));
	EXPECT_OK(store_death_stands(f->db, STR("sub_a"), &d));
	cr_expect_eq(d.person_status, STORE_PERSON_DISABLED);
}

STORE_TEST(a_death_is_looked_at_until_everything_has_ended)
{
	CLEANUP(store_death_list_clear) struct store_death_list list = { 0 };

	add_person(f, "sub_a");
	dead(f, "dth_1");
	EXPECT_OK(store_death_unsettled(f->db, 10, &list));
	cr_assert_eq(list.count, 1);
	EXPECT_OK(store_death_settle(f->db, STR("dth_1"), NOW));
	store_death_list_clear(&list);
	EXPECT_OK(store_death_unsettled(f->db, 10, &list));
	cr_expect_eq(list.count, 0);
	IN_TX(f, store_death_undo(&tx, STR("dth_1")));
	store_death_list_clear(&list);
	EXPECT_OK(store_death_unsettled(f->db, 10, &list));
	cr_assert_eq(list.count, 1, "its heirs");
	EXPECT_STR(STR("undone"), list.items[0].state);
}

STORE_TEST(a_decision_knows_of_the_death_and_of_nobody_elses)
{
	struct store_facts_query q = { .sub = STR("sub_a"), .now_us = NOW };

	add_person(f, "sub_a");
	add_person(f, "sub_b");
	proposed(f, "dth_1");
	for (int i = 0; i < 3; i++) {
		CLEANUP(store_facts_clear) struct store_facts facts = { 0 };

		if (i == 1)
			IN_TX(f, DECIDE("dth_1", "confirmed", "opr_2", NOW));
		if (i == 2)
			q.sub = STR("sub_b");
		EXPECT_OK(store_consent_facts(f->db, &q, &facts));
		cr_expect_eq(facts.dead, i == 1);
	}
}

STORE_TEST(nobody_writes_to_the_dead)
{
	struct store_message m = { .message_id = STR("msg_1"),
				   .sub = STR("sub_a"),
				   .kind = STR("request_new"),
				   .refs = STR("{}"),
				   .created_us = NOW };
	int64_t unread = -1;

	add_person(f, "sub_a");
	dead(f, "dth_1");
	IN_TX(f, store_inbox_add(&tx, &m));
	EXPECT_OK(store_inbox_unread(f->db, STR("sub_a"), &unread));
	cr_expect_eq(unread, 0);
	IN_TX(f, store_death_undo(&tx, STR("dth_1")));
	IN_TX(f, store_inbox_add(&tx, &m));
	EXPECT_OK(store_inbox_unread(f->db, STR("sub_a"), &unread));
	cr_expect_eq(unread, 1);
}

/* ---- heirs ---- */

static struct store_mandate
heir(const char *id)
{
	return (struct store_mandate){
		.mandate_id = str_of(id),
		.sub = STR("sub_a"),
		.representative = STR("sub_b"),
		.kind = STR("heir"),
		.rep_id = str_of(id),
		.purposes = STR("*"),
		.actions = MANDATE_SEE | MANDATE_EXPORT,
		.document = BLOB("sealed"),
		.zone = STR("Europe/Moscow"),
		.issued_us = NOW - DAY_US,
		.from_us = NOW,
		.until_us = NOW + DAY_US,
		.organisation = STR("org_north"),
		.operator_id = STR("opr_1"),
		.created_us = NOW,
	};
}

STORE_TEST(an_heir_is_one_of_the_death_that_stood_when_they_were_registered)
{
	const struct store_mandate early = heir("mnd_1"), late = heir("mnd_2");

	add_person(f, "sub_a");
	add_person(f, "sub_b");
	IN_TX(f, store_mandate_add(&tx, &early));
	dead(f, "dth_1");
	REFUSED_IN_TX(f, E_NOT_FOUND, store_mandate_confirm(&tx, STR("mnd_1"), STR("opr_2"), STR(EVENT)));
	IN_TX(f, store_mandate_add(&tx, &late));
	IN_TX(f, store_death_undo(&tx, STR("dth_1")));
	REFUSED_IN_TX(f, E_NOT_FOUND, store_mandate_confirm(&tx, STR("mnd_2"), STR("opr_2"), STR(EVENT)));
	dead(f, "dth_2");
	REFUSED_IN_TX(f, E_NOT_FOUND, store_mandate_confirm(&tx, STR("mnd_2"), STR("opr_2"), STR(EVENT)));
}

STORE_TEST(an_heir_whom_an_undoing_overlooked_is_none_also_when_the_account_is_shut)
{
	CLEANUP(store_mandate_clear) struct store_mandate found = { 0 };
	const struct store_mandate m = heir("mnd_1");

	add_person(f, "sub_a");
	add_person(f, "sub_b");
	dead(f, "dth_1");
	IN_TX(f, store_person_set_status(&tx, STR("sub_a"), STORE_PERSON_DISABLED, STR(EVENT)));
	IN_TX(f, store_mandate_add(&tx, &m));
	IN_TX(f, store_mandate_confirm(&tx, STR("mnd_1"), STR("opr_2"), STR(EVENT)));
	logged(f, "mnd_1", STORE_TARGET_MANDATE, 44);
	for (int undone = 0; undone < 2; undone++) {
		if (undone)
			IN_TX(f, store_death_undo(&tx, STR("dth_1")));
		store_mandate_clear(&found);
		EXPECT_OK(store_mandate_find(f->db, STR("mnd_1"), &found));
		cr_expect_eq(mandate_judge(&found, STR(""), MANDATE_SEE, NOW + 1),
			     undone ? MANDATE_NOBODY : MANDATE_HOLDS);
	}
}

STORE_TEST(a_list_without_heirs_is_full_of_others)
{
	CLEANUP(store_mandate_list_clear) struct store_mandate_list list = { 0 };
	const struct store_mandate_filter filter = { .no_heirs = true };
	struct store_mandate m = heir("mnd_1");

	add_person(f, "sub_a");
	add_person(f, "sub_b");
	IN_TX(f, store_mandate_add(&tx, &m));
	m.mandate_id = m.rep_id = STR("mnd_2");
	m.kind = STR("guardian");
	IN_TX(f, store_mandate_add(&tx, &m));
	EXPECT_OK(store_mandate_page(f->db, &filter, STR(""), 1, &list));
	cr_assert_eq(list.count, 1);
	EXPECT_STR(STR("mnd_2"), list.items[0].mandate_id);
}

STORE_TEST(no_token_is_made_for_an_heir)
{
	const struct store_mandate m = heir("mnd_1");

	add_person(f, "sub_a");
	add_person(f, "sub_b");
	dead(f, "dth_1");
	IN_TX(f, store_mandate_add(&tx, &m));
	IN_TX(f, store_mandate_confirm(&tx, STR("mnd_1"), STR("opr_2"), STR(EVENT)));
	REFUSED_IN_TX(f, E_NOT_FOUND, store_mandate_token(&tx, STR("mnd_1"), STR("jti"), NOW + DAY_US));
}

STORE_TEST(who_ever_was_a_relative_stays_one_for_a_death)
{
	struct store_mandate m = heir("mnd_1");
	bool related = true;

	m.kind = STR("guardian");
	add_person(f, "sub_a");
	add_person(f, "sub_b");
	EXPECT_OK(store_death_related(f->db, STR("sub_b"), STR("sub_a"), &related));
	cr_expect(!related);
	IN_TX(f, store_mandate_add(&tx, &m));
	IN_TX(f, store_mandate_end(&tx, STR("mnd_1"), STR("revoked"), STR("resigned"), NOW));
	EXPECT_OK(store_death_related(f->db, STR("sub_b"), STR("sub_a"), &related));
	cr_expect(related);
	EXPECT_OK(store_death_related(f->db, STR("sub_a"), STR("sub_b"), &related));
	cr_expect(related);
}

STORE_TEST(an_erasure_takes_the_papers_and_what_waits)
{
	CLEANUP(store_death_clear) struct store_death d = { 0 };

	add_person(f, "sub_a");
	proposed(f, "dth_1");
	IN_TX(f, store_person_erase(&tx, STR("sub_a"), STR("erasing-event")));
	EXPECT_OK(store_death_find(f->db, STR("dth_1"), &d));
	EXPECT_STR(STR("declined"), d.state);
	cr_expect_eq(d.document.n, 0);
}
