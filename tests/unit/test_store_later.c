/* Looks that the person sees later: store_later, store_tag_months. */
#include "authd/store/store_later.h"

#include "authd/store/store_person.h"
#include "authd/store/store_tag.h"
#include "tests/unit/store_fixture.h"

#define MONTH "2026-11"

static struct store_later
look_of(const char *tag, const char *sub, const char *shown, int64_t visible_us)
{
	return (struct store_later){ .tag = str_of(tag),
				     .sub = sub == NULL ? (struct str){ 0 } : str_of(sub),
				     .month = STR(MONTH),
				     .shown = str_of(shown),
				     .visible_us = visible_us,
				     .service = STR("svc"),
				     .case_ref = STR("2026-1"),
				     .made_us = NOW };
}

static void
add(struct fixture *f, struct store_later look)
{
	EXPECT_OK(store_later_add(f->db, &look));
}

static size_t
due(struct fixture *f, const char *sub, int64_t now_us)
{
	CLEANUP(store_later_list_clear) struct store_later_list list = { 0 };

	EXPECT_OK(store_later_due(f->db, str_of(sub), now_us, 100, &list));
	return list.count;
}

static size_t
visible(struct fixture *f, const char *sub, int64_t now_us, uint64_t before, uint64_t *indices)
{
	size_t count = 0;

	EXPECT_OK(store_later_visible(f->db, str_of(sub), STR(MONTH), now_us, before, 2, indices, &count));
	return count;
}

STORE_TEST(a_delayed_look_is_due_from_its_instant_on_and_a_withheld_one_never)
{
	uint64_t at[2];

	add_person(f, "sub_a");
	add(f, look_of("delayed", "sub_a", "delayed", NOW + DAY_US));
	add(f, look_of("withheld", "sub_a", "withheld", STORE_LATER_NEVER));
	cr_assert_eq(due(f, "sub_a", NOW + DAY_US - 1), 0);
	cr_assert_eq(due(f, "sub_a", NOW + DAY_US), 1);
	cr_assert_eq(due(f, "", NOW + DAY_US), 1);
	cr_assert_eq(due(f, "sub_a", STORE_LATER_NEVER - 1), 1);
	IN_TX(f, store_later_place(&tx, STR("delayed"), 7));
	REFUSED_IN_TX(f, E_USED, store_later_place(&tx, STR("delayed"), 8));
	cr_assert_eq(due(f, "", NOW + DAY_US), 0, "a look is placed once");
	cr_assert_eq(visible(f, "sub_a", NOW + DAY_US - 1, UINT64_MAX, at), 0);
	cr_assert_eq(visible(f, "sub_a", NOW + DAY_US, UINT64_MAX, at), 1);
	cr_assert_eq(at[0], 7);
	cr_assert_eq(visible(f, "sub_b", NOW + DAY_US, UINT64_MAX, at), 0);
}

STORE_TEST(visible_looks_are_paged_newest_first)
{
	static const char *const tags[] = { "t1", "t2", "t3" };
	uint64_t at[2];

	add_person(f, "sub_a");
	for (size_t i = 0; i < ARRAY_LEN(tags); i++) {
		add(f, look_of(tags[i], "sub_a", "delayed", NOW));
		IN_TX(f, store_later_place(&tx, str_of(tags[i]), 10 + i));
	}
	cr_assert_eq(visible(f, "sub_a", NOW, UINT64_MAX, at), 2);
	cr_assert(at[0] == 12 && at[1] == 11);
	cr_assert_eq(visible(f, "sub_a", NOW, 11, at), 1);
	cr_assert_eq(at[0], 10);
}

STORE_TEST(closing_a_case_shows_what_waited_for_it_and_nothing_else)
{
	struct store_later other = look_of("other", "sub_a", "on_close", NOW + 180 * DAY_US);

	add_person(f, "sub_a");
	other.service = STR("svc_other");
	add(f, other);
	add(f, look_of("close", "sub_a", "on_close", NOW + 180 * DAY_US));
	add(f, look_of("delayed", "sub_a", "delayed", NOW + DAY_US));
	add(f, look_of("withheld", "sub_a", "withheld", STORE_LATER_NEVER));
	IN_TX(f, store_later_close(&tx, STR("svc"), STR(""), NOW));
	IN_TX(f, store_later_close(&tx, STR("svc"), STR("2026-2"), NOW));
	cr_assert_eq(due(f, "sub_a", NOW), 0);
	IN_TX(f, store_later_close(&tx, STR("svc"), STR("2026-1"), NOW));
	cr_assert_eq(due(f, "sub_a", NOW), 1);
	cr_assert_eq(due(f, "sub_a", NOW + DAY_US), 2);
	IN_TX(f, store_later_close(&tx, STR("svc"), STR("2026-1"), NOW + DAY_US));
	cr_assert_eq(due(f, "sub_a", NOW), 1, "what is visible does not go away again");
}

/* A month whose only looks are withheld is not in the list: it would say that there was one. */
STORE_TEST(a_month_is_named_when_there_is_something_to_see_in_it)
{
	CLEANUP(store_tag_list_clear) struct store_tag_list months = { 0 };

	add_person(f, "sub_a");
	EXPECT_OK(store_tag_add(f->db, STR("tag"), STR("sub_a"), STR("2026-10")));
	add(f, look_of("delayed", "sub_a", "delayed", NOW + DAY_US));
	EXPECT_OK(store_tag_months(f->db, STR("sub_a"), STR("0000-00"), STR("9999-12"), NOW + DAY_US, &months));
	cr_assert_eq(months.count, 1, "its entry was not found yet");
	store_tag_list_clear(&months);
	IN_TX(f, store_later_place(&tx, STR("delayed"), 7));
	EXPECT_OK(store_tag_months(f->db, STR("sub_a"), STR("0000-00"), STR("9999-12"), NOW, &months));
	cr_assert_eq(months.count, 1);
	store_tag_list_clear(&months);
	EXPECT_OK(store_tag_months(f->db, STR("sub_a"), STR("0000-00"), STR("9999-12"), NOW + DAY_US, &months));
	cr_assert_eq(months.count, 2);
	EXPECT_STR(STR(MONTH), months.items[0].month);
}

STORE_TEST(a_tag_stands_for_one_person)
{
	struct store_later again = look_of("tag", "sub_b", "delayed", NOW);

	add_person(f, "sub_a");
	add_person(f, "sub_b");
	add(f, look_of("tag", "sub_a", "delayed", NOW));
	add(f, look_of("tag", "sub_a", "delayed", NOW));
	EXPECT_STATUS(E_CONFLICT, store_later_add(f->db, &again));
}

STORE_TEST(an_erased_person_has_no_look_any_more_and_gets_none)
{
	struct store_later late = look_of("late", "sub_a", "withheld", STORE_LATER_NEVER);
	CLEANUP(store_later_clear) struct store_later found = { 0 };

	add_person(f, "sub_a");
	add(f, look_of("tag", "sub_a", "withheld", STORE_LATER_NEVER));
	IN_TX(f, store_person_erase(&tx, STR("sub_a"), STR("0190f3b2-7c1e-7d43-9a55-2f1f0c9d7f3a")));
	EXPECT_STATUS(E_NOT_FOUND, store_later_find(f->db, STR("tag"), &found));
	EXPECT_STATUS(E_NOT_FOUND, store_later_add(f->db, &late));
}

STORE_TEST(rows_of_nobody_are_no_looks_and_are_swept)
{
	CLEANUP(store_later_clear) struct store_later found = { 0 };
	int64_t removed = 0;

	add_person(f, "sub_a");
	add(f, look_of("nobody", NULL, "delayed", NOW));
	add(f, look_of("tag", "sub_a", "delayed", NOW));
	cr_assert_eq(due(f, "", NOW), 1);
	EXPECT_OK(store_sweep(f->db, NOW + 1, 100, &removed));
	EXPECT_STATUS(E_NOT_FOUND, store_later_find(f->db, STR("nobody"), &found));
	EXPECT_OK(store_later_find(f->db, STR("tag"), &found));
}

STORE_TEST(officers_see_all_of_a_month_and_what_never_came_into_the_log_is_dropped)
{
	CLEANUP(store_later_list_clear) struct store_later_list list = { 0 };

	add_person(f, "sub_a");
	add(f, look_of("t1", "sub_a", "withheld", STORE_LATER_NEVER));
	add(f, look_of("t2", "sub_a", "delayed", NOW));
	EXPECT_OK(store_later_page(f->db, STR("sub_a"), STR(MONTH), &list));
	cr_assert_eq(list.count, 2);
	store_later_list_clear(&list);
	EXPECT_OK(store_later_drop(f->db, STR("t2")));
	EXPECT_OK(store_later_page(f->db, STR("sub_a"), STR(MONTH), &list));
	cr_assert_eq(list.count, 1);
	store_later_list_clear(&list);
	EXPECT_OK(store_later_page(f->db, STR("sub_a"), STR("2026-10"), &list));
	cr_assert_eq(list.count, 0);
}
