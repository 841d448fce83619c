/* test_store_breakglass.c: emergencies on both databases: quota, equality, ends, review, suspension, erasure. */
#include "authd/store/store_breakglass.h"
#include "authd/store/store_outbox.h"
#include "tests/unit/store_fixture.h"

#define HOUR  (INT64_C(3600) * SECOND_US)
#define QUOTA 5
#define SINCE (NOW - 30 * DAY_US)

static void
add_operator(struct fixture *f, const char *sub, const char *pseudonym)
{
	const struct store_person p = {
		.sub = str_of(sub),
		.kind = STR("staff"),
		.status = STORE_PERSON_ACTIVE,
		.wrapped_key = BLOB("key"),
		.pseudonym = str_of(pseudonym),
		.created_us = NOW,
		.event_id = STR(EVENT),
	};

	IN_TX(f, store_person_add(&tx, &p));
}

/* An emergency of opr_1 about the person, opened now for an hour, to be reviewed within a day. */
static struct store_breakglass
glass(const char *id, const char *sub)
{
	return (struct store_breakglass){
		.id = str_of(id),
		.operator_id = STR("opr_1"),
		.organisation = STR("org_n"),
		.service = STR("svc_n"),
		.role = STR("chief"),
		.sub = str_of(sub),
		.category = STR("health"),
		.purpose = STR("care"),
		.reason = STR("life_in_danger"),
		.words = BLOB("sealed"),
		.ctag = STR("c"),
		.opened_us = NOW,
		.until_us = NOW + HOUR,
		.review_by_us = NOW + DAY_US,
		.event_id = STR(EVENT),
	};
}

static enum status
open_in(struct store *db, const struct store_breakglass *b)
{
	CLEANUP(store_abandon) struct store_tx tx = { 0 };

	TRY(store_begin(db, &tx));
	TRY(store_breakglass_add(&tx, b, SINCE, QUOTA));
	return store_commit(&tx);
}

/* The log has it. */
static void
logged(struct fixture *f, const char *id, const char *event)
{
	const struct store_outbox o = { .event_id = str_of(event),
					.target = STR(STORE_TARGET_BREAKGLASS),
					.target_key = str_of(id),
					.fragment = STR("{}"),
					.created_us = NOW };
	const struct store_receipt r = { .event_id = str_of(event), .index = 7 };

	IN_TX(f, store_outbox_add(&tx, &o));
	EXPECT_OK(store_outbox_done(f->db, &r, 1, NOW));
}

static void
opened(struct fixture *f, const char *id, const char *sub)
{
	struct store_breakglass b = glass(id, sub);

	add_operator(f, "sub_o", "opr_1");
	EXPECT_OK(open_in(f->db, &b));
	logged(f, id, EVENT);
}

static const struct store_breakglass_use use = { STR_INIT("opr_1"), STR_INIT("org_n"),  STR_INIT("svc_n"),
						 STR_INIT("sub_a"), STR_INIT("health"), STR_INIT("care") };

static enum status
look(struct fixture *f, const struct store_breakglass_use *as, int64_t now_us)
{
	CLEANUP(store_breakglass_clear) struct store_breakglass b = { 0 };

	return store_breakglass_open(f->db, as, now_us, &b);
}

static bool
suspended(struct fixture *f, int64_t now_us)
{
	bool is;

	EXPECT_OK(store_breakglass_suspended(f->db, STR("opr_1"), now_us, &is));
	return is;
}

STORE_TEST(what_was_opened_is_found_as_it_was)
{
	CLEANUP(store_breakglass_clear) struct store_breakglass b = { 0 };
	CLEANUP(store_breakglass_clear) struct store_breakglass same = { 0 };

	opened(f, "bg_1", "sub_a");
	EXPECT_OK(store_breakglass_open(f->db, &use, NOW, &b));
	EXPECT_STR(STR("bg_1"), b.id);
	EXPECT_STR(STR("chief"), b.role);
	EXPECT_STR(STR("life_in_danger"), b.reason);
	EXPECT_STR(STR("sealed"), b.words);
	cr_assert_eq(b.log_index, 7);
	cr_assert_eq(b.review_by_us, NOW + DAY_US);
	cr_assert(!b.verdict.p && !b.reviewer.p && !b.reviewed_us && !b.closed_us && !b.suspended_us);
	EXPECT_OK(store_breakglass_by_index(f->db, 7, &same));
	EXPECT_STR(b.id, same.id);
	EXPECT_STATUS(E_NOT_FOUND, store_breakglass_find(f->db, STR("bg_2"), &same));
}

STORE_TEST(it_ends_at_its_instant_and_not_before)
{
	opened(f, "bg_1", "sub_a");
	EXPECT_STATUS(E_NOT_FOUND, look(f, &use, NOW - 1));
	EXPECT_OK(look(f, &use, NOW + HOUR - 1));
	EXPECT_STATUS(E_NOT_FOUND, look(f, &use, NOW + HOUR));
}

STORE_TEST(it_is_of_one_operator_service_person_category_and_purpose)
{
	struct store_breakglass_use other[6] = { use, use, use, use, use, use };

	opened(f, "bg_1", "sub_a");
	other[0].operator_id = STR("opr_2");
	other[1].organisation = STR("org_s");
	other[2].service = STR("svc_s");
	other[3].sub = STR("sub_b");
	other[4].category = STR("contacts");
	other[5].purpose = STR("eligibility");
	for (size_t i = 0; i < ARRAY_LEN(other); i++)
		EXPECT_STATUS(E_NOT_FOUND, look(f, &other[i], NOW));
}

STORE_TEST(an_equal_open_one_is_not_doubled_and_takes_no_quota)
{
	struct store_breakglass again = glass("bg_2", "sub_a");

	opened(f, "bg_1", "sub_a");
	for (int i = 0; i < 2 * QUOTA; i++)
		EXPECT_STATUS(E_CONFLICT, open_in(f->db, &again));
	again.sub = STR("sub_b");
	EXPECT_OK(open_in(f->db, &again));
}

STORE_TEST(the_quota_is_a_window_that_moves)
{
	char id[16], sub[16];
	struct store_breakglass b;

	add_operator(f, "sub_o", "opr_1");
	for (int i = 0; i < QUOTA; i++) {
		snprintf(id, sizeof(id), "bg_%d", i);
		snprintf(sub, sizeof(sub), "sub_%d", i);
		b = glass(id, sub);
		b.opened_us = SINCE + 1 + i; /* the first is the next to leave the window */
		b.review_by_us = NOW + DAY_US;
		EXPECT_OK(open_in(f->db, &b));
	}
	b = glass("bg_last", "sub_last");
	EXPECT_STATUS(E_LIMITED, open_in(f->db, &b));
	{
		CLEANUP(store_abandon) struct store_tx tx = { 0 };

		EXPECT_OK(store_begin(f->db, &tx));
		EXPECT_STATUS(E_LIMITED, store_breakglass_add(&tx, &b, SINCE, QUOTA));
		EXPECT_OK(store_breakglass_add(&tx, &b, SINCE + 1, QUOTA));
	}
}

STORE_TEST(a_quota_is_one_operators)
{
	struct store_breakglass b = glass("bg_1", "sub_a");

	add_operator(f, "sub_o", "opr_1");
	add_operator(f, "sub_p", "opr_2");
	for (int i = 0; i < QUOTA; i++) {
		char id[16], sub[16];

		snprintf(id, sizeof(id), "bg_%d", i);
		snprintf(sub, sizeof(sub), "sub_%d", i);
		b.id = str_of(id);
		b.sub = str_of(sub);
		EXPECT_OK(open_in(f->db, &b));
	}
	b.id = STR("bg_x");
	b.sub = STR("sub_x");
	EXPECT_STATUS(E_LIMITED, open_in(f->db, &b));
	b.operator_id = STR("opr_2");
	EXPECT_OK(open_in(f->db, &b));
	b.operator_id = STR("opr_nobody");
	EXPECT_STATUS(E_NOT_FOUND, open_in(f->db, &b));
}

static enum status
open_one_more(struct store *db, int number)
{
	char id[16], sub[16];
	struct store_breakglass b;

	snprintf(id, sizeof(id), "bg_%d", number);
	snprintf(sub, sizeof(sub), "sub_%d", number);
	b = glass(id, sub);
	return open_in(db, &b);
}

STORE_TEST(of_those_who_open_at_once_as_many_pass_as_are_left)
{
	enum status results[RACERS];

	add_operator(f, "sub_o", "opr_1");
	race(f, open_one_more, results);
	cr_assert_eq(count_status(results, OK), QUOTA);
	cr_assert_eq(count_status(results, E_LIMITED), RACERS - QUOTA);
}

static enum status
open_the_same(struct store *db, int number)
{
	char id[16];
	struct store_breakglass b;

	snprintf(id, sizeof(id), "bg_%d", number);
	b = glass(id, "sub_a");
	return open_in(db, &b);
}

STORE_TEST(of_those_who_open_the_same_at_once_one_does)
{
	enum status results[RACERS];

	add_operator(f, "sub_o", "opr_1");
	race(f, open_the_same, results);
	cr_assert_eq(count_status(results, OK), 1);
	cr_assert_eq(count_status(results, E_CONFLICT), RACERS - 1);
}

STORE_TEST(its_operator_ends_it_once_and_nobody_else_does)
{
	opened(f, "bg_1", "sub_a");
	REFUSED_IN_TX(f, E_NOT_FOUND, store_breakglass_close(&tx, STR("bg_1"), STR("opr_2"), NOW + 1));
	REFUSED_IN_TX(f, E_NOT_FOUND, store_breakglass_close(&tx, STR("bg_1"), STR("opr_1"), NOW + HOUR));
	IN_TX(f, store_breakglass_close(&tx, STR("bg_1"), STR("opr_1"), NOW + 1));
	EXPECT_STATUS(E_NOT_FOUND, look(f, &use, NOW + 2));
	REFUSED_IN_TX(f, E_NOT_FOUND, store_breakglass_close(&tx, STR("bg_1"), STR("opr_1"), NOW + 3));
}

STORE_TEST(what_is_not_in_the_log_can_be_neither_ended_nor_judged)
{
	struct store_breakglass b = glass("bg_1", "sub_a");

	add_operator(f, "sub_o", "opr_1");
	EXPECT_OK(open_in(f->db, &b));
	REFUSED_IN_TX(f, E_NOT_FOUND, store_breakglass_close(&tx, STR("bg_1"), STR("opr_1"), NOW + 1));
	REFUSED_IN_TX(f, E_NOT_FOUND,
		      store_breakglass_review(&tx, STR("bg_1"), STR("justified"), STR("opr_d"), BLOB("w"), NOW));
}

/* ---- review and suspension ---- */

STORE_TEST(without_a_review_the_right_ends_at_that_instant_and_comes_back_with_it)
{
	opened(f, "bg_1", "sub_a");
	cr_assert(!suspended(f, NOW + DAY_US - 1));
	cr_assert(suspended(f, NOW + DAY_US));
	IN_TX(f,
	      store_breakglass_review(&tx, STR("bg_1"), STR("justified"), STR("opr_d"), BLOB("w"), NOW + 2 * DAY_US));
	cr_assert(!suspended(f, NOW + 2 * DAY_US));
}

STORE_TEST(a_suspended_operator_opens_nothing_and_what_is_open_gives_nothing)
{
	struct store_breakglass late = glass("bg_2", "sub_b");
	struct store_breakglass_use of_late = use;

	opened(f, "bg_1", "sub_a");
	late.opened_us = NOW + DAY_US - HOUR / 2;
	late.until_us = late.opened_us + HOUR;
	late.review_by_us = late.opened_us + DAY_US;
	EXPECT_OK(open_in(f->db, &late));
	of_late.sub = STR("sub_b");
	EXPECT_OK(look(f, &of_late, NOW + DAY_US - 1));
	EXPECT_STATUS(E_NOT_FOUND, look(f, &of_late, NOW + DAY_US));
	late.id = STR("bg_3");
	late.sub = STR("sub_c");
	late.opened_us = NOW + DAY_US;
	late.service = STR("svc_second"); /* the right is the operator's, whichever way they come */
	late.organisation = STR("org_second");
	EXPECT_STATUS(E_USED, open_in(f->db, &late));
}

STORE_TEST(an_unjustified_one_suspends_until_somebody_lifts_it)
{
	opened(f, "bg_1", "sub_a");
	REFUSED_IN_TX(f, E_CONFLICT, store_breakglass_restore(&tx, STR("bg_1"), NOW));
	IN_TX(f, store_breakglass_review(&tx, STR("bg_1"), STR("unjustified"), STR("opr_d"), BLOB("w"), NOW + 1));
	REFUSED_IN_TX(f, E_USED,
		      store_breakglass_review(&tx, STR("bg_1"), STR("justified"), STR("opr_e"), BLOB("w"), NOW + 2));
	cr_assert(suspended(f, NOW + 1));
	cr_assert(suspended(f, NOW + 100 * DAY_US));
	IN_TX(f, store_breakglass_restore(&tx, STR("bg_1"), NOW + 3));
	cr_assert(!suspended(f, NOW + 4));
	REFUSED_IN_TX(f, E_CONFLICT, store_breakglass_restore(&tx, STR("bg_1"), NOW + 5));
	REFUSED_IN_TX(f, E_NOT_FOUND, store_breakglass_restore(&tx, STR("bg_x"), NOW + 5));
}

STORE_TEST(a_verdict_is_one_of_two)
{
	opened(f, "bg_1", "sub_a");
	REFUSED_IN_TX(f, E_INVALID,
		      store_breakglass_review(&tx, STR("bg_1"), STR("perhaps"), STR("opr_d"), BLOB("w"), NOW));
}

static enum status
say_suspended(struct store *db, int number UNUSED)
{
	CLEANUP(store_abandon) struct store_tx tx = { 0 };

	TRY(store_begin(db, &tx));
	TRY(store_breakglass_suspend(&tx, STR("bg_1"), NOW + DAY_US));
	return store_commit(&tx);
}

STORE_TEST(of_several_nodes_one_says_that_the_right_is_suspended)
{
	CLEANUP(store_breakglass_list_clear) struct store_breakglass_list l = { 0 };
	CLEANUP(store_breakglass_list_clear) struct store_breakglass_list after = { 0 };
	enum status results[RACERS];

	opened(f, "bg_1", "sub_a");
	EXPECT_OK(store_breakglass_overdue(f->db, NOW + DAY_US - 1, 10, &l));
	cr_assert_eq(l.count, 0);
	store_breakglass_list_clear(&l);
	EXPECT_OK(store_breakglass_overdue(f->db, NOW + DAY_US, 10, &l));
	cr_assert_eq(l.count, 1);
	race(f, say_suspended, results);
	cr_assert_eq(count_status(results, OK), 1);
	cr_assert_eq(count_status(results, E_NOT_FOUND), RACERS - 1);
	EXPECT_OK(store_breakglass_overdue(f->db, NOW + DAY_US, 10, &after));
	cr_assert_eq(after.count, 0);
}

/* ---- lists and counts ---- */

static size_t
listed(struct fixture *f, const char *state, int64_t now_us)
{
	CLEANUP(store_breakglass_list_clear) struct store_breakglass_list l = { 0 };
	const struct store_breakglass_filter filter = { .organisation = STR("org_n"), .state = str_of(state) };

	EXPECT_OK(store_breakglass_page(f->db, &filter, now_us, STR(""), 10, &l));
	return l.count;
}

STORE_TEST(lists_show_what_is_open_waits_and_is_over)
{
	const struct store_breakglass_filter elsewhere = { .organisation = STR("org_s") };
	CLEANUP(store_breakglass_list_clear) struct store_breakglass_list l = { 0 };
	struct store_breakglass second = glass("bg_2", "sub_b");

	opened(f, "bg_1", "sub_a");
	EXPECT_OK(open_in(f->db, &second));
	cr_assert_eq(listed(f, "", NOW), 2);
	cr_assert_eq(listed(f, "open", NOW), 2);
	cr_assert_eq(listed(f, "open", NOW + HOUR), 0);
	cr_assert_eq(listed(f, "waiting", NOW), 2);
	cr_assert_eq(listed(f, "overdue", NOW + DAY_US - 1), 0);
	cr_assert_eq(listed(f, "overdue", NOW + DAY_US), 2);
	IN_TX(f, store_breakglass_review(&tx, STR("bg_1"), STR("unjustified"), STR("opr_d"), BLOB("w"), NOW));
	cr_assert_eq(listed(f, "waiting", NOW), 1);
	cr_assert_eq(listed(f, "reviewed", NOW), 1);
	cr_assert_eq(listed(f, "unjustified", NOW), 1);
	EXPECT_OK(store_breakglass_page(f->db, &elsewhere, NOW, STR(""), 10, &l));
	cr_assert_eq(l.count, 0);
}

STORE_TEST(counts_are_of_a_time_and_of_what_the_log_has)
{
	struct store_breakglass second = glass("bg_2", "sub_b");
	struct store_breakglass_counts c = { 0 };

	opened(f, "bg_1", "sub_a");
	EXPECT_OK(open_in(f->db, &second)); /* not in the log */
	EXPECT_OK(store_breakglass_count(f->db, STR(""), NOW, NOW + 1, NOW, &c));
	cr_assert(c.opened == 1 && c.waiting == 1 && c.in_time == 0 && c.unjustified == 0 && c.late == 0);
	EXPECT_OK(store_breakglass_count(f->db, STR("opr_1"), NOW, NOW + 1, NOW + DAY_US, &c));
	cr_assert(c.opened == 1 && c.late == 1);
	IN_TX(f, store_breakglass_review(&tx, STR("bg_1"), STR("unjustified"), STR("opr_d"), BLOB("w"), NOW + DAY_US));
	EXPECT_OK(store_breakglass_count(f->db, STR(""), NOW, NOW + 1, NOW + 2 * DAY_US, &c));
	cr_assert(c.opened == 1 && c.waiting == 0 && c.in_time == 1 && c.unjustified == 1 && c.late == 0);
	EXPECT_OK(store_breakglass_count(f->db, STR("opr_2"), NOW, NOW + 1, NOW, &c));
	cr_assert_eq(c.opened, 0);
	EXPECT_OK(store_breakglass_count(f->db, STR(""), NOW + 1, NOW + 2, NOW, &c));
	cr_assert_eq(c.opened, 0);
}

/* What was said about the person goes; that the operator did it, and how it was judged, stays. */
STORE_TEST(erasing_the_person_makes_no_room_in_the_quota_and_lifts_no_suspension)
{
	CLEANUP(store_breakglass_clear) struct store_breakglass b = { 0 };

	add_person(f, "sub_a");
	opened(f, "bg_1", "sub_a");
	IN_TX(f, store_breakglass_review(&tx, STR("bg_1"), STR("unjustified"), STR("opr_d"), BLOB("w"), NOW + 1));
	IN_TX(f, store_person_erase(&tx, STR("sub_a"), STR("erasing")));
	EXPECT_OK(store_breakglass_find(f->db, STR("bg_1"), &b));
	cr_assert(b.sub.n == 0 && !b.words.p && !b.review_words.p);
	cr_assert(suspended(f, NOW + 2));
	EXPECT_STATUS(E_NOT_FOUND, look(f, &use, NOW + 2));
}
