/* Clients and what they are given: store_client, assertion, code, grant, token, and the sweep of all that expires. */
#include "authd/store/store_assertion.h"
#include "authd/store/store_client.h"
#include "authd/store/store_code.h"
#include "authd/store/store_dpop.h"
#include "authd/store/store_grant.h"
#include "authd/store/store_login.h"
#include "authd/store/store_token.h"
#include "tests/unit/store_fixture.h"

/* ---- client ---- */

static struct store_client
client_of(const char *client_id)
{
	return (struct store_client){
		.client_id = str_of(client_id),
		.name = STR("Пособия"),
		.kind = STR("service"),
		.organisation = STR("org"),
		.status = STORE_CLIENT_ACTIVE,
		.auth_method = STR("private_key_jwt"),
		.jwks = STR("{\"keys\":[]}"),
		.redirect_uris = STR("[]"),
		.post_logout_uris = STR("[]"),
		.scopes = STR("access:evaluate"),
		.grants = STR("client_credentials"),
		.audiences = STR(""),
		.id_token_alg = STR("RS256"),
		.fapi = 1,
		.service = STR("svc_a"),
		.roles = STR("intake-officer"),
		.created_us = NOW,
		.event_id = STR(EVENT),
	};
}

STORE_TEST(a_client_comes_back_as_it_was)
{
	struct store_client c = client_of("c1");
	CLEANUP(store_client_clear) struct store_client got = { 0 };

	IN_TX(f, store_client_add(&tx, &c));
	EXPECT_OK(store_client_find(f->db, STR("c1"), &got));
	EXPECT_STR(STR("Пособия"), got.name);
	EXPECT_STR(STR("{\"keys\":[]}"), got.jwks);
	EXPECT_STR(STR("svc_a"), got.service);
	EXPECT_STR(STR("intake-officer"), got.roles);
	cr_assert(got.secret_hash.p == NULL && got.tls_san.p == NULL);
	cr_assert(got.fapi == 1 && got.legacy == 0 && got.created_us == NOW && got.log_index == STORE_NO_INDEX);
	REFUSED_IN_TX(f, E_CONFLICT, store_client_add(&tx, &c));
	EXPECT_STATUS(E_NOT_FOUND, store_client_find(f->db, STR("c2"), &c));
}

STORE_TEST(replacing_a_client_keeps_when_it_was_made)
{
	struct store_client c = client_of("c1");
	CLEANUP(store_client_clear) struct store_client got = { 0 };

	IN_TX(f, store_client_add(&tx, &c));
	meddle(f, "UPDATE client SET log_index = 9");
	c.name = STR("new");
	c.secret_hash = BLOB("h\0");
	c.created_us = 1;
	c.event_id = STR("second");
	IN_TX(f, store_client_replace(&tx, &c, STR(EVENT)));
	EXPECT_OK(store_client_find(f->db, STR("c1"), &got));
	EXPECT_STR(STR("new"), got.name);
	EXPECT_STR(BLOB("h\0"), got.secret_hash);
	EXPECT_STR(STR("second"), got.event_id);
	cr_assert_eq(got.created_us, NOW);
	cr_assert_eq(got.log_index, STORE_NO_INDEX, "the new one is not in the log yet");
	c.client_id = STR("c2");
	REFUSED_IN_TX(f, E_NOT_FOUND, store_client_replace(&tx, &c, STR(EVENT)));
	REFUSED_IN_TX(f, E_NOT_FOUND, store_client_set_status(&tx, STR("c2"), 0, STR(EVENT)));
}

/* Credentials are changed in several steps; whoever disables the client between them has the last word. */
STORE_TEST(a_client_that_was_disabled_meanwhile_is_not_enabled_by_other_credentials)
{
	struct store_client c = client_of("c1");
	CLEANUP(store_client_clear) struct store_client got = { 0 };

	IN_TX(f, store_client_add(&tx, &c));
	IN_TX(f, store_client_set_status(&tx, STR("c1"), STORE_CLIENT_DISABLED, STR("disabled")));
	c.event_id = STR("rotated");
	REFUSED_IN_TX(f, E_NOT_FOUND, store_client_replace(&tx, &c, STR(EVENT)));
	EXPECT_OK(store_client_find(f->db, STR("c1"), &got));
	cr_assert_eq(got.status, STORE_CLIENT_DISABLED);
	EXPECT_STR(STR("disabled"), got.event_id);
}

STORE_TEST(clients_are_paged_by_id)
{
	CLEANUP(store_client_list_clear) struct store_client_list one = { 0 };
	CLEANUP(store_client_list_clear) struct store_client_list two = { 0 };
	static const char *const ids[] = { "b", "B", "я" };

	for (size_t i = 0; i < ARRAY_LEN(ids); i++) {
		struct store_client c = client_of(ids[i]);
		IN_TX(f, store_client_add(&tx, &c));
	}
	EXPECT_OK(store_client_page(f->db, STR(""), 2, &one));
	cr_assert_eq(one.count, 2);
	EXPECT_STR(STR("B"), one.items[0].client_id);
	EXPECT_STR(STR("b"), one.items[1].client_id);
	EXPECT_OK(store_client_page(f->db, str_of(one.next.text), 2, &two));
	cr_assert_eq(two.count, 1);
	EXPECT_STR(STR("я"), two.items[0].client_id);
	cr_assert_eq(two.next.text[0], '\0');
}

static bool
known(struct store *db, const char *origin)
{
	bool yes = true;

	EXPECT_OK(store_client_origin(db, str_of(origin), &yes));
	return yes;
}

STORE_TEST(an_origin_is_known_by_the_redirect_uri_of_a_client_that_may_work)
{
	struct store_client c = client_of("c1");

	c.redirect_uris = STR("[\"https://one.example/cb\",\"https://app.example:8443/cb?x=https://in.example/\"]");
	IN_TX(f, store_client_add(&tx, &c));
	cr_assert(!known(f->db, "https://app.example:8443"), "not in the log yet");
	meddle(f, "UPDATE client SET log_index = 9");
	cr_assert(known(f->db, "https://app.example:8443"));
	cr_assert(known(f->db, "https://one.example"));
	static const char *const others[] = { "https://app.example", "https://app.example:844",   "https://in.example",
					      "https://ne.example",  "https://app.example:84433", "https://" };
	for (size_t i = 0; i < ARRAY_LEN(others); i++)
		cr_expect(!known(f->db, others[i]), "%s", others[i]);
	meddle(f, "UPDATE client SET status = 0");
	cr_assert(!known(f->db, "https://one.example"), "a disabled client has no pages");
}

static bool
works(struct store *db, const char *service)
{
	bool yes = true;

	EXPECT_OK(store_client_works(db, str_of(service), &yes));
	return yes;
}

STORE_TEST(a_service_works_through_a_client_that_is_active_and_in_the_log)
{
	struct store_client c = client_of("c1");

	c.service = STR("svc_one");
	IN_TX(f, store_client_add(&tx, &c));
	cr_assert(!works(f->db, "svc_one"), "not in the log yet");
	meddle(f, "UPDATE client SET log_index = 9");
	cr_assert(works(f->db, "svc_one"));
	cr_assert(!works(f->db, "svc_two"));
	cr_assert(!works(f->db, ""));
	meddle(f, "UPDATE client SET status = 0");
	cr_assert(!works(f->db, "svc_one"), "its only client is disabled");
}

/* ---- client assertion ---- */

static enum status
use_assertion(struct store *db, int number UNUSED)
{
	return store_assertion_use(db, STR("c1"), STR("jti"), NOW + 60);
}

STORE_TEST(of_many_that_replay_one_assertion_one_gets_in)
{
	enum status results[RACERS];

	race(f, use_assertion, results);
	cr_assert_eq(count_status(results, OK), 1);
	cr_assert_eq(count_status(results, E_USED), RACERS - 1);
	EXPECT_OK(store_assertion_use(f->db, STR("c2"), STR("jti"), NOW));
	EXPECT_OK(store_assertion_use(f->db, STR("c1"), STR("jti2"), NOW));
}

/* ---- proofs of possession ---- */

static enum status
use_proof(struct store *db, int number UNUSED)
{
	return store_dpop_use(db, STR("key1"), STR("jti"), NOW + 60);
}

STORE_TEST(of_many_that_replay_one_proof_of_possession_one_gets_in)
{
	enum status results[RACERS];

	race(f, use_proof, results);
	cr_assert_eq(count_status(results, OK), 1);
	cr_assert_eq(count_status(results, E_USED), RACERS - 1);
	EXPECT_OK(store_dpop_use(f->db, STR("key2"), STR("jti"), NOW));
	EXPECT_OK(store_dpop_use(f->db, STR("key1"), STR("JTI"), NOW));
}

STORE_TEST(used_proofs_go_in_small_batches_once_no_clock_accepts_them)
{
	const int64_t later = NOW + 601 * SECOND_US;
	int64_t removed = 0;
	char jti[8];

	for (int i = 0; i < 5; i++) {
		snprintf(jti, sizeof(jti), "%d", i);
		EXPECT_OK(store_dpop_use(f->db, STR("key1"), str_of(jti), i < 4 ? NOW : later));
	}
	EXPECT_OK(store_sweep(f->db, NOW + SECOND_US, 3, &removed));
	cr_assert_eq(removed, 0, "kept beyond their end, for nodes whose clocks are behind");
	EXPECT_STATUS(E_USED, store_dpop_use(f->db, STR("key1"), STR("0"), NOW));
	EXPECT_OK(store_sweep(f->db, later, 3, &removed));
	cr_assert_eq(removed, 3);
	EXPECT_OK(store_sweep(f->db, later, 3, &removed));
	cr_assert_eq(removed, 1);
	EXPECT_STATUS(E_USED, store_dpop_use(f->db, STR("key1"), STR("4"), NOW));
}

/* ---- grant, code, token ---- */

static void
add_grant(struct fixture *f, const char *grant_id, const char *sid)
{
	struct store_grant g = {
		.grant_id = str_of(grant_id),
		.client_id = STR("c1"),
		.sub = STR("sub_a"),
		.sid = str_of(sid),
		.scope = STR("openid"),
		.created_us = NOW,
	};

	IN_TX(f, store_grant_add(&tx, &g));
}

static void
add_code(struct fixture *f, struct str hash)
{
	struct store_code c = {
		.code_hash = hash,
		.client_id = STR("c1"),
		.sub = STR("sub_a"),
		.sid = STR("s1"),
		.redirect_uri = STR("https://a/cb"),
		.scope = STR("openid"),
		.challenge = STR("ch"),
		.auth_us = NOW,
		.acr = 2,
		.amr = STR("pwd otp"),
		.grant_id = STR("g1"),
		.expires_us = NOW + 60 * SECOND_US,
		.event_id = STR(EVENT),
	};

	IN_TX(f, store_code_add(&tx, &c));
	meddle(f, "UPDATE code SET log_index = 7");
}

STORE_TEST(a_code_is_good_once_and_the_second_use_names_its_grant)
{
	CLEANUP(store_code_clear) struct store_code first = { 0 };
	CLEANUP(store_code_clear) struct store_code second = { 0 };

	add_code(f, BLOB("h\0"));
	IN_TX(f, store_code_consume(&tx, BLOB("h\0"), STR("c1"), NOW + 1, &first));
	EXPECT_STR(STR("https://a/cb"), first.redirect_uri);
	cr_assert(first.nonce.p == NULL && first.details.p == NULL && first.used_us == NOW + 1);
	REFUSED_IN_TX(f, E_USED, store_code_consume(&tx, BLOB("h\0"), STR("c1"), NOW + 2, &second));
	EXPECT_STR(STR("g1"), second.grant_id);
	cr_assert_eq(second.used_us, NOW + 1);
}

STORE_TEST(an_unknown_code_is_not_found)
{
	CLEANUP(store_code_clear) struct store_code c = { 0 };

	add_code(f, BLOB("h1"));
	REFUSED_IN_TX(f, E_NOT_FOUND, store_code_consume(&tx, BLOB("h"), STR("c1"), NOW, &c));
	meddle(f, "UPDATE code SET log_index = NULL");
	REFUSED_IN_TX(f, E_NOT_FOUND, store_code_consume(&tx, BLOB("h1"), STR("c1"), NOW, &c));
}

STORE_TEST(a_code_consumed_in_a_transaction_that_is_abandoned_is_still_good)
{
	CLEANUP(store_code_clear) struct store_code a = { 0 };
	CLEANUP(store_code_clear) struct store_code b = { 0 };
	struct store_tx first = { 0 };

	add_code(f, BLOB("h"));
	EXPECT_OK(store_begin(f->db, &first));
	EXPECT_OK(store_code_consume(&first, BLOB("h"), STR("c1"), NOW, &a));
	store_abandon(&first);
	IN_TX(f, store_code_consume(&tx, BLOB("h"), STR("c1"), NOW, &b));
}

static enum status
redeem(struct store *db, int number)
{
	CLEANUP(store_abandon) struct store_tx tx = { 0 };
	CLEANUP(store_code_clear) struct store_code c = { 0 };
	char jti[16];

	snprintf(jti, sizeof(jti), "jti%d", number);
	TRY(store_begin(db, &tx));
	TRY(store_code_consume(&tx, BLOB("h"), STR("c1"), NOW, &c));
	TRY(store_token_issued(&tx, str_of(jti), c.grant_id, NOW + SECOND_US));
	return store_commit(&tx);
}

STORE_TEST(of_many_that_redeem_one_code_one_gets_a_token)
{
	enum status results[RACERS];

	add_grant(f, "g1", "s1");
	add_code(f, BLOB("h"));
	race(f, redeem, results);
	cr_assert_eq(count_status(results, OK), 1);
	cr_assert_eq(count_status(results, E_USED), RACERS - 1);
}

static bool
is_revoked(struct fixture *f, const char *jti)
{
	struct store_token_facts facts = { 0 };

	EXPECT_OK(store_token_facts(f->db, str_of(jti), STR(""), STR("c1"), STR(""), NOW, &facts));
	return facts.revoked;
}

STORE_TEST(revoking_a_grant_reaches_its_tokens_and_stops_new_ones)
{
	CLEANUP(store_grant_clear) struct store_grant g = { 0 };

	add_grant(f, "g1", "s1");
	add_grant(f, "g2", "s1");
	IN_TX(f, store_token_issued(&tx, STR("j1"), STR("g1"), NOW + 1));
	IN_TX(f, store_token_issued(&tx, STR("j2"), STR("g1"), NOW + 1));
	IN_TX(f, store_token_issued(&tx, STR("j3"), STR("g2"), NOW + 1));
	IN_TX(f, store_grant_revoke(&tx, STR("g1"), NOW));
	cr_assert(is_revoked(f, "j1") && is_revoked(f, "j2") && !is_revoked(f, "j3"));
	REFUSED_IN_TX(f, E_USED, store_token_issued(&tx, STR("j4"), STR("g1"), NOW + 1));
	REFUSED_IN_TX(f, E_NOT_FOUND, store_token_issued(&tx, STR("j4"), STR("g9"), NOW + 1));
	IN_TX(f, store_grant_revoke(&tx, STR("g1"), NOW + 5));
	EXPECT_OK(store_grant_find(f->db, STR("g1"), &g));
	cr_assert_eq(g.revoked_us, NOW, "the first revocation is the one that counts");
	REFUSED_IN_TX(f, E_NOT_FOUND, store_grant_revoke(&tx, STR("g9"), NOW));
}

STORE_TEST(revoking_by_session_reaches_every_grant_of_it)
{
	add_grant(f, "g1", "s1");
	add_grant(f, "g2", "s1");
	add_grant(f, "g3", "s2");
	IN_TX(f, store_token_issued(&tx, STR("j1"), STR("g1"), NOW + 1));
	IN_TX(f, store_token_issued(&tx, STR("j2"), STR("g2"), NOW + 1));
	IN_TX(f, store_token_issued(&tx, STR("j3"), STR("g3"), NOW + 1));
	IN_TX(f, store_grant_revoke_session(&tx, STR("s1"), NOW));
	cr_assert(is_revoked(f, "j1") && is_revoked(f, "j2") && !is_revoked(f, "j3"));
}

/* Half of the threads issue tokens, half revoke the grant: whatever the order, no token may stay in force. */
static enum status
issue_or_revoke(struct store *db, int number)
{
	CLEANUP(store_abandon) struct store_tx tx = { 0 };
	char jti[16];

	snprintf(jti, sizeof(jti), "j%d", number);
	TRY(store_begin(db, &tx));
	if (number % 2)
		TRY(store_grant_revoke(&tx, STR("g1"), NOW));
	else
		TRY(store_token_issued(&tx, str_of(jti), STR("g1"), NOW + 1));
	return store_commit(&tx);
}

STORE_TEST(no_token_slips_past_a_revocation_at_the_same_time)
{
	enum status results[RACERS];

	add_grant(f, "g1", "s1");
	race(f, issue_or_revoke, results);
	cr_assert_eq(count_status(results, OK) + count_status(results, E_USED), RACERS);
	for (int i = 0; i < RACERS; i += 2) {
		char jti[16];
		snprintf(jti, sizeof(jti), "j%d", i);
		cr_assert(results[i] == E_USED || is_revoked(f, jti), "%s", jti);
	}
}

STORE_TEST(token_facts_say_what_still_stands)
{
	struct store_client c = client_of("c1");
	struct store_token_facts facts = { 0 };

	add_person(f, "sub_a");
	IN_TX(f, store_client_add(&tx, &c));
	meddle(f,
	       "INSERT INTO session (id_hash, sid, sub, csrf, acr, amr, auth_us, created_us, seen_us, idle_us_limit,"
	       " expires_us, agent, event_id, log_index) SELECT wrapped_key, 's1', sub, wrapped_key, 2, '', 0, 0, 0, 0,"
	       " 1790000100000000, '', '', 3 FROM person_key");
	EXPECT_OK(store_token_facts(f->db, STR("j"), STR("s1"), STR("c1"), STR("sub_a"), NOW, &facts));
	cr_assert(!facts.client_active, "a client counts from its entry");
	meddle(f, "UPDATE client SET log_index = 9");
	EXPECT_OK(store_token_facts(f->db, STR("j"), STR("s1"), STR("c1"), STR("sub_a"), NOW, &facts));
	cr_assert(!facts.revoked && facts.session_alive && facts.client_active && facts.person_active);
	EXPECT_OK(
	    store_token_facts(f->db, STR("j"), STR("s1"), STR("c1"), STR("sub_a"), NOW + 100 * SECOND_US, &facts));
	cr_assert(!facts.session_alive);

	meddle(f, "UPDATE session SET ended_us = 1");
	IN_TX(f, store_client_set_status(&tx, STR("c1"), STORE_CLIENT_DISABLED, STR(EVENT)));
	IN_TX(f, store_person_erase(&tx, STR("sub_a"), STR(EVENT)));
	IN_TX(f, store_token_revoke(&tx, STR("j"), NOW + 1));
	IN_TX(f, store_token_revoke(&tx, STR("j"), NOW + 1));
	EXPECT_OK(store_token_facts(f->db, STR("j"), STR("s1"), STR("c1"), STR("sub_a"), NOW, &facts));
	cr_assert(facts.revoked && !facts.session_alive && !facts.client_active && !facts.person_active);
	EXPECT_OK(store_token_facts(f->db, STR("x"), STR("x"), STR("x"), STR("x"), NOW, &facts));
	cr_assert(!facts.revoked && !facts.session_alive && !facts.client_active && !facts.person_active);
	EXPECT_OK(store_token_facts(f->db, STR("x"), STR(""), STR("x"), STR(""), NOW, &facts));
	cr_assert(facts.session_alive && facts.person_active, "nobody was asked about");
}

/* ---- sweep ---- */

static int64_t
sweep(struct fixture *f, int64_t now_us, int batch)
{
	int64_t removed = -1;

	EXPECT_OK(store_sweep(f->db, now_us, batch, &removed));
	return removed;
}

STORE_TEST(what_expired_goes_in_batches_and_nothing_else_does)
{
	int64_t much_later = NOW + 2 * DAY_US;

	for (int i = 0; i < 25; i++) {
		char name[16];
		struct store_login l = { .id_hash = { name, 4 }, .return_to = STR(""), .csrf_hash = BLOB("") };
		snprintf(name, sizeof(name), "j%03d", i);
		l.expires_us = i < 20 ? NOW : much_later + DAY_US;
		EXPECT_OK(store_login_add(f->db, &l));
		EXPECT_OK(store_assertion_use(f->db, STR("c"), str_of(name), l.expires_us));
	}
	cr_assert_eq(sweep(f, NOW, 8), 0, "not before its time");
	cr_assert_eq(sweep(f, much_later, 8), 16);
	cr_assert_eq(sweep(f, much_later, 8), 16);
	cr_assert_eq(sweep(f, much_later, 8), 8);
	cr_assert_eq(sweep(f, much_later, 8), 0);
	EXPECT_STATUS(E_USED, store_assertion_use(f->db, STR("c"), STR("j024"), NOW));
	EXPECT_OK(store_assertion_use(f->db, STR("c"), STR("j000"), NOW));
	EXPECT_STATUS(E_INVALID, store_sweep(f->db, NOW, 0, NULL));
	EXPECT_STATUS(E_INVALID, store_sweep(f->db, NOW, 1001, NULL));
}

STORE_TEST(a_used_code_is_remembered_while_its_tokens_may_live)
{
	CLEANUP(store_code_clear) struct store_code c = { 0 };
	CLEANUP(store_code_clear) struct store_code again = { 0 };

	add_code(f, BLOB("h"));
	IN_TX(f, store_code_consume(&tx, BLOB("h"), STR("c1"), NOW, &c));
	sweep(f, NOW + 3600 * SECOND_US, 100);
	REFUSED_IN_TX(f, E_USED, store_code_consume(&tx, BLOB("h"), STR("c1"), NOW, &again));
	sweep(f, NOW + 2 * DAY_US, 100);
	REFUSED_IN_TX(f, E_NOT_FOUND, store_code_consume(&tx, BLOB("h"), STR("c1"), NOW, &c));
}
