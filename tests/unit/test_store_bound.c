/*
 * "At most N" under parallel load: eight connections, as of eight nodes, begin together where three more have room, and
 * three get in. Each bound that is counted and then added to has its row here; those of one statement are in the tests
 * of their tables (limits, tries, requests, desk codes).
 */
#include "authd/access/mandate.h"
#include "authd/store/store_breakglass.h"
#include "authd/store/store_client.h"
#include "authd/store/store_contract.h"
#include "authd/store/store_desk.h"
#include "authd/store/store_device.h"
#include "authd/store/store_inbox.h"
#include "authd/store/store_mandate.h"
#include "authd/store/store_proposal.h"
#include "authd/store/store_pushed.h"
#include "authd/store/store_question.h"
#include "tests/unit/store_fixture.h"

#define LEFT 3
#define MOST 7 /* where the caller says how many */

typedef enum status adder(struct store *db, int number);

/* As many as leave room for LEFT, one after the other; then RACERS at once. */
static void
expect_bound(struct fixture *f, adder *add, int most)
{
	enum status results[RACERS];

	for (int i = 0; i < most - LEFT; i++)
		EXPECT_OK(add(f->db, 100 + i));
	race(f, add, results);
	cr_assert_eq(count_status(results, OK), LEFT);
	cr_assert_eq(count_status(results, E_LIMITED), RACERS - LEFT);
	EXPECT_STATUS(E_LIMITED, add(f->db, 99));
}

static void
add_client(struct fixture *f, const char *id, const char *service)
{
	const struct store_client c = { .client_id = str_of(id),
					.name = STR("A client"),
					.kind = STR("confidential"),
					.organisation = STR("org_a"),
					.status = STORE_CLIENT_ACTIVE,
					.auth_method = STR("private_key_jwt"),
					.redirect_uris = STR("[]"),
					.post_logout_uris = STR("[]"),
					.scopes = STR("openid"),
					.grants = STR("authorization_code"),
					.audiences = STR(""),
					.id_token_alg = STR("ES256"),
					.service = str_of(service),
					.roles = STR(""),
					.created_us = NOW,
					.event_id = STR(EVENT) };

	IN_TX(f, store_client_add(&tx, &c));
}

/* ---- questions ---- */

static enum status
ask(struct store *db, int number, int64_t at_us, const char *state)
{
	CLEANUP(store_abandon) struct store_tx tx = { 0 };
	char id[16];
	struct store_question q = { .sub = STR("sub_a"),
				    .kind = STR("question"),
				    .text = STR("sealed"),
				    .created_us = at_us,
				    .due_us = at_us + DAY_US,
				    .organisation = STR("org_a"),
				    .service = STR("svc_a"),
				    .operators = STR(""),
				    .event_id = STR(EVENT) };

	snprintf(id, sizeof(id), "q%d", number);
	q.id = str_of(id);
	TRY(store_begin(db, &tx));
	TRY(store_question_add(&tx, &q));
	if (state != NULL)
		TRY(store_question_answer(&tx, q.id, at_us));
	return store_commit(&tx);
}

static enum status
ask_today(struct store *db, int number)
{
	return ask(db, number, NOW, "answered");
}

static enum status
ask_some_day(struct store *db, int number)
{
	/* Those of before lie behind, each on a day of its own: the ten of a day are not what counts here. */
	return ask(db, number, NOW + (number >= 100 ? number - 150 : number) * DAY_US, NULL);
}

STORE_TEST(questions_of_one_day_at_the_same_moment_are_no_more_than_ten)
{
	add_person(f, "sub_a");
	expect_bound(f, ask_today, STORE_QUESTIONS_IN_DAY);
}

STORE_TEST(questions_without_an_answer_at_the_same_moment_are_no_more_than_twenty)
{
	add_person(f, "sub_a");
	expect_bound(f, ask_some_day, STORE_QUESTIONS_WAITING);
}

STORE_TEST(nobody_asks_who_is_not_there)
{
	EXPECT_STATUS(E_NOT_FOUND, ask_today(f->db, 1));
}

/* ---- contracts ---- */

static enum status
propose(struct store *db, int number, const char *sub, const char *kind)
{
	CLEANUP(store_abandon) struct store_tx tx = { 0 };
	char id[16];
	struct store_contract c = { .sub = str_of(sub),
				    .service = STR("svc_a"),
				    .organisation = STR("org_a"),
				    .kind = str_of(kind),
				    .details = STR("sealed"),
				    .state = STR("proposed"),
				    .from_us = NOW,
				    .until_us = NOW + DAY_US,
				    .ctag = STR("ctag_ctag_ctag_ctag_22"),
				    .proposed_us = NOW };

	snprintf(id, sizeof(id), "c%d", number);
	c.contract_id = str_of(id);
	TRY(store_begin(db, &tx));
	TRY(store_contract_add(&tx, &c));
	return store_commit(&tx);
}

static enum status
propose_another(struct store *db, int number)
{
	char kind[16];

	snprintf(kind, sizeof(kind), "kind_%d", number);
	return propose(db, number, "sub_a", kind);
}

static enum status
propose_the_same(struct store *db, int number)
{
	return propose(db, number, "sub_a", "care");
}

/* Each to somebody else: nothing of the person is in the way. */
static enum status
propose_to_another(struct store *db, int number)
{
	char sub[16];

	snprintf(sub, sizeof(sub), "sub_%d", number);
	return propose(db, number, sub, "care");
}

STORE_TEST(contracts_proposed_to_one_person_at_the_same_moment_are_no_more_than_ten_a_day)
{
	add_person(f, "sub_a");
	add_client(f, "c1", "svc_a");
	expect_bound(f, propose_another, STORE_CONTRACTS_OF_PERSON);
}

STORE_TEST(of_one_kind_one_contract_is_open_however_many_are_proposed_at_once)
{
	enum status results[RACERS];

	add_person(f, "sub_a");
	add_client(f, "c1", "svc_a");
	race(f, propose_the_same, results);
	cr_assert_eq(count_status(results, OK), 1);
	cr_assert_eq(count_status(results, E_CONFLICT), RACERS - 1);
}

/* The service does not learn that they are not there. */
STORE_TEST(contracts_are_proposed_to_nobody_as_to_anybody)
{
	add_client(f, "c1", "svc_a");
	expect_bound(f, propose_another, STORE_CONTRACTS_OF_PERSON);
}

STORE_TEST(contracts_proposed_by_one_service_at_the_same_moment_are_no_more_than_its_day_has)
{
	char sql[600];

	add_client(f, "c1", "svc_a");
	add_client(f, "c2", "svc_a"); /* another client of the same service locks the same row */
	for (int i = 0; i < 120; i++) {
		char sub[16];

		snprintf(sub, sizeof(sub), "sub_%d", i);
		add_person(f, sub);
	}
	snprintf(
	    sql, sizeof(sql),
	    "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < %d) INSERT INTO contract "
	    "(contract_id, sub, service, organisation, kind, details, state, from_us, until_us, ctag, proposed_us, "
	    "event_id) "
	    "SELECT 'old' || i, 'sub_x', 'svc_a', 'org_a', 'care', 'x', 'declined', 1, 2, 'ctag', %lld, 'e' FROM n",
	    STORE_CONTRACTS_OF_SERVICE - 10, (long long)NOW);
	meddle(f, sql);
	expect_bound(f, propose_to_another, 10);
}

/* ---- powers of attorney ---- */

static enum status
offer(struct store *db, int number)
{
	CLEANUP(store_abandon) struct store_tx tx = { 0 };
	char id[16];
	struct store_mandate m = { .sub = STR("sub_a"),
				   .kind = STR("power_of_attorney"),
				   .rep_id = STR("rep"),
				   .purposes = STR("*"),
				   .actions = MANDATE_ALL,
				   .zone = STR("Europe/Moscow"),
				   .issued_us = NOW,
				   .from_us = NOW,
				   .until_us = NOW + DAY_US,
				   .code_until_us = NOW + DAY_US,
				   .created_us = NOW };

	snprintf(id, sizeof(id), "mnd_%d", number);
	m.mandate_id = m.rep_id = m.code_hash = str_of(id);
	TRY(store_begin(db, &tx));
	TRY(store_mandate_offer(&tx, &m, MOST));
	return store_commit(&tx);
}

STORE_TEST(codes_of_one_person_that_are_made_at_once_are_no_more_than_may_be_open)
{
	add_person(f, "sub_a");
	expect_bound(f, offer, MOST);
}

/* ---- what clients leave waiting ---- */

static enum status
start_device(struct store *db, int number)
{
	CLEANUP(store_abandon) struct store_tx tx = { 0 };
	char hash[16];
	struct store_device d = { .client_id = STR("c1"),
				  .scope = STR("openid"),
				  .audience = STR(""),
				  .state = STR("waiting"),
				  .interval_us = 5 * SECOND_US,
				  .created_us = NOW,
				  .expires_us = NOW + 600 * SECOND_US,
				  .event_id = STR(EVENT) };

	snprintf(hash, sizeof(hash), "d%d", number);
	d.device_hash = d.user_hash = str_of(hash);
	TRY(store_begin(db, &tx));
	TRY(store_device_add(&tx, &d, MOST));
	return store_commit(&tx);
}

STORE_TEST(devices_of_one_client_that_start_at_once_are_no_more_than_may_wait)
{
	add_client(f, "c1", "svc_a");
	expect_bound(f, start_device, MOST);
}

static enum status
push(struct store *db, int number)
{
	char hash[16];
	struct store_pushed p = {
		.client_id = STR("c1"), .params = STR("a=b"), .created_us = NOW, .expires_us = NOW + 300 * SECOND_US
	};

	snprintf(hash, sizeof(hash), "p%d", number);
	p.id_hash = str_of(hash);
	return store_pushed_add_bounded(db, &p, MOST);
}

STORE_TEST(requests_of_one_client_that_are_pushed_at_once_are_no_more_than_may_wait)
{
	add_client(f, "c1", "svc_a");
	expect_bound(f, push, MOST);
}

/* ---- bundles ---- */

static enum status
propose_policy(struct store *db, int number, const char *author)
{
	CLEANUP(store_abandon) struct store_tx tx = { 0 };
	char id[16];
	struct store_proposal p = { .sha256 = STR("sha256:1"),
				    .bundle_version = 8,
				    .author = str_of(author),
				    .base_sha256 = STR("sha256:0"),
				    .diff = STR("{}"),
				    .diff_sha256 = STR("1"),
				    .proposed_us = NOW,
				    .expires_us = NOW + DAY_US,
				    .state = STR("open"),
				    .event_id = STR(EVENT) };

	snprintf(id, sizeof(id), "pro_%d", number);
	p.id = str_of(id);
	TRY(store_begin(db, &tx));
	TRY(store_proposal_add(&tx, &p));
	return store_commit(&tx);
}

static enum status
propose_policy_alone(struct store *db, int number)
{
	return propose_policy(db, number, "opr_1");
}

static enum status
propose_policy_each(struct store *db, int number)
{
	char author[16];

	snprintf(author, sizeof(author), "opr_%d", number);
	return propose_policy(db, number, author);
}

static void
add_bundle(struct fixture *f)
{
	const struct store_bundle b = { .sha256 = STR("sha256:1"), .files = STR("{}"), .added_us = NOW };

	IN_TX(f, store_bundle_add(&tx, &b));
}

STORE_TEST(bundles_of_one_author_at_the_same_moment_are_no_more_than_their_share)
{
	add_bundle(f);
	expect_bound(f, propose_policy_alone, STORE_PROPOSALS_OF_AUTHOR);
}

STORE_TEST(bundles_of_all_authors_at_the_same_moment_are_no_more_than_forty)
{
	add_bundle(f);
	expect_bound(f, propose_policy_each, STORE_PROPOSALS_ALL);
}

/* ---- one statement each ---- */

static enum status
use_desk(struct store *db, int number UNUSED)
{
	return store_desk_use_take(db, STR("sub_o"), STR("look"), NOW, MOST);
}

STORE_TEST(acts_of_one_official_at_the_same_moment_are_no_more_than_their_hour_has)
{
	expect_bound(f, use_desk, MOST);
}

/* ---- what may be passed for a moment ---- */

static enum status
tell(struct store *db, int number)
{
	CLEANUP(store_abandon) struct store_tx tx = { 0 };
	char id[16];
	struct store_message m = {
		.sub = STR("sub_a"), .kind = STR("consent_expired"), .refs = STR("{}"), .created_us = NOW + number
	};

	snprintf(id, sizeof(id), "msg_%d", number);
	m.message_id = str_of(id);
	TRY(store_begin(db, &tx));
	TRY(store_inbox_add(&tx, &m));
	return store_commit(&tx);
}

STORE_TEST(messages_beyond_the_newest_thousand_are_gone_with_the_next_however_many_came_at_once)
{
	enum status results[RACERS];
	char sql[300];
	int64_t unread = 0;

	snprintf(
	    sql, sizeof(sql),
	    "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < %d) INSERT INTO inbox "
	    "(message_id, sub, kind, refs, created_us) SELECT 'old' || i, 'sub_a', 'consent_expired', '{}', i FROM n",
	    STORE_INBOX_MOST);
	meddle(f, sql);
	race(f, tell, results);
	cr_assert_eq(count_status(results, OK), RACERS);
	EXPECT_OK(tell(f->db, 99));
	EXPECT_OK(store_inbox_unread(f->db, STR("sub_a"), &unread));
	cr_assert_eq(unread, STORE_INBOX_MOST);
}
