/* What questions about nobody leave behind, and with whom a service has to do: store_decoy, store_relation. */
#include "authd/store/store_decoy.h"

#include "authd/store/store_consent.h"
#include "authd/store/store_relation.h"
#include "authd/store/store_tag.h"
#include "tests/unit/store_fixture.h"

#define TAG "AAAAAAAAAAAAAAAAAAAAAA"

STORE_TEST(what_is_open_for_nobody_ends_and_is_opened_again)
{
	int64_t until = 0;

	EXPECT_STATUS(E_NOT_FOUND, store_decoy_find(f->db, STR(TAG), NOW, &until));
	IN_TX(f, store_decoy_open(&tx, STR(TAG), NOW, NOW + DAY_US));
	EXPECT_OK(store_decoy_find(f->db, STR(TAG), NOW + 1, &until));
	cr_assert_eq(until, NOW + DAY_US);
	IN_TX(f, store_decoy_open(&tx, STR(TAG), NOW + 1, NOW + 2 * DAY_US));
	EXPECT_OK(store_decoy_find(f->db, STR(TAG), NOW + 1, &until));
	cr_assert_eq(until, NOW + DAY_US, "an open one keeps its end");
	EXPECT_STATUS(E_NOT_FOUND, store_decoy_find(f->db, STR(TAG), NOW + DAY_US, &until));
	IN_TX(f, store_decoy_open(&tx, STR(TAG), NOW + DAY_US, NOW + 3 * DAY_US));
	EXPECT_OK(store_decoy_find(f->db, STR(TAG), NOW + DAY_US, &until));
	cr_assert_eq(until, NOW + 3 * DAY_US);
}

STORE_TEST(the_first_question_about_somebody_notes_the_tag_of_a_person_and_nothing_of_nobody)
{
	struct store_asked row = { .tag = STR(TAG),
				   .sub = STR("sub_a"),
				   .month = STR("2026-11"),
				   .decoy = STR("d1"),
				   .expires_us = NOW + DAY_US };
	CLEANUP(store_tag_list_clear) struct store_tag_list tags = { 0 };
	int64_t until = 0;

	add_person(f, "sub_a");
	EXPECT_OK(store_decoy_asked(f->db, &row, true));
	EXPECT_OK(store_decoy_asked(f->db, &row, true));
	EXPECT_OK(store_tag_find(f->db, STR(TAG), &tags));
	EXPECT_STR(STR("sub_a"), tags.items[0].sub);
	EXPECT_OK(store_decoy_find(f->db, STR("d1"), NOW, &until));
	store_tag_list_clear(&tags);

	row = (struct store_asked){ .decoy = STR("d2"), .expires_us = NOW + DAY_US };
	EXPECT_OK(store_decoy_asked(f->db, &row, false));
	EXPECT_OK(store_decoy_asked(f->db, &row, false));
	EXPECT_OK(store_decoy_find(f->db, STR("d2"), NOW, &until));
	EXPECT_OK(store_tag_of(f->db, STR("sub_a"), STR("0000-00"), STR("9999-12"), &tags));
	cr_assert_eq(tags.count, 1);
}

STORE_TEST(decoys_are_swept_when_they_are_over_and_not_before)
{
	int64_t until = 0, removed = 0;

	IN_TX(f, store_decoy_open(&tx, STR(TAG), NOW, NOW + DAY_US));
	EXPECT_OK(store_sweep(f->db, NOW + DAY_US - 1, 100, &removed));
	EXPECT_OK(store_decoy_find(f->db, STR(TAG), NOW, &until));
	EXPECT_OK(store_sweep(f->db, NOW + DAY_US + 1, 100, &removed));
	EXPECT_STATUS(E_NOT_FOUND, store_decoy_find(f->db, STR(TAG), NOW, &until));
}

static void
add_record(struct fixture *f, const char *id, const char *sub, const char *service)
{
	const struct store_consent c = { .record_id = str_of(id),
					 .request_id = STR("r"),
					 .sub = str_of(sub),
					 .service = str_of(service),
					 .organisation = STR("org"),
					 .purpose = STR("eligibility"),
					 .purpose_version = 1,
					 .state = STR("given"),
					 .from_us = NOW,
					 .until_us = NOW + DAY_US,
					 .record = STR("{}"),
					 .code = str_of(id),
					 .ctag = STR(TAG),
					 .given_us = NOW,
					 .event_id = STR(EVENT),
					 .log_index = STORE_NO_INDEX };

	IN_TX(f, store_consent_add(&tx, &c, NULL, 0));
}

STORE_TEST(a_service_has_to_do_with_each_person_once_page_by_page_and_with_nobody_elses)
{
	CLEANUP(store_relation_list_clear) struct store_relation_list people = { 0 };

	add_person(f, "sub_a");
	add_person(f, "sub_b");
	add_person(f, "sub_c");
	add_record(f, "1", "sub_b", "svc_a");
	add_record(f, "2", "sub_a", "svc_a");
	add_record(f, "3", "sub_a", "svc_a");
	add_record(f, "4", "sub_c", "svc_b");
	EXPECT_OK(store_relation_page(f->db, STR("svc_a"), STR(""), 1, &people));
	cr_assert_eq(people.count, 1);
	EXPECT_STR(STR("sub_a"), people.subs[0]);
	store_relation_list_clear(&people);
	EXPECT_OK(store_relation_page(f->db, STR("svc_a"), STR("sub_a"), 5, &people));
	cr_assert_eq(people.count, 1);
	EXPECT_STR(STR("sub_b"), people.subs[0]);
	EXPECT_STATUS(E_INVALID, store_relation_page(f->db, STR("svc_a"), STR(""), 0, &people));
}
