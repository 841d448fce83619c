/* Whose number it is, and what becomes of people who were asked about and are not here: store_national. */
#include "authd/store/store_national.h"

#include "authd/store/store_consent.h"
#include "authd/store/store_request.h"
#include "authd/store/store_tag.h"
#include "tests/unit/store_fixture.h"

#define HASH BLOB("0123456789abcdef0123456789abcdef")

static void
expect_owner(struct fixture *f, const char *sub, bool stranger)
{
	CLEANUP(store_national_clear) struct store_national found = { 0 };

	EXPECT_OK(store_national_find(f->db, HASH, &found));
	EXPECT_STR(str_of(sub), found.sub);
	cr_expect_eq(found.stranger != 0, stranger);
}

static void
add_stranger(struct fixture *f, const char *sub, int64_t at)
{
	IN_TX(f, store_stranger_add(&tx, HASH, str_of(sub), BLOB("key"), at));
}

STORE_TEST(a_number_is_one_persons_and_goes_with_them)
{
	CLEANUP(store_national_clear) struct store_national found = { 0 };

	EXPECT_STATUS(E_NOT_FOUND, store_national_find(f->db, HASH, &found));
	add_person(f, "sub_a");
	add_person(f, "sub_b");
	IN_TX(f, store_national_add(&tx, HASH, STR("sub_a")));
	expect_owner(f, "sub_a", false);
	REFUSED_IN_TX(f, E_CONFLICT, store_national_add(&tx, HASH, STR("sub_b")));
	REFUSED_IN_TX(f, E_CONFLICT, store_national_add(&tx, BLOB("another"), STR("sub_a")));
	REFUSED_IN_TX(f, E_NOT_FOUND, store_stranger_asked(&tx, HASH, NOW));
	IN_TX(f, store_person_erase(&tx, STR("sub_a"), STR(EVENT)));
	EXPECT_STATUS(E_NOT_FOUND, store_national_find(f->db, HASH, &found));
	IN_TX(f, store_national_add(&tx, HASH, STR("sub_b")));
}

STORE_TEST(a_stranger_is_somebody_to_requests_and_nobody_to_a_decision_and_in_lists)
{
	const struct store_facts_query query = {
		.sub = STR("sub_s"), .service = STR("svc"), .purpose = STR("p"), .category = STR("c"), .now_us = NOW
	};
	CLEANUP(store_facts_clear) struct store_facts facts = { 0 };
	CLEANUP(store_person_list_clear) struct store_person_list list = { 0 };
	CLEANUP(store_person_clear) struct store_person p = { 0 };

	add_stranger(f, "sub_s", NOW);
	expect_owner(f, "sub_s", true);
	EXPECT_OK(store_person_find(f->db, STR("sub_s"), &p));
	cr_assert(p.wrapped_key.n > 0 && p.status == STORE_PERSON_DISABLED && p.login.p == NULL && p.profile.p == NULL);
	EXPECT_OK(store_consent_facts(f->db, &query, &facts));
	cr_assert_eq(facts.person_status, STORE_PERSON_STRANGER);
	EXPECT_OK(store_person_page(f->db, STR(""), STR(""), 10, &list));
	cr_assert_eq(list.count, 0);
}

static const struct store_person anna = { .sub = STR_INIT("sub_s"),
					  .login = STR_INIT("anna"),
					  .kind = STR_INIT("child"),
					  .status = STORE_PERSON_ACTIVE,
					  .profile = STR_INIT("profile"),
					  .created_us = NOW,
					  .event_id = STR_INIT(EVENT) };

STORE_TEST(who_comes_takes_the_strangers_place_once_and_keeps_key_and_requests)
{
	CLEANUP(store_person_clear) struct store_person p = { 0 };

	add_stranger(f, "sub_s", NOW - DAY_US);
	IN_TX(f, store_national_arrive(&tx, HASH, &anna));
	expect_owner(f, "sub_s", false);
	EXPECT_OK(store_person_find(f->db, STR("sub_s"), &p));
	EXPECT_STR(STR("anna"), p.login);
	EXPECT_STR(STR("child"), p.kind);
	EXPECT_STR(BLOB("key"), p.wrapped_key);
	cr_assert_eq(p.status, STORE_PERSON_ACTIVE);
	REFUSED_IN_TX(f, E_CONFLICT, store_national_arrive(&tx, HASH, &anna));
	REFUSED_IN_TX(f, E_CONFLICT, store_national_arrive(&tx, BLOB("another"), &anna));
}

static enum status
become_stranger(struct store *db, int number)
{
	CLEANUP(store_abandon) struct store_tx tx = { 0 };
	char sub[16];

	snprintf(sub, sizeof(sub), "sub_%d", number);
	TRY(store_begin(db, &tx));
	TRY(store_stranger_add(&tx, HASH, str_of(sub), BLOB("key"), NOW));
	return store_commit(&tx);
}

STORE_TEST(of_many_who_name_a_number_at_once_one_makes_the_stranger)
{
	CLEANUP(store_person_list_clear) struct store_person_list list = { 0 };
	enum status results[RACERS];

	race(f, become_stranger, results);
	cr_assert_eq(count_status(results, OK), 1);
	cr_assert_eq(count_status(results, E_CONFLICT), RACERS - 1);
}

static void
open_request(struct fixture *f, int64_t expires_us)
{
	const struct store_request r = { .request_id = STR("r"),
					 .client_id = STR("c"),
					 .service = STR("s"),
					 .organisation = STR("o"),
					 .sub = STR("sub_s"),
					 .purpose = STR("p"),
					 .purpose_version = 1,
					 .categories = STR("[]"),
					 .optional = STR("[]"),
					 .notice_id = STR("n"),
					 .notice_version = 1,
					 .created_us = NOW,
					 .expires_us = expires_us,
					 .fingerprint = BLOB("f"),
					 .event_id = STR(EVENT) };

	IN_TX(f, store_request_add(&tx, &r));
}

STORE_TEST(a_stranger_is_forgotten_with_everything_when_nobody_asks_and_nothing_waits)
{
	CLEANUP(store_national_clear) struct store_national found = { 0 };
	CLEANUP(store_person_clear) struct store_person p = { 0 };
	CLEANUP(store_tag_list_clear) struct store_tag_list tags = { 0 };
	size_t n = 9;

	add_stranger(f, "sub_s", NOW);
	EXPECT_OK(store_tag_add(f->db, STR("tag"), STR("sub_s"), STR("2026-11")));
	open_request(f, NOW + DAY_US);
	EXPECT_OK(store_stranger_forget(f->db, NOW, 10, &n));
	cr_assert_eq(n, 0, "asked about since");
	EXPECT_OK(store_stranger_forget(f->db, NOW + 1, 10, &n));
	cr_assert_eq(n, 0, "a request waits");
	IN_TX(f, store_request_expire(&tx, STR("r"), NOW + 2 * DAY_US));
	IN_TX(f, store_stranger_asked(&tx, HASH, NOW + 10));
	EXPECT_OK(store_stranger_forget(f->db, NOW + 10, 10, &n));
	cr_assert_eq(n, 0, "asked about again");
	EXPECT_OK(store_stranger_forget(f->db, NOW + 11, 10, &n));
	cr_assert_eq(n, 1);
	EXPECT_STATUS(E_NOT_FOUND, store_national_find(f->db, HASH, &found));
	EXPECT_STATUS(E_NOT_FOUND, store_person_find(f->db, STR("sub_s"), &p));
	EXPECT_STATUS(E_NOT_FOUND, store_tag_find(f->db, STR("tag"), &tags));
	EXPECT_STATUS(E_INVALID, store_stranger_forget(f->db, NOW, 0, &n));
	EXPECT_STATUS(E_INVALID, store_stranger_forget(f->db, NOW, STORE_STRANGERS_MOST + 1, &n));
}

STORE_TEST(who_came_is_never_forgotten)
{
	CLEANUP(store_person_clear) struct store_person p = { 0 };
	size_t n = 9;

	add_stranger(f, "sub_s", NOW);
	IN_TX(f, store_national_arrive(&tx, HASH, &anna));
	EXPECT_OK(store_stranger_forget(f->db, INT64_MAX, 10, &n));
	cr_assert_eq(n, 0);
	EXPECT_OK(store_person_find(f->db, STR("sub_s"), &p));
}
