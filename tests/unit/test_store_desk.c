/* The desk's rows: nobody finishes alone, whoever calls the statements and in whatever order. */
#include "authd/store/store_desk.h"
#include "authd/store/store_desk_codes.h"
#include "authd/store/store_outbox.h"
#include "tests/unit/store_fixture.h"

#define DIGEST BLOB("0123456789abcdef0123456789abcde\0")

static void
logged(struct fixture *f, const char *target, const char *key)
{
	struct store_outbox o = {
		.event_id = STR(EVENT), .target = str_of(target), .target_key = str_of(key), .fragment = STR("{}")
	};
	struct store_receipt r = { .event_id = STR(EVENT), .index = 42 };

	meddle(f, "DELETE FROM outbox");
	IN_TX(f, store_outbox_add(&tx, &o));
	EXPECT_OK(store_outbox_done(f->db, &r, 1, NOW));
}

static void
add_list(struct fixture *f, const char *list_id, const char *seen_by)
{
	struct store_desk_codes c = { .sub = STR("sub_a"),
				      .list_id = str_of(list_id),
				      .sealed = STR("sealed"),
				      .size = 3,
				      .seen_by = str_of(seen_by),
				      .made_us = NOW,
				      .event_id = STR(EVENT) };

	IN_TX(f, store_desk_codes_set(&tx, &c));
	logged(f, STORE_TARGET_DESK_CODES, "sub_a");
}

static struct store_desk_offer
offer(const char *id, const char *way)
{
	bool code = str_is(str_of(way), "code");

	return (struct store_desk_offer){
		.offer_id = str_of(id),
		.case_id = STR("dsk_1"),
		.sub = STR("sub_a"),
		.operator_sub = STR("sub_o1"),
		.operator_id = STR("opr_1"),
		.organisation = STR("org_1"),
		.role = STR("assist-desk"),
		.action = STR("give"),
		.channel = STR("office"),
		.way = str_of(way),
		.content = STR("sealed"),
		.digest = DIGEST,
		.list_id = code ? STR("lst_1") : STR(""),
		.code_number = code ? 1 : 0,
		.created_us = NOW,
		.expires_us = NOW + 900 * SECOND_US,
		.event_id = STR(EVENT),
	};
}

static void
add_offer(struct fixture *f, const char *id, const char *way)
{
	struct store_desk_offer o = offer(id, way);

	IN_TX(f, store_desk_offer_add(&tx, &o));
	logged(f, STORE_TARGET_DESK_OFFER, id);
}

/* ---- what the table itself refuses ---- */

STORE_TEST(nobody_prepares_about_themselves)
{
	struct store_desk_offer o = offer("off_1", "paper");
	struct store_desk_case c = { .case_id = STR("dsk_1"),
				     .sub = STR("sub_a"),
				     .operator_sub = STR("sub_a"),
				     .organisation = STR("org_1"),
				     .sid = STR("s"),
				     .channel = STR("office"),
				     .event_id = STR(EVENT) };

	o.operator_sub = o.sub;
	REFUSED_IN_TX(f, E_INVALID, store_desk_offer_add(&tx, &o));
	REFUSED_IN_TX(f, E_INVALID, store_desk_case_add(&tx, &c));
}

STORE_TEST(an_offer_without_a_number_or_on_paper_by_telephone_is_none)
{
	struct store_desk_offer o = offer("off_1", "code");

	o.code_number = 0;
	REFUSED_IN_TX(f, E_INVALID, store_desk_offer_add(&tx, &o));
	o = offer("off_1", "paper");
	o.channel = STR("phone");
	REFUSED_IN_TX(f, E_INVALID, store_desk_offer_add(&tx, &o));
	o = offer("off_1", "code");
	o.action = STR("erase");
	REFUSED_IN_TX(f, E_INVALID, store_desk_offer_add(&tx, &o));
}

/* ---- by code ---- */

STORE_TEST(a_code_confirms_once_and_only_the_text_that_was_read)
{
	add_person(f, "sub_a");
	add_list(f, "lst_1", "");
	add_offer(f, "off_1", "code");
	REFUSED_IN_TX(f, E_USED, store_desk_offer_by_code(&tx, STR("off_1"), STR("sub_o1"), BLOB("another text"), NOW));
	REFUSED_IN_TX(f, E_USED, store_desk_offer_by_code(&tx, STR("off_1"), STR("sub_o2"), DIGEST, NOW));
	IN_TX(f, store_desk_offer_by_code(&tx, STR("off_1"), STR("sub_o1"), DIGEST, NOW));
	REFUSED_IN_TX(f, E_USED, store_desk_offer_by_code(&tx, STR("off_1"), STR("sub_o1"), DIGEST, NOW));
	EXPECT_OK(store_desk_offer_done(f->db, STR("off_1"), STR("sub_a"), STR("record")));
	EXPECT_STATUS(E_USED, store_desk_offer_done(f->db, STR("off_1"), STR("sub_a"), STR("record")));
}

STORE_TEST(an_offer_ends_with_its_time_with_a_new_list_and_counts_only_in_the_log)
{
	struct store_desk_offer o = offer("off_2", "code");

	add_person(f, "sub_a");
	add_list(f, "lst_1", "");
	add_offer(f, "off_1", "code");
	REFUSED_IN_TX(f, E_USED,
		      store_desk_offer_by_code(&tx, STR("off_1"), STR("sub_o1"), DIGEST, NOW + 900 * SECOND_US));
	IN_TX(f, store_desk_offer_add(&tx, &o));
	REFUSED_IN_TX(f, E_USED, store_desk_offer_by_code(&tx, STR("off_2"), STR("sub_o1"), DIGEST, NOW));
	add_list(f, "lst_2", "");
	REFUSED_IN_TX(f, E_USED, store_desk_offer_by_code(&tx, STR("off_1"), STR("sub_o1"), DIGEST, NOW));
}

STORE_TEST(whoever_printed_the_list_confirms_nothing_with_it)
{
	int64_t number;
	char list[64];

	add_person(f, "sub_a");
	add_list(f, "lst_1", "sub_o1");
	add_offer(f, "off_1", "code");
	REFUSED_IN_TX(f, E_USED, store_desk_codes_reserve(&tx, STR("sub_a"), STR("sub_o1"), &number, list));
	IN_TX(f, store_desk_codes_reserve(&tx, STR("sub_a"), STR("sub_o2"), &number, list));
	REFUSED_IN_TX(f, E_USED, store_desk_offer_by_code(&tx, STR("off_1"), STR("sub_o1"), DIGEST, NOW));
}

STORE_TEST(tries_are_counted_before_they_are_made)
{
	add_person(f, "sub_a");
	add_list(f, "lst_1", "");
	add_offer(f, "off_1", "code");
	EXPECT_STATUS(E_USED, store_desk_offer_try(f->db, STR("off_1"), STR("sub_o2"), NOW));
	for (int i = 0; i < STORE_DESK_TRIES; i++)
		EXPECT_OK(store_desk_offer_try(f->db, STR("off_1"), STR("sub_o1"), NOW));
	EXPECT_STATUS(E_USED, store_desk_offer_try(f->db, STR("off_1"), STR("sub_o1"), NOW));
}

STORE_TEST(each_number_is_given_out_once_until_the_list_is_used_up)
{
	CLEANUP(store_desk_codes_clear) struct store_desk_codes c = { 0 };
	int64_t number;
	char list[64];

	add_person(f, "sub_a");
	add_list(f, "lst_1", "");
	for (int i = 1; i <= 3; i++) {
		IN_TX(f, store_desk_codes_reserve(&tx, STR("sub_a"), STR("sub_o1"), &number, list));
		cr_assert_eq(number, i);
		EXPECT_STR(STR("lst_1"), str_of(list));
	}
	REFUSED_IN_TX(f, E_USED, store_desk_codes_reserve(&tx, STR("sub_a"), STR("sub_o1"), &number, list));
	add_list(f, "lst_2", "");
	for (int i = 0; i < STORE_DESK_CODES_WRONG; i++)
		EXPECT_OK(store_desk_codes_try(f->db, STR("sub_a"), STR("lst_2")));
	EXPECT_STATUS(E_USED, store_desk_codes_try(f->db, STR("sub_a"), STR("lst_2")));
	EXPECT_STATUS(E_USED, store_desk_codes_try(f->db, STR("sub_a"), STR("lst_1")));
	EXPECT_OK(store_desk_codes_of(f->db, STR("sub_a"), &c));
	cr_assert_eq(c.failures, STORE_DESK_CODES_WRONG);
	REFUSED_IN_TX(f, E_USED, store_desk_codes_reserve(&tx, STR("sub_a"), STR("sub_o1"), &number, list));
	EXPECT_OK(store_desk_codes_give_back(f->db, STR("sub_a"), STR("lst_1"))); /* another list by now */
	EXPECT_STATUS(E_USED, store_desk_codes_try(f->db, STR("sub_a"), STR("lst_2")));
	EXPECT_OK(store_desk_codes_give_back(f->db, STR("sub_a"), STR("lst_2")));
	EXPECT_OK(store_desk_codes_try(f->db, STR("sub_a"), STR("lst_2")));
}

static enum status
guess_code(struct store *db, int number UNUSED)
{
	return store_desk_codes_try(db, STR("sub_a"), STR("lst_1"));
}

STORE_TEST(attack_codes_of_one_list_through_many_offers_at_once_reach_the_check_ten_times)
{
	enum status results[RACERS];

	add_person(f, "sub_a");
	add_list(f, "lst_1", "");
	for (int i = 0; i < STORE_DESK_CODES_WRONG - 3; i++)
		EXPECT_OK(guess_code(f->db, i));
	race(f, guess_code, results);
	cr_assert_eq(count_status(results, OK), 3);
	cr_assert_eq(count_status(results, E_USED), RACERS - 3);
}

/* ---- on paper ---- */

STORE_TEST(the_second_is_another_person_of_the_same_organisation)
{
	struct store_desk_offer o = offer("off_1", "paper");

	add_offer(f, "off_1", "paper");
	REFUSED_IN_TX(f, E_USED, store_desk_offer_by_second(&tx, &o, STR("sub_o1"), STR("opr_1"), STR("org_1"), NOW));
	REFUSED_IN_TX(f, E_USED, store_desk_offer_by_second(&tx, &o, STR("sub_a"), STR("opr_a"), STR("org_1"), NOW));
	REFUSED_IN_TX(f, E_USED, store_desk_offer_by_second(&tx, &o, STR("sub_o2"), STR("opr_2"), STR("org_2"), NOW));
	REFUSED_IN_TX(f, E_USED, store_desk_offer_by_code(&tx, STR("off_1"), STR("sub_o1"), DIGEST, NOW));
	o.digest = BLOB("another text");
	REFUSED_IN_TX(f, E_USED, store_desk_offer_by_second(&tx, &o, STR("sub_o2"), STR("opr_2"), STR("org_1"), NOW));
	o.digest = DIGEST;
	IN_TX(f, store_desk_offer_by_second(&tx, &o, STR("sub_o2"), STR("opr_2"), STR("org_1"), NOW));
	REFUSED_IN_TX(f, E_USED, store_desk_offer_by_second(&tx, &o, STR("sub_o3"), STR("opr_3"), STR("org_1"), NOW));
}

STORE_TEST(what_was_called_off_is_confirmed_by_nobody)
{
	struct store_desk_offer o = offer("off_1", "paper");
	CLEANUP(store_desk_offer_list_clear) struct store_desk_offer_list waiting = { 0 };

	add_offer(f, "off_1", "paper");
	REFUSED_IN_TX(f, E_USED, store_desk_offer_refuse(&tx, STR("off_1"), STR("org_2")));
	IN_TX(f, store_desk_offer_refuse(&tx, STR("off_1"), STR("org_1")));
	REFUSED_IN_TX(f, E_USED, store_desk_offer_by_second(&tx, &o, STR("sub_o2"), STR("opr_2"), STR("org_1"), NOW));
	EXPECT_OK(store_desk_offer_queue(f->db, STR("org_1"), NOW, 10, &waiting));
	cr_assert_eq(waiting.count, 0);
}

/* ---- how often, and which duty ---- */

STORE_TEST(an_hour_has_so_many_and_no_more)
{
	for (int i = 0; i < 3; i++)
		EXPECT_OK(store_desk_use_take(f->db, STR("sub_o1"), STR("look"), NOW, 3));
	EXPECT_STATUS(E_LIMITED, store_desk_use_take(f->db, STR("sub_o1"), STR("look"), NOW, 3));
	EXPECT_OK(store_desk_use_take(f->db, STR("sub_o1"), STR("look"), NOW + 1, 3));
	EXPECT_OK(store_desk_use_take(f->db, STR("sub_o2"), STR("look"), NOW, 3));
}

STORE_TEST(what_was_none_after_all_is_given_back_to_its_own_hour)
{
	const struct str who = STR("sub_o1"), what = STR("wrong");

	for (int i = 0; i < 3; i++)
		EXPECT_OK(store_desk_use_take(f->db, who, what, NOW, 3));
	EXPECT_OK(store_desk_use_give_back(f->db, who, what, NOW + 1)); /* another hour: nothing to give back */
	EXPECT_STATUS(E_LIMITED, store_desk_use_take(f->db, who, what, NOW, 3));
	for (int i = 0; i < 5; i++)
		EXPECT_OK(store_desk_use_give_back(f->db, who, what, NOW));
	for (int i = 0; i < 3; i++)
		EXPECT_OK(store_desk_use_take(f->db, who, what, NOW, 3));
	EXPECT_STATUS(E_LIMITED, store_desk_use_take(f->db, who, what, NOW, 3));
}

/* ---- the dead ---- */

STORE_TEST(what_was_prepared_for_somebody_who_died_is_confirmed_by_nobody_and_their_case_is_closed)
{
	const struct store_desk_case c = { .case_id = STR("dsk_1"),
					   .sub = STR("sub_a"),
					   .operator_sub = STR("sub_o1"),
					   .organisation = STR("org_1"),
					   .sid = STR("s"),
					   .channel = STR("office"),
					   .opened_us = NOW,
					   .expires_us = NOW + DAY_US,
					   .event_id = STR(EVENT) };
	CLEANUP(store_desk_case_clear) struct store_desk_case found = { 0 };
	struct store_desk_offer o = offer("off_2", "paper");

	add_person(f, "sub_a");
	add_list(f, "lst_1", "");
	add_offer(f, "off_1", "code");
	add_offer(f, "off_2", "paper");
	IN_TX(f, store_desk_case_add(&tx, &c));
	meddle(f, "UPDATE desk_case SET log_index = 1");
	IN_TX(f, store_desk_end_all(&tx, STR("sub_b"), NOW)); /* somebody else's end */
	EXPECT_OK(store_desk_case_find(f->db, c.case_id, c.operator_sub, c.sid, NOW, &found));
	IN_TX(f, store_desk_end_all(&tx, STR("sub_a"), NOW));
	REFUSED_IN_TX(f, E_USED, store_desk_offer_by_code(&tx, STR("off_1"), STR("sub_o1"), DIGEST, NOW));
	REFUSED_IN_TX(f, E_USED, store_desk_offer_by_second(&tx, &o, STR("sub_o2"), STR("opr_2"), STR("org_1"), NOW));
	store_desk_case_clear(&found);
	EXPECT_STATUS(E_NOT_FOUND, store_desk_case_find(f->db, c.case_id, c.operator_sub, c.sid, NOW, &found));
}
