/* inbox.h and store_inbox.h: what people are told. */
#include "authd/notify/inbox.h"
#include "tests/unit/store_fixture.h"

static void
tell(struct fixture *f, const char *sub, enum inbox_kind kind, const struct inbox_refs *refs)
{
	IN_TX(f, inbox_tell(&tx, str_of(sub), kind, refs));
}

STORE_TEST(a_message_is_read_by_the_person_it_is_for_alone)
{
	CLEANUP(store_message_list_clear) struct store_message_list mine = { 0 }, theirs = { 0 };
	int64_t unread = -1;

	tell(f, "sub_a", INBOX_CONSENT_EXPIRED, &(struct inbox_refs){ .target = STR("r1") });
	EXPECT_OK(store_inbox_page(f->db, STR("sub_a"), STR(""), 10, &mine));
	EXPECT_OK(store_inbox_page(f->db, STR("sub_b"), STR(""), 10, &theirs));
	cr_assert(mine.count == 1 && theirs.count == 0);
	EXPECT_STR(STR("consent_expired"), mine.items[0].kind);
	EXPECT_OK(store_inbox_unread(f->db, STR("sub_b"), &unread));
	cr_assert_eq(unread, 0);
}

STORE_TEST(marking_as_read_is_one_persons_and_leaves_what_came_later)
{
	int64_t unread = -1;

	tell(f, "sub_a", INBOX_CONSENT_EXPIRED, &(struct inbox_refs){ 0 });
	tell(f, "sub_b", INBOX_CONSENT_EXPIRED, &(struct inbox_refs){ 0 });
	EXPECT_OK(store_inbox_read(f->db, STR("sub_a"), 1));
	EXPECT_OK(store_inbox_unread(f->db, STR("sub_a"), &unread));
	cr_assert_eq(unread, 1);
	EXPECT_OK(store_inbox_read(f->db, STR("sub_a"), INT64_MAX));
	EXPECT_OK(store_inbox_unread(f->db, STR("sub_a"), &unread));
	cr_assert_eq(unread, 0);
	EXPECT_OK(store_inbox_unread(f->db, STR("sub_b"), &unread));
	cr_assert_eq(unread, 1);
}

STORE_TEST(a_message_of_a_transaction_that_fails_is_not_told)
{
	CLEANUP(store_message_list_clear) struct store_message_list mine = { 0 };

	{
		CLEANUP(store_abandon) struct store_tx tx = { 0 };

		EXPECT_OK(store_begin(f->db, &tx));
		EXPECT_OK(inbox_tell(&tx, STR("sub_a"), INBOX_MANDATE_GRANTED, &(struct inbox_refs){ 0 }));
	}
	EXPECT_OK(store_inbox_page(f->db, STR("sub_a"), STR(""), 10, &mine));
	cr_assert_eq(mine.count, 0);
}

STORE_TEST(attack_one_organisation_cannot_fill_the_list_up_and_mutes_no_other)
{
	static const enum inbox_kind at_will[] = { INBOX_REQUEST_NEW, INBOX_REQUEST_EXPIRED, INBOX_CONTRACT_PROPOSED };
	const struct inbox_refs flood = { .target = STR("r"), .organisation = STR("org_a") };
	const struct inbox_refs other = { .target = STR("r"), .organisation = STR("org_b") };
	int64_t unread = -1;

	for (size_t k = 0; k < ARRAY_LEN(at_will); k++)
		for (int i = 0; i < 3 * STORE_INBOX_FEW; i++)
			tell(f, "sub_a", at_will[k], &flood);
	EXPECT_OK(store_inbox_unread(f->db, STR("sub_a"), &unread));
	cr_assert_eq(unread, 3 * STORE_INBOX_FEW);
	tell(f, "sub_a", INBOX_REQUEST_NEW, &other);
	tell(f, "sub_b", INBOX_REQUEST_NEW, &flood);
	for (int i = 0; i < 2 * STORE_INBOX_FEW; i++)
		tell(f, "sub_a", INBOX_EMERGENCY_LOOK, &flood);
	EXPECT_OK(store_inbox_unread(f->db, STR("sub_a"), &unread));
	cr_assert_eq(unread, 5 * STORE_INBOX_FEW + 1);
	EXPECT_OK(store_inbox_read(f->db, STR("sub_a"), INT64_MAX));
	tell(f, "sub_a", INBOX_REQUEST_NEW, &flood);
	EXPECT_OK(store_inbox_unread(f->db, STR("sub_a"), &unread));
	cr_assert_eq(unread, 1);
	EXPECT_OK(store_inbox_unread(f->db, STR("sub_b"), &unread));
	cr_assert_eq(unread, 1);
}

/* Ids are from m0000, times from NOW on, one microsecond each. */
static void
fill(struct fixture *f, const char *sub, int from, int until)
{
	CLEANUP(store_abandon) struct store_tx tx = { 0 };
	char id[32];

	EXPECT_OK(store_begin(f->db, &tx));
	for (int i = from; i < until; i++) {
		struct store_message m = {
			.message_id = STR(""), .sub = str_of(sub), .kind = STR("k"), .refs = STR("{}")
		};

		snprintf(id, sizeof(id), "%s-%04d", sub, i);
		m.message_id = str_of(id);
		m.created_us = NOW + i;
		EXPECT_OK(store_inbox_add(&tx, &m));
	}
	EXPECT_OK(store_commit(&tx));
}

static int64_t
unread_of(struct fixture *f, const char *sub)
{
	int64_t count = -1;

	EXPECT_OK(store_inbox_unread(f->db, str_of(sub), &count));
	return count;
}

STORE_TEST(a_person_has_the_newest_thousand_messages_and_takes_none_from_others)
{
	CLEANUP(store_message_list_clear) struct store_message_list newest = { 0 };

	fill(f, "sub_b", 0, 3);
	for (int i = 0; i < STORE_INBOX_MOST + 100; i += 100)
		fill(f, "sub_a", i, i + 100);
	cr_assert_eq(unread_of(f, "sub_a"), STORE_INBOX_MOST);
	cr_assert_eq(unread_of(f, "sub_b"), 3);
	EXPECT_OK(store_inbox_page(f->db, STR("sub_a"), STR(""), 1, &newest));
	EXPECT_STR(STR("sub_a-1099"), newest.items[0].message_id);
	EXPECT_OK(store_inbox_read(f->db, STR("sub_a"), NOW + 99));
	cr_assert_eq(unread_of(f, "sub_a"), STORE_INBOX_MOST, "the oldest hundred are gone");
}

STORE_TEST(a_message_goes_a_year_after_it_was_read_and_not_before)
{
	CLEANUP(store_message_list_clear) struct store_message_list kept = { 0 }, left = { 0 };

	fill(f, "sub_a", 0, 2);
	EXPECT_OK(store_inbox_read(f->db, STR("sub_a"), NOW));
	EXPECT_OK(store_sweep(f->db, NOW + STORE_INBOX_KEEP_US, 100, NULL));
	EXPECT_OK(store_inbox_page(f->db, STR("sub_a"), STR(""), 10, &kept));
	cr_assert_eq(kept.count, 2);
	EXPECT_OK(store_sweep(f->db, NOW + STORE_INBOX_KEEP_US + DAY_US, 100, NULL));
	EXPECT_OK(store_inbox_page(f->db, STR("sub_a"), STR(""), 10, &left));
	cr_assert_eq(left.count, 1, "what was not read stays");
	EXPECT_STR(STR("sub_a-0001"), left.items[0].message_id);
}

Test(inbox, a_card_links_to_its_page_and_names_what_the_policy_forgot_by_its_id)
{
	const struct store_message m = { .kind = STR("consent_revoked"),
					 .refs =
					     STR("{\"target\":\"r1\",\"organisation\":\"org_x\",\"purpose\":\"p\"}"),
					 .created_us = 5 };
	json_t *card = inbox_card(NULL, &m, I18N_EN);

	EXPECT_STR(STR("/consents/r1"), str_of(json_string_value(json_object_get(card, "link"))));
	EXPECT_STR(STR("org_x"), str_of(json_string_value(json_object_get(card, "organisation"))));
	cr_assert(json_is_true(json_object_get(card, "new")));
	json_decref(card);
}

Test(inbox, a_card_of_a_page_without_targets_links_to_the_page_alone)
{
	const struct store_message m = { .kind = STR("mandate_granted"), .refs = STR("{\"target\":\"//evil\"}") };
	json_t *card = inbox_card(NULL, &m, I18N_RU);

	EXPECT_STR(STR("/representatives"), str_of(json_string_value(json_object_get(card, "link"))));
	json_decref(card);
}

Test(inbox, only_a_request_is_said_to_wait_for_an_answer)
{
	for (int kind = 0; kind < INBOX_KIND_COUNT; kind++) {
		const struct store_message m = { .kind = str_of(inbox_kind_name((enum inbox_kind)kind)),
						 .refs = STR("{}") };
		json_t *card = inbox_card(NULL, &m, I18N_EN);

		cr_expect_eq(json_is_true(json_object_get(card, "asks")), kind == INBOX_REQUEST_NEW, "%d", kind);
		json_decref(card);
	}
}

Test(inbox, a_row_of_an_unknown_kind_or_with_broken_names_is_still_a_card)
{
	const struct store_message m = { .kind = STR("tomorrow"), .refs = STR("{") };
	json_t *card = inbox_card(NULL, &m, I18N_RU);

	EXPECT_STR(STR("/me"), str_of(json_string_value(json_object_get(card, "link"))));
	json_decref(card);
}

Test(inbox, every_kind_has_its_words_in_both_languages)
{
	EXPECT_OK(i18n_open(NULL));
	for (unsigned k = 0; k < INBOX_KIND_COUNT; k++) {
		CLEANUP(buf_clear) struct buf key = BUF(80);

		buf_printf(&key, "inbox_%s", inbox_kind_name((enum inbox_kind)k));
		for (unsigned lang = 0; lang < I18N_LANG_COUNT; lang++)
			cr_expect(i18n_has((enum i18n_lang)lang, buf_str(&key)), "%.*s", (int)key.n, key.p);
	}
}
