/* test_sign_gate.c: nothing is signed that is not in the log; driven by the messages that authd-keyd answers. */
#include "tests/unit/entry_maker.h"

#include "authd/keys/sign_gate.h"

static enum status
sign(struct vault_maker *f, unsigned use, const struct entry_maker *m, struct buf *jws)
{
	CLEANUP(buf_clear) struct buf head = { 0 };

	buf_put_u8(&head, (uint8_t)use);
	receipt_put(&head, &m->receipt);
	return vault_maker_ask(
	    f, KEYS_MSG_SIGN,
	    &(struct keys_wire){ .head = buf_str(&head), .block = { buf_str(&m->fragment), buf_str(&m->claims) } },
	    jws);
}

static enum status
sign_only(struct vault_maker *f, unsigned use, const struct entry_maker *m)
{
	CLEANUP(buf_clear) struct buf jws = { 0 };
	enum status st = sign(f, use, m, &jws);

	cr_assert_eq(st == OK, jws.n > 0);
	return st;
}

/* The token verifies with the published keys as what it should be. */
static void
verifies(struct vault_maker *f, enum jws_use use, struct str token, const char *aud)
{
	CLEANUP(jwk_set_freep) struct jwk_set *keys = NULL;
	CLEANUP(jws_freep) struct jws *j = NULL;
	struct jws_expect expect = { .iss = STR(VAULT_ISSUER), .aud = str_of(aud), .now_us = vault_maker_now };

	EXPECT_OK(jwk_set_import(vault_jwks(f->vault), &keys));
	EXPECT_OK(jws_accept(use, token, keys, &expect, &j));
	cr_assert_not_null(jws_claims(j));
}

Test(sign_gate, an_access_token_of_a_logged_issue_is_signed)
{
	CLEANUP(vault_maker_clear) struct vault_maker f = vault_maker_new();
	CLEANUP(entry_maker_clear) struct entry_maker m = entry_maker_token(f.receipts);
	CLEANUP(buf_clear) struct buf jws = { 0 };

	EXPECT_OK(sign(&f, KEYS_ACCESS_TOKEN, &m, &jws));
	verifies(&f, JWS_ACCESS_TOKEN, buf_str(&jws), VAULT_ISSUER);
}

Test(sign_gate, a_ticket_of_a_logged_permit_is_signed)
{
	CLEANUP(vault_maker_clear) struct vault_maker f = vault_maker_new();
	CLEANUP(entry_maker_clear) struct entry_maker m = entry_maker_ticket(f.receipts);
	CLEANUP(buf_clear) struct buf jws = { 0 };

	EXPECT_OK(sign(&f, KEYS_TICKET, &m, &jws));
	verifies(&f, JWS_TICKET, buf_str(&jws), "svc_tax");
}

Test(sign_gate, an_id_token_is_signed_beside_the_access_token_of_the_same_entry)
{
	CLEANUP(vault_maker_clear) struct vault_maker f = vault_maker_new();
	CLEANUP(entry_maker_clear) struct entry_maker m = entry_maker_token(f.receipts);
	CLEANUP(buf_clear) struct buf rs = { 0 };
	CLEANUP(buf_clear) struct buf es = { 0 };

	EXPECT_OK(sign_only(&f, KEYS_ACCESS_TOKEN, &m));
	entry_maker_claims(&m, "aud", "");
	EXPECT_OK(sign(&f, KEYS_ID_TOKEN, &m, &rs));
	verifies(&f, JWS_ID_TOKEN_HINT, buf_str(&rs), "svc_benefits_north");
	/* Both algorithms share one memory: the same claims are fine, others are not. */
	EXPECT_OK(sign(&f, KEYS_ID_TOKEN_ES256, &m, &es));
	verifies(&f, JWS_ID_TOKEN_HINT, buf_str(&es), "svc_benefits_north");
	entry_maker_claims(&m, "aud", ",\"nonce\":\"x\"");
	EXPECT_STATUS(E_CONFLICT, sign_only(&f, KEYS_ID_TOKEN_ES256, &m));
}

Test(sign_gate, without_a_receipt_nothing_is_signed)
{
	CLEANUP(vault_maker_clear) struct vault_maker f = vault_maker_new();
	CLEANUP(entry_maker_clear) struct entry_maker m = entry_maker_token(f.receipts);

	memset(m.receipt.mac, 0, sizeof(m.receipt.mac));
	EXPECT_STATUS(E_DENIED, sign_only(&f, KEYS_ACCESS_TOKEN, &m));
}

Test(sign_gate, L08_a_forged_or_altered_receipt_is_refused)
{
	CLEANUP(vault_maker_clear) struct vault_maker f = vault_maker_new();
	CLEANUP(entry_maker_clear) struct entry_maker m = entry_maker_token(f.receipts);
	CLEANUP(receipt_key_freep) struct receipt_key *forger = NULL;
	const struct receipt good = m.receipt;

	m.receipt.mac[31] ^= 1;
	EXPECT_STATUS(E_DENIED, sign_only(&f, KEYS_ACCESS_TOKEN, &m));
	m.receipt = good;
	m.receipt.index++;
	EXPECT_STATUS(E_DENIED, sign_only(&f, KEYS_ACCESS_TOKEN, &m));
	m.receipt = good;
	m.receipt.leaf.b[0] ^= 1;
	EXPECT_STATUS(E_DENIED, sign_only(&f, KEYS_ACCESS_TOKEN, &m));
	EXPECT_OK(receipt_key_of(STR("0123456789abcdef0123456789abcdef"), &forger));
	entry_maker_log(&m, forger, 41);
	EXPECT_STATUS(E_DENIED, sign_only(&f, KEYS_ACCESS_TOKEN, &m));
}

Test(sign_gate, L08_a_receipt_for_another_fragment_is_refused)
{
	CLEANUP(vault_maker_clear) struct vault_maker f = vault_maker_new();
	CLEANUP(entry_maker_clear) struct entry_maker m = entry_maker_token(f.receipts);
	CLEANUP(entry_maker_clear) struct entry_maker other = entry_maker_token(f.receipts);
	const struct receipt its_own = m.receipt;

	m.receipt = other.receipt;
	EXPECT_STATUS(E_DENIED, sign_only(&f, KEYS_ACCESS_TOKEN, &m));
	m.receipt = its_own;
	EXPECT_OK(sign_only(&f, KEYS_ACCESS_TOKEN, &m));
	m.fragment.p[m.fragment.n - 3] ^= 1;
	EXPECT_STATUS(E_DENIED, sign_only(&f, KEYS_ACCESS_TOKEN, &m));
}

Test(sign_gate, an_entry_of_another_event_is_refused)
{
	CLEANUP(vault_maker_clear) struct vault_maker f = vault_maker_new();
	CLEANUP(entry_maker_clear) struct entry_maker token = entry_maker_token(f.receipts);
	CLEANUP(entry_maker_clear) struct entry_maker ticket = entry_maker_ticket(f.receipts);
	static const enum entry_event others[] = { ENTRY_AUTH_LOGIN, ENTRY_TOKEN_REVOKED, ENTRY_TOKEN_REUSE_DETECTED,
						   ENTRY_AUTH_FAILED };

	EXPECT_STATUS(E_DENIED, sign_only(&f, KEYS_TICKET, &token));
	EXPECT_STATUS(E_DENIED, sign_only(&f, KEYS_ACCESS_TOKEN, &ticket));
	EXPECT_STATUS(E_DENIED, sign_only(&f, KEYS_ID_TOKEN, &ticket));
	for (size_t i = 0; i < ARRAY_LEN(others); i++) {
		token.entry.event = others[i];
		entry_maker_log(&token, f.receipts, 41);
		cr_assert_eq(sign_only(&f, KEYS_ACCESS_TOKEN, &token), E_DENIED, "event %d", (int)others[i]);
	}
	token.entry.event = ENTRY_TOKEN_REFRESHED;
	entry_maker_log(&token, f.receipts, 41);
	EXPECT_OK(sign_only(&f, KEYS_ACCESS_TOKEN, &token));
}

Test(sign_gate, a_logged_refusal_gives_no_ticket_and_no_token)
{
	CLEANUP(vault_maker_clear) struct vault_maker f = vault_maker_new();
	CLEANUP(entry_maker_clear) struct entry_maker ticket = entry_maker_ticket(f.receipts);
	CLEANUP(entry_maker_clear) struct entry_maker token = entry_maker_token(f.receipts);

	ticket.entry.decision = ENTRY_REFUSE;
	ticket.entry.basis.type = ENTRY_NO_BASIS;
	ticket.entry.basis.ref = STR("");
	ticket.entry.reason = STR("consent_missing");
	entry_maker_log(&ticket, f.receipts, 4711);
	EXPECT_STATUS(E_DENIED, sign_only(&f, KEYS_TICKET, &ticket));
	token.entry.decision = ENTRY_REFUSE;
	token.entry.reason = STR("role_missing");
	entry_maker_log(&token, f.receipts, 41);
	EXPECT_STATUS(E_DENIED, sign_only(&f, KEYS_ACCESS_TOKEN, &token));
}

Test(sign_gate, a_second_signature_with_other_claims_is_refused)
{
	CLEANUP(vault_maker_clear) struct vault_maker f = vault_maker_new();
	CLEANUP(entry_maker_clear) struct entry_maker m = entry_maker_token(f.receipts);

	EXPECT_OK(sign_only(&f, KEYS_ACCESS_TOKEN, &m));
	EXPECT_OK(sign_only(&f, KEYS_ACCESS_TOKEN, &m));
	entry_maker_claims(&m, "client_id", ENTRY_MAKER_TOKEN_MORE ",\"roles\":[\"admin\"]");
	EXPECT_STATUS(E_CONFLICT, sign_only(&f, KEYS_ACCESS_TOKEN, &m));
}

Test(sign_gate, claims_that_do_not_belong_to_the_entry_are_refused)
{
	CLEANUP(vault_maker_clear) struct vault_maker f = vault_maker_new();
	CLEANUP(entry_maker_clear) struct entry_maker m = entry_maker_token(f.receipts);
	CLEANUP(entry_maker_clear) struct entry_maker other = entry_maker_token(f.receipts);
	long long now = vault_maker_now / SECOND_US;
	static const char *const shapes[] = {
		/* jti of another entry */
		"{\"iss\":\"" VAULT_ISSUER "\",\"sub\":\"s\",\"jti\":\"%2$.36s\",\"client_id\":\"svc_benefits_north\","
		"\"aud\":\"a\",\"scope\":\"openid\",\"iat\":%1$lld,\"exp\":%3$lld}",
		/* another client */
		"{\"iss\":\"" VAULT_ISSUER "\",\"sub\":\"s\",\"jti\":\"%4$.36s\",\"client_id\":\"svc_other\","
		"\"aud\":\"a\",\"scope\":\"openid\",\"iat\":%1$lld,\"exp\":%3$lld}",
		/* another issuer */
		"{\"iss\":\"https://"
		"evil.example\",\"sub\":\"s\",\"jti\":\"%4$.36s\",\"client_id\":\"svc_benefits_north\","
		"\"aud\":\"a\",\"scope\":\"openid\",\"iat\":%1$lld,\"exp\":%3$lld}",
		/* no sub */
		"{\"iss\":\"" VAULT_ISSUER "\",\"jti\":\"%4$.36s\",\"client_id\":\"svc_benefits_north\","
		"\"aud\":\"a\",\"scope\":\"openid\",\"iat\":%1$lld,\"exp\":%3$lld}",
		/* exp as text */
		"{\"iss\":\"" VAULT_ISSUER "\",\"sub\":\"s\",\"jti\":\"%4$.36s\",\"client_id\":\"svc_benefits_north\","
		"\"aud\":\"a\",\"scope\":\"openid\",\"iat\":%1$lld,\"exp\":\"%3$lld\"}",
		/* no iat */
		"{\"iss\":\"" VAULT_ISSUER "\",\"sub\":\"s\",\"jti\":\"%4$.36s\",\"client_id\":\"svc_benefits_north\","
		"\"aud\":\"a\",\"scope\":\"openid\",\"exp\":%3$lld}",
		/* and as it should be, or the others would prove nothing */
		"{\"iss\":\"" VAULT_ISSUER "\",\"sub\":\"s\",\"jti\":\"%4$.36s\",\"client_id\":\"svc_benefits_north\","
		"\"aud\":\"a\",\"scope\":\"openid\",\"iat\":%1$lld,\"exp\":%3$lld}",
	};

	for (size_t i = 0; i < ARRAY_LEN(shapes); i++) {
		char text[1024];

		buf_clear(&m.claims);
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
		(void)snprintf(text, sizeof(text), shapes[i], now, other.id.p, now + 300, m.id.p);
#pragma GCC diagnostic pop
		buf_put_cstr(&m.claims, text);
		enum status expected = i + 1 < ARRAY_LEN(shapes) ? E_DENIED : OK;
		cr_assert_eq(sign_only(&f, KEYS_ACCESS_TOKEN, &m), expected, "shape %zu: %s", i, text);
	}
}

static enum status
sign_with_times(struct vault_maker *f, unsigned use, long long iat, long long exp)
{
	CLEANUP(entry_maker_clear) struct entry_maker m = entry_maker_token(f->receipts);

	buf_clear(&m.claims);
	buf_printf(&m.claims,
		   "{\"iss\":\"" VAULT_ISSUER "\",\"sub\":\"s\",\"jti\":\"%.*s\",\"client_id\":\"svc_benefits_north\","
		   "\"aud\":\"svc_benefits_north\",\"scope\":\"openid\",\"iat\":%lld,\"exp\":%lld}",
		   STR_ARG(buf_str(&m.id)), iat, exp);
	return sign_only(f, use, &m);
}

Test(sign_gate, no_token_lives_longer_than_its_kind_or_begins_elsewhen)
{
	CLEANUP(vault_maker_clear) struct vault_maker f = vault_maker_new();
	long long now = vault_maker_now / SECOND_US;

	EXPECT_OK(sign_with_times(&f, KEYS_ACCESS_TOKEN, now, now + 900));
	EXPECT_STATUS(E_DENIED, sign_with_times(&f, KEYS_ACCESS_TOKEN, now, now + 901));
	EXPECT_STATUS(E_DENIED, sign_with_times(&f, KEYS_ACCESS_TOKEN, now, now));
	EXPECT_STATUS(E_DENIED, sign_with_times(&f, KEYS_ACCESS_TOKEN, now, now - 1));
	EXPECT_STATUS(E_DENIED, sign_with_times(&f, KEYS_ACCESS_TOKEN, now - 61, now + 300));
	EXPECT_STATUS(E_DENIED, sign_with_times(&f, KEYS_ACCESS_TOKEN, now + 61, now + 300));
	EXPECT_STATUS(E_DENIED, sign_with_times(&f, KEYS_ACCESS_TOKEN, now, INT64_MAX));
	EXPECT_STATUS(E_DENIED, sign_with_times(&f, KEYS_ACCESS_TOKEN, INT64_MAX, INT64_MAX));
	EXPECT_STATUS(E_DENIED, sign_with_times(&f, KEYS_ACCESS_TOKEN, INT64_MIN, now + 300));
	EXPECT_OK(sign_with_times(&f, KEYS_ID_TOKEN, now, now + 3600));
	EXPECT_STATUS(E_DENIED, sign_with_times(&f, KEYS_ID_TOKEN, now, now + 3601));
}

#define FOR_US ",\"aud\":\"" VAULT_ISSUER "\""

Test(sign_gate, an_access_token_says_what_the_entry_says)
{
	CLEANUP(vault_maker_clear) struct vault_maker f = vault_maker_new();
	CLEANUP(entry_maker_clear) struct entry_maker m = entry_maker_token(f.receipts);
	static const char *const wrong[] = {
		FOR_US,
		FOR_US ",\"scope\":\"\"",
		FOR_US ",\"scope\":\"openid admin\"",
		FOR_US ",\"scope\":[\"openid\"]",
		FOR_US ",\"scope\":\"openid\",\"act\":{\"sub\":\"opr_1\"}",
		FOR_US ",\"scope\":\"openid\",\"act\":{}",
	};

	for (size_t i = 0; i < ARRAY_LEN(wrong); i++) {
		entry_maker_claims(&m, "client_id", wrong[i]);
		cr_assert_eq(sign_only(&f, KEYS_ACCESS_TOKEN, &m), E_DENIED, "row %zu", i);
	}
	entry_maker_claims(&m, "client_id", ENTRY_MAKER_TOKEN_MORE);
	EXPECT_OK(sign_only(&f, KEYS_ACCESS_TOKEN, &m));
}

Test(sign_gate, whoever_acts_in_a_token_stands_in_its_entry)
{
	CLEANUP(vault_maker_clear) struct vault_maker f = vault_maker_new();
	CLEANUP(entry_maker_clear) struct entry_maker m = entry_maker_token(f.receipts);
	static const char *const wrong[] = {
		ENTRY_MAKER_TOKEN_MORE,
		ENTRY_MAKER_TOKEN_MORE ",\"act\":{\"sub\":\"svc:app\"}",
		ENTRY_MAKER_TOKEN_MORE ",\"act\":{\"sub\":\"opr_1\",\"act\":{\"sub\":\"svc:app\"}}",
		ENTRY_MAKER_TOKEN_MORE ",\"act\":{\"sub\":\"svc:app opr_1\"}",
	};

	m.entry.facts[m.entry.fact_count++] = (struct entry_fact){ .name = STR("act"), .text = STR("svc:app opr_1") };
	entry_maker_log(&m, f.receipts, 41);
	for (size_t i = 0; i < ARRAY_LEN(wrong); i++) {
		entry_maker_claims(&m, "client_id", wrong[i]);
		cr_assert_eq(sign_only(&f, KEYS_ACCESS_TOKEN, &m), E_DENIED, "row %zu", i);
	}
	entry_maker_claims(&m, "client_id",
			   ENTRY_MAKER_TOKEN_MORE ",\"act\":{\"sub\":\"svc:app\",\"act\":{\"sub\":\"opr_1\"}}");
	EXPECT_OK(sign_only(&f, KEYS_ACCESS_TOKEN, &m));
}

Test(sign_gate, a_persons_token_needs_an_entry_about_a_person_and_a_services_one_about_nobody)
{
	CLEANUP(vault_maker_clear) struct vault_maker f = vault_maker_new();
	CLEANUP(entry_maker_clear) struct entry_maker m = entry_maker_token(f.receipts);
	static const struct {
		size_t about;
		const char *sub;
		enum status st;
	} rows[] = {
		{ 0, "sub_1", E_DENIED },
		{ 0, "svc:svc_other", E_DENIED },
		{ 0, "svc:", E_DENIED },
		{ 1, "svc:svc_benefits_north", E_DENIED },
		{ 0, "svc:svc_benefits_north", OK },
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		long long now = vault_maker_now / SECOND_US;

		m.entry.about_count = rows[i].about;
		entry_maker_log(&m, f.receipts, 41);
		buf_clear(&m.claims);
		buf_printf(&m.claims,
			   "{\"iss\":\"" VAULT_ISSUER "\",\"sub\":\"%s\",\"jti\":\"%.*s\",\"client_id\":"
			   "\"svc_benefits_north\",\"iat\":%lld,\"exp\":%lld" ENTRY_MAKER_TOKEN_MORE "}",
			   rows[i].sub, STR_ARG(buf_str(&m.id)), now, now + 300);
		cr_assert_eq(sign_only(&f, KEYS_ACCESS_TOKEN, &m), rows[i].st, "row %zu", i);
	}
}

Test(sign_gate, a_ticket_says_what_the_entry_says)
{
	CLEANUP(vault_maker_clear) struct vault_maker f = vault_maker_new();
	CLEANUP(entry_maker_clear) struct entry_maker m = entry_maker_ticket(f.receipts);
	static const char *const wrong[] = {
		",\"log\":{\"index\":4712},\"purpose\":\"eligibility/3\",\"categories\":[\"income\",\"family\"],"
		"\"action\":\"read\",\"case\":\"2026-00123\"",
		",\"log\":{\"index\":\"4711\"},\"purpose\":\"eligibility/3\",\"categories\":[\"income\",\"family\"],"
		"\"action\":\"read\",\"case\":\"2026-00123\"",
		",\"purpose\":\"eligibility/3\",\"categories\":[\"income\",\"family\"],\"action\":\"read\","
		"\"case\":\"2026-00123\"",
		",\"log\":{\"index\":4711},\"purpose\":\"audit/1\",\"categories\":[\"income\",\"family\"],"
		"\"action\":\"read\",\"case\":\"2026-00123\"",
		",\"log\":{\"index\":4711},\"categories\":[\"income\",\"family\"],\"action\":\"read\","
		"\"case\":\"2026-00123\"",
		",\"log\":{\"index\":4711},\"purpose\":\"eligibility/3\",\"categories\":[\"income\",\"family\","
		"\"disability\"],\"action\":\"read\",\"case\":\"2026-00123\"",
		",\"log\":{\"index\":4711},\"purpose\":\"eligibility/3\",\"categories\":[\"income\",\"disability\"],"
		"\"action\":\"read\",\"case\":\"2026-00123\"",
		",\"log\":{\"index\":4711},\"purpose\":\"eligibility/3\",\"categories\":\"income\","
		"\"action\":\"read\",\"case\":\"2026-00123\"",
		",\"log\":{\"index\":4711},\"purpose\":\"eligibility/3\",\"categories\":[\"income\",\"family\"],"
		"\"action\":\"write\",\"case\":\"2026-00123\"",
		",\"log\":{\"index\":4711},\"purpose\":\"eligibility/3\",\"categories\":[\"income\",\"family\"],"
		"\"action\":\"read\",\"case\":\"another\"",
		",\"log\":{\"index\":4711},\"purpose\":\"eligibility/3\",\"categories\":[\"income\",\"family\"],"
		"\"action\":\"read\"",
	};

	for (size_t i = 0; i < ARRAY_LEN(wrong); i++) {
		entry_maker_claims(&m, "client_id", wrong[i]);
		cr_assert_eq(sign_only(&f, KEYS_TICKET, &m), E_DENIED, "row %zu", i);
	}
	entry_maker_claims(&m, "client_id", ENTRY_MAKER_TICKET_MORE);
	EXPECT_OK(sign_only(&f, KEYS_TICKET, &m));
}

Test(sign_gate, a_claim_that_the_entry_does_not_have_is_refused)
{
	CLEANUP(vault_maker_clear) struct vault_maker f = vault_maker_new();
	CLEANUP(entry_maker_clear) struct entry_maker m = entry_maker_ticket(f.receipts);

	m.entry.case_ref = STR("");
	entry_maker_log(&m, f.receipts, 4711);
	entry_maker_claims(&m, "client_id", ENTRY_MAKER_TICKET_MORE);
	EXPECT_STATUS(E_DENIED, sign_only(&f, KEYS_TICKET, &m));
}

Test(sign_gate, claims_that_are_no_strict_object_are_refused)
{
	CLEANUP(vault_maker_clear) struct vault_maker f = vault_maker_new();
	CLEANUP(entry_maker_clear) struct entry_maker m = entry_maker_token(f.receipts);
	static const char *const texts[] = { "", "[]", "null", "{", "{\"jti\":\"a\",\"jti\":\"b\"}" };

	for (size_t i = 0; i < ARRAY_LEN(texts); i++) {
		buf_clear(&m.claims);
		buf_put_cstr(&m.claims, texts[i]);
		cr_assert_eq(sign_only(&f, KEYS_ACCESS_TOKEN, &m), E_INVALID, "%s", texts[i]);
	}
}

Test(sign_gate, a_use_without_a_row_is_refused)
{
	CLEANUP(vault_maker_clear) struct vault_maker f = vault_maker_new();
	CLEANUP(entry_maker_clear) struct entry_maker m = entry_maker_token(f.receipts);
	static const unsigned uses[] = { 0, KEYS_USES_END, 255 };

	for (size_t i = 0; i < ARRAY_LEN(uses); i++)
		cr_assert_eq(sign_only(&f, uses[i], &m), E_DENIED, "use %u", uses[i]);
}

Test(sign_gate, an_entry_that_is_not_fresh_is_refused)
{
	CLEANUP(vault_maker_clear) struct vault_maker f = vault_maker_new();
	CLEANUP(entry_maker_clear) struct entry_maker m = entry_maker_token(f.receipts);
	int64_t start = vault_maker_now;

	vault_maker_now = start + SIGN_GATE_FRESH_US + 2 * SECOND_US;
	entry_maker_claims(&m, "client_id", ENTRY_MAKER_TOKEN_MORE);
	EXPECT_STATUS(E_UNAVAILABLE, sign_only(&f, KEYS_ACCESS_TOKEN, &m));
	vault_maker_now = start - SIGN_GATE_AHEAD_US - 2 * SECOND_US;
	entry_maker_claims(&m, "client_id", ENTRY_MAKER_TOKEN_MORE);
	EXPECT_STATUS(E_UNAVAILABLE, sign_only(&f, KEYS_ACCESS_TOKEN, &m));
	vault_maker_now = start;
	/* A random id says nothing about its age. */
	m.entry.id.b[6] = (uint8_t)(0x40 | (m.entry.id.b[6] & 15));
	entry_maker_log(&m, f.receipts, 41);
	entry_maker_claims(&m, "client_id", ENTRY_MAKER_TOKEN_MORE);
	EXPECT_STATUS(E_DENIED, sign_only(&f, KEYS_ACCESS_TOKEN, &m));
}

Test(sign_gate, after_a_restart_what_was_logged_before_is_not_signed_again)
{
	CLEANUP(vault_maker_clear) struct vault_maker f = vault_maker_new();
	CLEANUP(entry_maker_clear) struct entry_maker m = entry_maker_token(f.receipts);
	struct conf_error why = { 0 };

	EXPECT_OK(sign_only(&f, KEYS_ACCESS_TOKEN, &m));
	vault_maker_now += SECOND_US;
	vault_free(f.vault);
	f.vault = NULL;
	EXPECT_OK(vault_open(&f.options, &f.vault, &why));
	entry_maker_claims(&m, "client_id", ENTRY_MAKER_TOKEN_MORE ",\"roles\":[\"admin\"]");
	EXPECT_STATUS(E_UNAVAILABLE, sign_only(&f, KEYS_ACCESS_TOKEN, &m));
}

Test(sign_gate, a_reload_keeps_the_memory_of_what_was_signed)
{
	CLEANUP(vault_maker_clear) struct vault_maker f = vault_maker_new();
	CLEANUP(entry_maker_clear) struct entry_maker m = entry_maker_token(f.receipts);
	struct conf_error why = { 0 };

	EXPECT_OK(sign_only(&f, KEYS_ACCESS_TOKEN, &m));
	EXPECT_OK(vault_reload(f.vault, &why));
	EXPECT_OK(sign_only(&f, KEYS_ACCESS_TOKEN, &m));
	entry_maker_claims(&m, "client_id", ENTRY_MAKER_TOKEN_MORE ",\"roles\":[\"admin\"]");
	EXPECT_STATUS(E_CONFLICT, sign_only(&f, KEYS_ACCESS_TOKEN, &m));
}

Test(sign_gate, a_keyring_that_does_not_load_leaves_the_old_one_in_place)
{
	CLEANUP(vault_maker_clear) struct vault_maker f = vault_maker_new();
	CLEANUP(entry_maker_clear) struct entry_maker m = entry_maker_token(f.receipts);
	struct conf_error why = { 0 };

	vault_maker_write(f.ring, "keyring.yaml", STR("version: 2\n"), 0600);
	EXPECT_STATUS(E_INVALID, vault_reload(f.vault, &why));
	cr_assert_neq(why.text[0], '\0');
	EXPECT_OK(sign_only(&f, KEYS_ACCESS_TOKEN, &m));
}

Test(sign_gate, messages_that_have_not_the_shape_of_their_type_are_malformed)
{
	CLEANUP(vault_maker_clear) struct vault_maker f = vault_maker_new();
	CLEANUP(buf_clear) struct buf reply = { 0 };
	struct vault_refusal refusal;
	static const struct {
		uint16_t type;
		struct str payload;
	} rows[] = {
		{ KEYS_MSG_JWKS, STR_INIT("x") },
		{ KEYS_MSG_SIGN, STR_INIT("") },
		{ KEYS_MSG_SIGN, STR_INIT("\1xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"
					  "\0\0\0\1a\xff\xff\xff\xff") },
		{ KEYS_MSG_PERSON_NEW, STR_INIT("\0\0\0\1ab") },
		{ KEYS_MSG_PERSON_NEW, STR_INIT("\0\0\1\0") },
		{ KEYS_MSG_TOTP_CHECK, STR_INIT("\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0") },
		{ KEYS_MSG_OK, STR_INIT("") },
		{ KEYS_MSG_END, STR_INIT("") },
		{ 0, STR_INIT("") },
		{ 0xffff, STR_INIT("") },
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		refusal = (struct vault_refusal){ 0 };
		cr_assert_neq(vault_answer(f.vault, rows[i].type, rows[i].payload, &reply, &refusal), OK, "row %zu", i);
		cr_assert(refusal.malformed, "row %zu", i);
		cr_assert_eq(reply.n, 0);
	}
}

/* ---- every row of the table in keys.h ---- */

static const struct row {
	enum keys_use use;
	enum entry_event event;
	const char *client_claim;
	long long life_most_s;
} rows[] = {
	{ KEYS_ACCESS_TOKEN, ENTRY_TOKEN_ISSUED, "client_id", 900 },
	{ KEYS_ACCESS_TOKEN_RS256, ENTRY_TOKEN_REFRESHED, "client_id", 900 },
	{ KEYS_ACCESS_TOKEN_PS256, ENTRY_TOKEN_ISSUED, "client_id", 900 },
	{ KEYS_ID_TOKEN, ENTRY_TOKEN_ISSUED, "aud", 3600 },
	{ KEYS_ID_TOKEN_ES256, ENTRY_TOKEN_REFRESHED, "aud", 3600 },
	{ KEYS_ID_TOKEN_PS256, ENTRY_TOKEN_ISSUED, "aud", 3600 },
	{ KEYS_LOGOUT_TOKEN, ENTRY_AUTH_LOGOUT_SENT, "aud", 120 },
	{ KEYS_LOGOUT_TOKEN_ES256, ENTRY_AUTH_LOGOUT_SENT, "aud", 120 },
	{ KEYS_LOGOUT_TOKEN_PS256, ENTRY_AUTH_LOGOUT_SENT, "aud", 120 },
	{ KEYS_USERINFO, ENTRY_PROFILE_READ, "aud", 900 },
	{ KEYS_USERINFO_ES256, ENTRY_PROFILE_READ, "aud", 900 },
	{ KEYS_USERINFO_PS256, ENTRY_PROFILE_READ, "aud", 900 },
};

static void
claims_of_row(struct entry_maker *m, const struct row *row, const char *client, long long life_s)
{
	long long now_s = vault_maker_now / SECOND_US;

	buf_clear(&m->claims);
	buf_printf(&m->claims,
		   "{\"iss\":\"" VAULT_ISSUER
		   "\",\"sub\":\"s\",\"scope\":\"openid\",\"jti\":\"%.*s\",\"%s\":\"%s\",\"iat\":%lld,\"exp\":%lld}",
		   STR_ARG(buf_str(&m->id)), row->client_claim, client, now_s, now_s + life_s);
	EXPECT_OK(buf_status(&m->claims));
}

/* A fresh entry of this event by this service, and claims for the service named in them. */
static enum status
sign_row(struct vault_maker *f, const struct row *row, enum entry_event event, const char *client, long long life_s)
{
	CLEANUP(entry_maker_clear) struct entry_maker m = entry_maker_token(f->receipts);

	m.entry.event = event;
	entry_maker_log(&m, f->receipts, 41);
	claims_of_row(&m, row, client, life_s);
	return sign_only(f, row->use, &m);
}

Test(sign_gate, each_row_signs_for_its_events_its_client_and_its_life_alone)
{
	CLEANUP(vault_maker_clear) struct vault_maker f = vault_maker_new();
	static const enum entry_event events[] = { ENTRY_TOKEN_ISSUED, ENTRY_AUTH_LOGOUT_SENT, ENTRY_PROFILE_READ,
						   ENTRY_ACCESS_RECORDED, ENTRY_TOKEN_REVOKED };
	const char *good = "svc_benefits_north";

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		const struct row *r = &rows[i];
		bool issues = r->event == ENTRY_TOKEN_ISSUED || r->event == ENTRY_TOKEN_REFRESHED;

		cr_expect_eq(sign_row(&f, r, r->event, good, r->life_most_s), OK, "row %zu", i);
		cr_expect_eq(sign_row(&f, r, r->event, good, r->life_most_s + 1), E_DENIED, "life, row %zu", i);
		cr_expect_eq(sign_row(&f, r, r->event, "svc_tax", 60), E_DENIED, "client, row %zu", i);
		cr_expect_eq(sign_row(&f, r, r->event, "", 60), E_DENIED, "no client, row %zu", i);
		for (size_t k = 0; k < ARRAY_LEN(events); k++)
			cr_expect_eq(sign_row(&f, r, events[k], good, 60) == OK,
				     events[k] == r->event || (issues && events[k] == ENTRY_TOKEN_ISSUED),
				     "event %zu, row %zu", k, i);
	}
}

Test(sign_gate, L08_no_row_signs_with_a_receipt_of_another_entry_or_another_log)
{
	CLEANUP(vault_maker_clear) struct vault_maker f = vault_maker_new();
	CLEANUP(receipt_key_freep) struct receipt_key *forger = NULL;

	EXPECT_OK(receipt_key_of(STR("0123456789abcdef0123456789abcdef"), &forger));
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		CLEANUP(entry_maker_clear) struct entry_maker m = entry_maker_token(f.receipts);
		CLEANUP(entry_maker_clear) struct entry_maker other = entry_maker_token(f.receipts);

		m.entry.event = rows[i].event;
		entry_maker_log(&m, forger, 41);
		claims_of_row(&m, &rows[i], "svc_benefits_north", 60);
		cr_expect_eq(sign_only(&f, rows[i].use, &m), E_DENIED, "another log, row %zu", i);
		m.receipt = other.receipt;
		cr_expect_eq(sign_only(&f, rows[i].use, &m), E_DENIED, "another entry, row %zu", i);
		entry_maker_log(&m, f.receipts, 41);
		cr_expect_eq(sign_only(&f, rows[i].use, &m), OK, "its own, row %zu", i);
	}
}
