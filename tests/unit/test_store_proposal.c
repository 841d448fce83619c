#include "authd/store/store_proposal.h"

#include "authd/store/store_outbox.h"
#include "tests/unit/store_fixture.h"

#define HASH "sha256:4f1d2a9c4f1d2a9c4f1d2a9c4f1d2a9c4f1d2a9c4f1d2a9c4f1d2a9c4f1d2a9c"
#define ID   "01a0f3b2-7c1e-7d43-9a55-2f1f0c9d7f3b"

static void
add(struct fixture *f, const char *id, int64_t expires_us)
{
	const struct store_bundle bundle = { .sha256 = STR(HASH), .files = STR("{\"a\":\"b\"}"), .added_us = NOW };
	const struct store_proposal p = {
		.id = str_of(id),
		.sha256 = STR(HASH),
		.bundle_version = 8,
		.author = STR("opr_1"),
		.base_sha256 = STR("sha256:0"),
		.diff = STR("{}"),
		.diff_sha256 = STR("1"),
		.proposed_us = NOW,
		.expires_us = expires_us,
		.state = STR("open"),
		.event_id = STR(EVENT),
	};
	const struct store_outbox o = {
		.event_id = STR(EVENT),
		.target = STR(STORE_TARGET_PROPOSAL),
		.target_key = str_of(id),
		.fragment = STR("\"id\":\"…\"}"),
		.created_us = NOW,
	};

	IN_TX(f, store_bundle_add(&tx, &bundle));
	IN_TX(f, store_proposal_add(&tx, &p));
	IN_TX(f, store_outbox_add(&tx, &o));
}

static void
in_log(struct fixture *f)
{
	struct store_receipt r = { .event_id = STR(EVENT), .index = 41 };

	EXPECT_OK(store_outbox_done(f->db, &r, 1, NOW));
}

static enum status
end(struct fixture *f, const char *state, int64_t now_us)
{
	CLEANUP(store_abandon) struct store_tx tx = { 0 };
	enum status st;

	EXPECT_OK(store_begin(f->db, &tx));
	st = store_proposal_end(&tx, STR(ID), state, now_us);
	EXPECT_OK(store_commit(&tx));
	return st;
}

static size_t
open_at(struct fixture *f, int64_t now_us)
{
	CLEANUP(store_proposal_list_clear) struct store_proposal_list list = { 0 };

	EXPECT_OK(store_proposal_open(f->db, now_us, 10, &list));
	return list.count;
}

STORE_TEST(a_proposal_counts_once_it_is_in_the_log)
{
	CLEANUP(store_proposal_clear) struct store_proposal p = { 0 };

	add(f, ID, NOW + SECOND_US);
	cr_assert_eq(open_at(f, NOW), 0);
	EXPECT_STATUS(E_CONFLICT, end(f, "activated", NOW));
	in_log(f);
	cr_assert_eq(open_at(f, NOW), 1);
	EXPECT_OK(store_proposal_find(f->db, STR(ID), &p));
	cr_assert_eq(p.log_index, 41);
	EXPECT_STR(STR("opr_1"), p.author);
	cr_assert_eq(p.bundle_version, 8);
}

STORE_TEST(a_proposal_ends_once_and_not_after_its_term)
{
	add(f, ID, NOW + SECOND_US);
	in_log(f);
	EXPECT_STATUS(E_CONFLICT, end(f, "activated", NOW + SECOND_US));
	EXPECT_OK(end(f, "activated", NOW));
	EXPECT_STATUS(E_CONFLICT, end(f, "activated", NOW));
	EXPECT_STATUS(E_CONFLICT, end(f, "withdrawn", NOW));
	cr_assert_eq(open_at(f, NOW), 0);
}

STORE_TEST(a_proposal_that_expired_is_not_listed)
{
	add(f, ID, NOW + SECOND_US);
	in_log(f);
	cr_assert_eq(open_at(f, NOW + SECOND_US), 0);
}

STORE_TEST(the_texts_of_a_bundle_are_kept_as_they_came_first)
{
	const struct store_bundle other = { .sha256 = STR(HASH), .files = STR("{\"c\":\"d\"}"), .added_us = NOW + 1 };
	CLEANUP(store_bundle_clear) struct store_bundle found = { 0 };
	CLEANUP(store_bundle_clear) struct store_bundle none = { 0 };

	add(f, ID, NOW + SECOND_US);
	IN_TX(f, store_bundle_add(&tx, &other));
	EXPECT_OK(store_bundle_find(f->db, STR(HASH), &found));
	EXPECT_STR(STR("{\"a\":\"b\"}"), found.files);
	EXPECT_STATUS(E_NOT_FOUND, store_bundle_find(f->db, STR("sha256:9"), &none));
}

STORE_TEST(without_consents_nothing_is_counted)
{
	CLEANUP(store_policy_consents_list_clear) struct store_policy_consents_list list = { 0 };

	EXPECT_OK(store_policy_consents(f->db, NOW, &list));
	cr_assert_eq(list.count, 0);
}
