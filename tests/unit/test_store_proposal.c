#include "authd/store/store_proposal.h"

#include "authd/store/store_outbox.h"
#include "authd/store/store_policy.h"
#include "tests/unit/store_fixture.h"

#define HASH "sha256:4f1d2a9c4f1d2a9c4f1d2a9c4f1d2a9c4f1d2a9c4f1d2a9c4f1d2a9c4f1d2a9c"
#define ID   "01a0f3b2-7c1e-7d43-9a55-2f1f0c9d7f3b"

static struct store_proposal
proposal(const char *id, const char *author, int64_t expires_us)
{
	return (struct store_proposal){
		.id = str_of(id),
		.sha256 = STR(HASH),
		.bundle_version = 8,
		.author = str_of(author),
		.base_sha256 = STR("sha256:0"),
		.diff = STR("{}"),
		.diff_sha256 = STR("1"),
		.proposed_us = NOW,
		.expires_us = expires_us,
		.state = STR("open"),
		.event_id = STR(EVENT),
	};
}

static void
add(struct fixture *f, const char *id, int64_t expires_us)
{
	const struct store_bundle bundle = { .sha256 = STR(HASH), .files = STR("{\"a\":\"b\"}"), .added_us = NOW };
	const struct store_proposal p = proposal(id, "opr_1", expires_us);
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

/* ---- how much may lie there ---- */

static enum status
add_by(struct fixture *f, const char *author, unsigned n)
{
	CLEANUP(store_abandon) struct store_tx tx = { 0 };
	char id[64];
	struct store_proposal p;

	snprintf(id, sizeof(id), "%s-%u", author, n);
	p = proposal(id, author, NOW + SECOND_US);
	EXPECT_OK(store_begin(f->db, &tx));
	TRY(store_proposal_add(&tx, &p));
	return store_commit(&tx);
}

static void
sweep_at(struct fixture *f, int64_t now_us)
{
	int64_t removed;

	EXPECT_OK(store_sweep(f->db, now_us, 100, &removed));
}

static enum status
look_for_bundle(struct fixture *f)
{
	CLEANUP(store_bundle_clear) struct store_bundle b = { 0 };

	return store_bundle_find(f->db, STR(HASH), &b);
}

static enum status
look_for_proposal(struct fixture *f)
{
	CLEANUP(store_proposal_clear) struct store_proposal p = { 0 };

	return store_proposal_find(f->db, STR(ID), &p);
}

STORE_TEST(an_author_leaves_no_more_than_their_share_until_what_ended_is_swept)
{
	const struct store_bundle text = { .sha256 = STR(HASH), .files = STR("{}"), .added_us = NOW };

	add(f, ID, NOW + SECOND_US); /* of opr_1 */
	for (unsigned i = 1; i < STORE_PROPOSALS_OF_AUTHOR; i++)
		EXPECT_OK(add_by(f, "opr_1", i));
	EXPECT_STATUS(E_LIMITED, add_by(f, "opr_1", 99));
	EXPECT_OK(add_by(f, "opr_2", 1));
	sweep_at(f, NOW + STORE_PROPOSAL_KEEP_US); /* expired, and not an hour ago */
	EXPECT_STATUS(E_LIMITED, add_by(f, "opr_1", 99));
	sweep_at(f, NOW + STORE_PROPOSAL_KEEP_US + 2 * SECOND_US);
	EXPECT_STATUS(E_NOT_FOUND, look_for_bundle(f));
	IN_TX(f, store_bundle_add(&tx, &text));
	EXPECT_OK(add_by(f, "opr_1", 99));
}

STORE_TEST(all_authors_together_leave_no_more_than_forty)
{
	char author[16];

	add(f, ID, NOW + SECOND_US); /* of opr_1 */
	for (unsigned i = 1; i < STORE_PROPOSALS_ALL; i++) {
		snprintf(author, sizeof(author), "opr_a%u", i);
		EXPECT_OK(add_by(f, author, 1));
	}
	EXPECT_STATUS(E_LIMITED, add_by(f, "opr_z", 1));
}

STORE_TEST(what_was_withdrawn_goes_an_hour_later_with_its_bundle)
{
	add(f, ID, NOW + DAY_US);
	in_log(f);
	EXPECT_OK(end(f, "withdrawn", NOW));
	sweep_at(f, NOW + STORE_PROPOSAL_KEEP_US);
	EXPECT_OK(look_for_proposal(f));
	EXPECT_OK(look_for_bundle(f));
	sweep_at(f, NOW + STORE_PROPOSAL_KEEP_US + 1);
	EXPECT_STATUS(E_NOT_FOUND, look_for_proposal(f));
	EXPECT_STATUS(E_NOT_FOUND, look_for_bundle(f));
}

STORE_TEST(what_was_activated_stays_for_ever)
{
	add(f, ID, NOW + SECOND_US);
	in_log(f);
	EXPECT_OK(end(f, "activated", NOW));
	sweep_at(f, NOW + 3650 * DAY_US);
	EXPECT_OK(look_for_proposal(f));
	EXPECT_OK(look_for_bundle(f));
}

STORE_TEST(a_bundle_that_was_in_force_outlives_a_proposal_of_it_that_was_not)
{
	const struct store_policy active = {
		.version = 1,
		.sha256 = STR(HASH),
		.bundle = STR("{}"),
		.activated_us = NOW,
		.event_id = STR(EVENT),
	};

	add(f, ID, NOW + SECOND_US);
	IN_TX(f, store_policy_activate(&tx, &active));
	sweep_at(f, NOW + DAY_US);
	EXPECT_STATUS(E_NOT_FOUND, look_for_proposal(f));
	EXPECT_OK(look_for_bundle(f));
}

STORE_TEST(a_text_that_was_just_needed_again_is_not_swept)
{
	const struct store_bundle again = { .sha256 = STR(HASH), .files = STR("{}"), .added_us = NOW + DAY_US };

	add(f, ID, NOW + SECOND_US);
	IN_TX(f, store_bundle_add(&tx, &again));
	sweep_at(f, NOW + DAY_US);
	EXPECT_STATUS(E_NOT_FOUND, look_for_proposal(f));
	EXPECT_OK(look_for_bundle(f));
}
