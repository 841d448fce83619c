/* test_jws.c: what the reader of tokens takes, and everything that it must not take. */
#include "tests/unit/jose_maker.h"

#include <stdio.h>

#include "auditlog/base/clock.h"
#include "auditlog/core/hash.h"
#include "authd/jose/jws.h"
#include "authd/jose/token_cache.h"

#define ISS    "https://id.example.org"
#define NOW_S  1800000000
#define NOW_US ((int64_t)NOW_S * SECOND_US)

#define ACCESS_HEAD      "\"iss\":\"" ISS "\",\"sub\":\"sub_1\",\"jti\":\"j1\",\"client_id\":\"svc_a\""
#define TIMES            "\"iat\":1800000000,\"exp\":1800000300"
#define ACCESS_CLAIMS    "{" ACCESS_HEAD ",\"aud\":\"" ISS "\"," TIMES "}"
#define ASSERTION_CLAIMS "{\"iss\":\"svc_a\",\"sub\":\"svc_a\",\"aud\":\"" ISS "\",\"jti\":\"j1\"," TIMES "}"

static const struct jws_expect access_expect = { .iss = STR_INIT(ISS), .aud = STR_INIT(ISS), .now_us = NOW_US };
static const struct jws_expect assertion_expect = { .iss = STR_INIT("svc_a"), .aud = STR_INIT(ISS), .now_us = NOW_US };

/* Signs with the key's own header of this typ and offers it for the use. */
static enum status
offer(const struct maker *m, enum jws_use use, const char *typ, const char *claims, const struct jws_expect *expect)
{
	CLEANUP(buf_clear) struct buf header = { 0 };
	CLEANUP(buf_clear) struct buf token = { 0 };
	CLEANUP(jwk_set_freep) struct jwk_set *keys = maker_set(m);
	CLEANUP(jws_freep) struct jws *j = NULL;

	maker_header(m, typ, &header);
	maker_token(m, header.p, claims, &token);
	enum status st = jws_accept(use, buf_str(&token), keys, expect, &j);
	cr_assert_eq(st == OK, j != NULL && jws_claims(j) != NULL);
	return st;
}

static enum status
offer_access(const char *claims)
{
	CLEANUP(maker_clear) struct maker m = maker_new(JWK_ES256);

	return offer(&m, JWS_ACCESS_TOKEN, "at+jwt", claims, &access_expect);
}

static enum status
offer_assertion(const char *claims)
{
	CLEANUP(maker_clear) struct maker m = maker_new(JWK_ES256);

	return offer(&m, JWS_CLIENT_ASSERTION, "JWT", claims, &assertion_expect);
}

/* Signs with any header text. */
static enum status
offer_header(const struct maker *m, const char *header)
{
	CLEANUP(buf_clear) struct buf token = { 0 };
	CLEANUP(jwk_set_freep) struct jwk_set *keys = maker_set(m);
	CLEANUP(jws_freep) struct jws *j = NULL;

	maker_token(m, header, ACCESS_CLAIMS, &token);
	return jws_accept(JWS_ACCESS_TOKEN, buf_str(&token), keys, &access_expect, &j);
}

/* A good token as text, its key set beside it. */
static void
good_token(const struct maker *m, struct buf *token)
{
	CLEANUP(buf_clear) struct buf header = { 0 };

	maker_header(m, "at+jwt", &header);
	maker_token(m, header.p, ACCESS_CLAIMS, token);
}

static enum status
accept_text(const struct maker *m, struct str token)
{
	CLEANUP(jwk_set_freep) struct jwk_set *keys = maker_set(m);
	CLEANUP(jws_freep) struct jws *j = NULL;

	return jws_accept(JWS_ACCESS_TOKEN, token, keys, &access_expect, &j);
}

Test(jws, a_good_access_token_gives_its_claims)
{
	CLEANUP(maker_clear) struct maker m = maker_new(JWK_ES256);
	CLEANUP(buf_clear) struct buf token = { 0 };
	CLEANUP(jwk_set_freep) struct jwk_set *keys = maker_set(&m);
	CLEANUP(jws_freep) struct jws *j = NULL;
	int64_t exp = 0;

	good_token(&m, &token);
	EXPECT_OK(jws_accept(JWS_ACCESS_TOKEN, buf_str(&token), keys, &access_expect, &j));
	cr_assert_str_eq(json_string_value(json_object_get(jws_claims(j), "client_id")), "svc_a");
	EXPECT_OK(jws_time_us(j, "exp", &exp));
	cr_assert_eq(exp, NOW_US + 300 * SECOND_US);
	EXPECT_STATUS(E_NOT_FOUND, jws_time_us(j, "nbf", &exp));
	EXPECT_OK(offer_access("{" ACCESS_HEAD ",\"aud\":\"" ISS "\"," TIMES ",\"org\":\"\",\"scope\":\"\"}"));
}

Test(jws, claims_are_not_handed_out_before_both_checks)
{
	CLEANUP(maker_clear) struct maker m = maker_new(JWK_ES256);
	CLEANUP(buf_clear) struct buf token = { 0 };
	CLEANUP(jws_freep) struct jws *j = NULL;
	struct str sub;

	good_token(&m, &token);
	EXPECT_OK(jws_parse(JWS_ACCESS_TOKEN, buf_str(&token), &j));
	cr_assert_null(jws_claims(j));
	EXPECT_OK(jws_unverified(j, "sub", &sub));
	cr_assert(str_is(sub, "sub_1"));
	EXPECT_STATUS(E_UNAUTHENTICATED, jws_check(j, &access_expect));
	EXPECT_OK(jws_verify(j, m.jwk));
	cr_assert_null(jws_claims(j));
	EXPECT_OK(jws_check(j, &access_expect));
	cr_assert_not_null(jws_claims(j));
}

Test(jws, each_algorithm_of_a_client_verifies_with_its_own_key)
{
	static const enum jwk_alg algs[] = { JWK_ES256, JWK_RS256, JWK_PS256, JWK_EDDSA };

	for (size_t i = 0; i < ARRAY_LEN(algs); i++) {
		CLEANUP(maker_clear) struct maker m = maker_new(algs[i]);

		EXPECT_OK(offer(&m, JWS_CLIENT_ASSERTION, NULL, ASSERTION_CLAIMS, &assertion_expect));
		EXPECT_OK(
		    offer(&m, JWS_CLIENT_ASSERTION, "client-authentication+jwt", ASSERTION_CLAIMS, &assertion_expect));
	}
}

Test(jws, a_narrower_list_of_algorithms_holds)
{
	CLEANUP(maker_clear) struct maker rsa = maker_new(JWK_RS256);
	struct jws_expect fapi = assertion_expect;

	fapi.algs = JWK_ES256 | JWK_PS256 | JWK_EDDSA;
	EXPECT_STATUS(E_UNAUTHENTICATED, offer(&rsa, JWS_CLIENT_ASSERTION, "JWT", ASSERTION_CLAIMS, &fapi));
}

Test(jws, J01_alg_none_in_every_spelling_is_refused)
{
	CLEANUP(maker_clear) struct maker m = maker_new(JWK_ES256);
	static const char *const headers[] = {
		"{\"typ\":\"at+jwt\",\"alg\":\"none\"}",    "{\"typ\":\"at+jwt\",\"alg\":\"None\"}",
		"{\"typ\":\"at+jwt\",\"alg\":\"nOnE\"}",    "{\"typ\":\"at+jwt\",\"alg\":\"NONE\"}",
		"{\"typ\":\"at+jwt\",\"alg\":\"\"}",        "{\"typ\":\"at+jwt\"}",
		"{\"typ\":\"at+jwt\",\"alg\":[\"ES256\"]}", "{\"typ\":\"at+jwt\",\"alg\":256}",
		"{\"typ\":\"at+jwt\",\"alg\":null}",        "{\"typ\":\"at+jwt\",\"alg\":\"es256\"}",
		"{\"typ\":\"at+jwt\",\"alg\":\"ES256 \"}",  "{\"typ\":\"at+jwt\",\"alg\":\"ES384\"}",
		"{\"typ\":\"at+jwt\",\"alg\":\"ES256K\"}",
	};

	EXPECT_OK(offer_header(&m, "{\"typ\":\"at+jwt\",\"alg\":\"ES256\"}"));
	for (size_t i = 0; i < ARRAY_LEN(headers); i++)
		cr_assert_eq(offer_header(&m, headers[i]), E_INVALID, "%s", headers[i]);
}

Test(jws, J01_an_unsigned_token_is_refused)
{
	CLEANUP(maker_clear) struct maker m = maker_new(JWK_ES256);
	CLEANUP(buf_clear) struct buf token = { 0 };

	maker_input("{\"typ\":\"at+jwt\",\"alg\":\"none\"}", ACCESS_CLAIMS, &token);
	EXPECT_STATUS(E_INVALID, accept_text(&m, buf_str(&token)));
	buf_put_char(&token, '.');
	EXPECT_STATUS(E_INVALID, accept_text(&m, buf_str(&token)));
}

Test(jws, an_hmac_made_with_the_public_key_is_refused)
{
	CLEANUP(maker_clear) struct maker m = maker_new(JWK_ES256);
	CLEANUP(buf_clear) struct buf token = { 0 };
	CLEANUP(buf_clear) struct buf pub = { 0 };

	jwk_export(m.jwk, &pub);
	maker_input("{\"typ\":\"at+jwt\",\"alg\":\"HS256\"}", ACCESS_CLAIMS, &token);
	struct hash mac = hash_hmac(buf_str(&pub), buf_str(&token));
	buf_put_char(&token, '.');
	encode_base64url(&token, hash_str(&mac));
	EXPECT_STATUS(E_INVALID, accept_text(&m, buf_str(&token)));
}

Test(jws, the_key_decides_the_algorithm_not_the_header)
{
	CLEANUP(maker_clear) struct maker m = maker_new(JWK_RS256);
	CLEANUP(buf_clear) struct buf token = { 0 };
	CLEANUP(jws_freep) struct jws *j = NULL;

	/* An RS256 key: the same key asked to verify as PS256 refuses. */
	maker_token(&m, "{\"alg\":\"PS256\"}", ASSERTION_CLAIMS, &token);
	EXPECT_OK(jws_parse(JWS_CLIENT_ASSERTION, buf_str(&token), &j));
	EXPECT_STATUS(E_UNAUTHENTICATED, jws_verify(j, m.jwk));
}

Test(jws, J04_headers_that_bring_or_point_to_a_key_are_refused)
{
	CLEANUP(maker_clear) struct maker m = maker_new(JWK_ES256);
	static const char *const members[] = {
		"\"jku\":\"https://evil.example/jwks\"",
		"\"x5u\":\"https://evil.example/c\"",
		"\"x5c\":[\"AAAA\"]",
		"\"x5t\":\"AAAA\"",
		"\"x5t#S256\":\"AAAA\"",
		"\"jwk\":{\"kty\":\"EC\"}",
		"\"crit\":[\"exp\"]",
		"\"crit\":[]",
		"\"b64\":false",
		"\"b64\":true",
		"\"zip\":\"DEF\"",
		"\"cty\":\"JWT\"",
		"\"enc\":\"A256GCM\"",
		"\"kid\":7",
		"\"kid\":\"\"",
	};

	for (size_t i = 0; i < ARRAY_LEN(members); i++) {
		char header[256];

		(void)snprintf(header, sizeof(header), "{\"typ\":\"at+jwt\",\"alg\":\"ES256\",%s}", members[i]);
		cr_assert_eq(offer_header(&m, header), E_INVALID, "%s", header);
	}
	EXPECT_OK(offer_header(&m, "{\"typ\":\"at+jwt\",\"alg\":\"ES256\",\"unknown\":1}"));
}

Test(jws, J10_tokens_of_one_kind_are_refused_as_another)
{
	CLEANUP(maker_clear) struct maker m = maker_new(JWK_ES256);
	static const char *const typs[] = {
		NULL,     "JWT",     "dpop+jwt", "ombud-ticket+jwt",        "logout+jwt",
		"AT+JWT", "at+jwt ", "jwt",      "token-introspection+jwt", "secevent+jwt"
	};

	for (size_t i = 0; i < ARRAY_LEN(typs); i++)
		cr_assert_eq(offer(&m, JWS_ACCESS_TOKEN, typs[i], ACCESS_CLAIMS, &access_expect), E_INVALID, "%zu", i);
	EXPECT_OK(offer(&m, JWS_ACCESS_TOKEN, "application/at+jwt", ACCESS_CLAIMS, &access_expect));
	EXPECT_OK(offer(&m, JWS_TICKET, "ombud-ticket+jwt", ACCESS_CLAIMS, &access_expect));
	EXPECT_STATUS(E_INVALID, offer(&m, JWS_TICKET, "at+jwt", ACCESS_CLAIMS, &access_expect));
	EXPECT_STATUS(E_INVALID, offer(&m, JWS_ID_TOKEN_HINT, "at+jwt", ACCESS_CLAIMS, &access_expect));
	EXPECT_STATUS(E_INVALID, offer(&m, JWS_CLIENT_ASSERTION, "at+jwt", ASSERTION_CLAIMS, &assertion_expect));
	EXPECT_STATUS(E_INVALID, offer(&m, JWS_DPOP, "at+jwt", ACCESS_CLAIMS, &access_expect));
}

Test(jws, J07_times_of_the_wrong_type_or_range_are_refused)
{
	static const char *const times[] = {
		"\"iat\":1800000000",
		"\"iat\":1800000000,\"exp\":\"1800000300\"",
		"\"iat\":1800000000,\"exp\":1800000300.0",
		"\"iat\":1800000000,\"exp\":1.8000003e9",
		"\"iat\":1800000000,\"exp\":1e400",
		"\"iat\":1800000000,\"exp\":-1",
		"\"iat\":1800000000,\"exp\":true",
		"\"iat\":1800000000,\"exp\":null",
		"\"iat\":1800000000,\"exp\":[1800000300]",
		"\"iat\":1800000000,\"exp\":99999999999999999999",
		"\"iat\":1800000000,\"exp\":253402300800",
		"\"iat\":\"1800000000\",\"exp\":1800000300",
		"\"iat\":1800000000,\"nbf\":\"x\",\"exp\":1800000300",
		"\"exp\":1800000300",
	};

	for (size_t i = 0; i < ARRAY_LEN(times); i++) {
		char claims[512];

		(void)snprintf(claims, sizeof(claims), "{" ACCESS_HEAD ",\"aud\":\"" ISS "\",%s}", times[i]);
		cr_assert_eq(offer_access(claims), E_INVALID, "%s", times[i]);
	}
}

Test(jws, J07_expiry_and_skew)
{
	static const struct {
		const char *times;
		enum status expected;
	} rows[] = {
		{ "\"iat\":1799999000,\"exp\":1799999999", E_EXPIRED },
		{ "\"iat\":1799999000,\"exp\":1800000000", E_EXPIRED },
		{ "\"iat\":1799999000,\"exp\":1800000001", OK },
		{ "\"iat\":1800000010,\"exp\":1800000300", OK },
		{ "\"iat\":1800000061,\"exp\":1800000300", E_UNAUTHENTICATED },
		{ "\"iat\":1800000000,\"nbf\":1800000010,\"exp\":1800000300", OK },
		{ "\"iat\":1800000000,\"nbf\":1800000061,\"exp\":1800000300", E_UNAUTHENTICATED },
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		char claims[512];

		(void)snprintf(claims, sizeof(claims), "{" ACCESS_HEAD ",\"aud\":\"" ISS "\",%s}", rows[i].times);
		cr_assert_eq(offer_access(claims), rows[i].expected, "%s", rows[i].times);
	}
}

Test(jws, J08_audience_of_an_access_token)
{
	static const struct {
		const char *aud;
		enum status expected;
	} rows[] = {
		{ "\"aud\":[\"other\",\"" ISS "\"]", OK },
		{ "\"aud\":\"other\"", E_UNAUTHENTICATED },
		{ "\"aud\":\"https://ID.example.org\"", E_UNAUTHENTICATED },
		{ "\"aud\":\"" ISS "/\"", E_UNAUTHENTICATED },
		{ "\"aud\":\"https://id.example\"", E_UNAUTHENTICATED },
		{ "\"aud\":[\"other\"]", E_UNAUTHENTICATED },
		{ "\"aud\":[]", E_INVALID },
		{ "\"aud\":\"\"", E_INVALID },
		{ "\"aud\":7", E_INVALID },
		{ "\"aud\":[\"" ISS "\",7]", E_INVALID },
		{ "\"aud\":{\"" ISS "\":1}", E_INVALID },
		{ "\"x\":1", E_INVALID },
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		char claims[512];

		(void)snprintf(claims, sizeof(claims), "{" ACCESS_HEAD ",%s," TIMES "}", rows[i].aud);
		cr_assert_eq(offer_access(claims), rows[i].expected, "%s", rows[i].aud);
	}
}

Test(jws, J08_the_issuer_alone_is_the_audience_of_an_assertion)
{
	static const struct {
		const char *aud;
		enum status expected;
	} rows[] = {
		{ "\"" ISS "\"", OK },
		{ "[\"" ISS "\"]", E_UNAUTHENTICATED },
		{ "[\"" ISS "\",\"https://other.example\"]", E_UNAUTHENTICATED },
		{ "\"" ISS "/oauth2/token\"", E_UNAUTHENTICATED },
		{ "\"" ISS "/\"", E_UNAUTHENTICATED },
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		char claims[512];

		(void)snprintf(claims, sizeof(claims),
			       "{\"iss\":\"svc_a\",\"sub\":\"svc_a\",\"jti\":\"j\",\"aud\":%s," TIMES "}", rows[i].aud);
		cr_assert_eq(offer_assertion(claims), rows[i].expected, "%s", rows[i].aud);
	}
}

Test(jws, an_assertion_is_by_about_and_for_one_client_and_short)
{
	EXPECT_OK(offer_assertion(ASSERTION_CLAIMS));
	EXPECT_STATUS(E_UNAUTHENTICATED, offer_assertion("{\"iss\":\"svc_a\",\"sub\":\"svc_b\",\"aud\":\"" ISS
							 "\",\"jti\":\"j\"," TIMES "}"));
	EXPECT_STATUS(E_UNAUTHENTICATED, offer_assertion("{\"iss\":\"svc_b\",\"sub\":\"svc_b\",\"aud\":\"" ISS
							 "\",\"jti\":\"j\"," TIMES "}"));
	EXPECT_STATUS(E_INVALID,
		      offer_assertion("{\"iss\":\"svc_a\",\"sub\":\"svc_a\",\"aud\":\"" ISS "\"," TIMES "}"));
	EXPECT_STATUS(E_UNAUTHENTICATED, offer_assertion("{\"iss\":\"svc_a\",\"sub\":\"svc_a\",\"aud\":\"" ISS
							 "\",\"jti\":\"j\",\"exp\":1800003600}"));
}

Test(jws, J09_the_issuer_is_compared_exactly)
{
	static const char *const issuers[] = { ISS "/", "https://ID.example.org", "http://id.example.org",
					       "https://id.example.org:443", "https://id.example.or" };

	for (size_t i = 0; i < ARRAY_LEN(issuers); i++) {
		char claims[512];

		(void)snprintf(claims, sizeof(claims),
			       "{\"iss\":\"%s\",\"sub\":\"s\",\"jti\":\"j\",\"client_id\":\"c\",\"aud\":\"" ISS
			       "\"," TIMES "}",
			       issuers[i]);
		cr_assert_eq(offer_access(claims), E_UNAUTHENTICATED, "%s", issuers[i]);
	}
}

Test(jws, an_empty_expectation_accepts_nothing)
{
	CLEANUP(maker_clear) struct maker m = maker_new(JWK_ES256);
	struct jws_expect no_issuer = { .aud = STR(ISS), .now_us = NOW_US };
	struct jws_expect no_audience = { .iss = STR(ISS), .now_us = NOW_US };

	EXPECT_STATUS(E_UNAUTHENTICATED, offer(&m, JWS_ACCESS_TOKEN, "at+jwt", ACCESS_CLAIMS, &no_issuer));
	EXPECT_STATUS(E_UNAUTHENTICATED, offer(&m, JWS_ACCESS_TOKEN, "at+jwt", ACCESS_CLAIMS, &no_audience));
	EXPECT_OK(offer(&m, JWS_INTROSPECTED, "at+jwt", ACCESS_CLAIMS, &no_audience));
}

Test(jws, an_expired_id_token_is_still_a_hint)
{
	CLEANUP(maker_clear) struct maker m = maker_new(JWK_RS256);
	struct jws_expect expect = { .iss = STR(ISS), .aud = STR("web"), .now_us = NOW_US };
	static const char *const claims = "{\"iss\":\"" ISS "\",\"sub\":\"s\",\"aud\":\"web\",\"iat\":1,\"exp\":2}";

	EXPECT_OK(offer(&m, JWS_ID_TOKEN_HINT, "JWT", claims, &expect));
	expect.aud = STR("other");
	EXPECT_STATUS(E_UNAUTHENTICATED, offer(&m, JWS_ID_TOKEN_HINT, "JWT", claims, &expect));
	expect.aud = STR("");
	EXPECT_OK(offer(&m, JWS_ID_TOKEN_HINT, "JWT", claims, &expect));
}

Test(jws, J11_signatures_that_are_not_the_canonical_raw_form_are_refused)
{
	CLEANUP(maker_clear) struct maker m = maker_new(JWK_ES256);
	CLEANUP(buf_clear) struct buf input = { 0 };
	CLEANUP(buf_clear) struct buf sig = { 0 };
	unsigned char der[ECDSA_DER_MAX];
	size_t der_n = 0;

	maker_input("{\"typ\":\"at+jwt\",\"alg\":\"ES256\"}", ACCESS_CLAIMS, &input);
	maker_signature(&m, buf_str(&input), &sig);
	EXPECT_OK(ecdsa_raw_to_der(buf_str(&sig), der, &der_n));

	unsigned char zero[64] = { 0 }, r0[64], s0[64], more[65] = { 0 };
	memcpy(r0, sig.p, 64);
	memset(r0, 0, 32);
	memcpy(s0, sig.p, 64);
	memset(s0 + 32, 0, 32);
	memcpy(more, sig.p, 64);
	const struct {
		struct str sig;
		enum status expected;
	} rows[] = {
		{ buf_str(&sig), OK },
		{ str_from(der, der_n), E_INVALID },
		{ str_from(zero, 64), E_UNAUTHENTICATED },
		{ str_from(r0, 64), E_UNAUTHENTICATED },
		{ str_from(s0, 64), E_UNAUTHENTICATED },
		{ str_from(more, 65), E_INVALID },
		{ str_from(sig.p, 63), E_INVALID },
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		CLEANUP(buf_clear) struct buf token = { 0 };

		buf_put(&token, buf_str(&input));
		buf_put_char(&token, '.');
		encode_base64url(&token, rows[i].sig);
		cr_assert_eq(accept_text(&m, buf_str(&token)), rows[i].expected, "row %zu", i);
	}
}

Test(jws, any_changed_byte_is_noticed)
{
	CLEANUP(maker_clear) struct maker m = maker_new(JWK_ES256);
	CLEANUP(buf_clear) struct buf token = { 0 };

	good_token(&m, &token);
	EXPECT_OK(accept_text(&m, buf_str(&token)));
	for (size_t i = 0; i < token.n; i += 7) {
		char was = token.p[i];

		token.p[i] = was == 'A' ? 'B' : 'A';
		cr_assert_neq(accept_text(&m, buf_str(&token)), OK, "byte %zu", i);
		token.p[i] = was;
	}
}

Test(jws, bytes_around_and_between_are_refused)
{
	CLEANUP(maker_clear) struct maker m = maker_new(JWK_ES256);
	CLEANUP(buf_clear) struct buf token = { 0 };
	static const char *const tails[] = { "=", "==", ".", ".AAAA", " ", "\n", "A", "\t", "AAAA" };

	good_token(&m, &token);
	for (size_t i = 0; i < ARRAY_LEN(tails); i++) {
		CLEANUP(buf_clear) struct buf changed = { 0 };

		buf_put(&changed, buf_str(&token));
		buf_put_cstr(&changed, tails[i]);
		cr_assert_eq(accept_text(&m, buf_str(&changed)), E_INVALID, "tail %zu", i);
		buf_reset(&changed);
		buf_put_cstr(&changed, tails[i]);
		buf_put(&changed, buf_str(&token));
		cr_assert_neq(accept_text(&m, buf_str(&changed)), OK, "head %zu", i);
	}
	EXPECT_STATUS(E_INVALID, accept_text(&m, STR("")));
	EXPECT_STATUS(E_INVALID, accept_text(&m, STR("..")));
	EXPECT_STATUS(E_INVALID, accept_text(&m, STR("a.b.c.d.e")));
	EXPECT_STATUS(E_INVALID, accept_text(&m, STR("{\"payload\":\"\",\"signatures\":[]}")));
}

Test(jws, non_canonical_trailing_bits_are_refused)
{
	CLEANUP(maker_clear) struct maker m = maker_new(JWK_ES256);
	CLEANUP(buf_clear) struct buf token = { 0 };
	static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

	good_token(&m, &token);
	/* 64 bytes are 86 characters: the last carries two bits that say nothing. */
	char *last = &token.p[token.n - 1];
	size_t value = (size_t)(strchr(alphabet, *last) - alphabet);
	*last = alphabet[value | 1];
	EXPECT_STATUS(E_INVALID, accept_text(&m, buf_str(&token)));
}

Test(jws, header_and_claims_must_be_strict_json_objects)
{
	CLEANUP(maker_clear) struct maker m = maker_new(JWK_ES256);
	static const char *const headers[] = {
		"{\"typ\":\"at+jwt\",\"alg\":\"ES256\",\"alg\":\"ES256\"}",
		"{\"typ\":\"at+jwt\",\"alg\":\"ES256\"}x",
		"[\"ES256\"]",
		"\"ES256\"",
		"",
		"{\"typ\":\"at+jwt\",\"alg\":\"ES256\",\"a\":\"\\u0000\"}",
		"{\"typ\":\"at+jwt\",\"alg\":\"ES256\",\"a\":\"\xc0\x80\"}",
		"{\"typ\":\"at+jwt\",\"alg\":\"ES256\",\"a\":\"\xff\"}",
	};
	static const char *const claims[] = {
		"{" ACCESS_HEAD ",\"aud\":\"" ISS "\"," TIMES ",\"sub\":\"sub_2\"}",
		"{" ACCESS_HEAD ",\"aud\":\"" ISS "\"," TIMES "} {}",
		"{" ACCESS_HEAD ",\"aud\":\"" ISS "\"," TIMES ",\"x\":{\"y\":1,\"y\":2}}",
		"[]",
		"null",
		"{" ACCESS_HEAD ",\"aud\":\"" ISS "\"," TIMES ",\"x\":1e999}",
		"{" ACCESS_HEAD ",\"aud\":\"" ISS "\"," TIMES ",\"sub\":null}",
		"{" ACCESS_HEAD ",\"aud\":\"" ISS "\"," TIMES ",\"roles\":\"admin\"}",
		"{" ACCESS_HEAD ",\"aud\":\"" ISS "\"," TIMES ",\"act\":[]}",
	};

	for (size_t i = 0; i < ARRAY_LEN(headers); i++)
		cr_assert_eq(offer_header(&m, headers[i]), E_INVALID, "header %zu", i);
	for (size_t i = 0; i < ARRAY_LEN(claims); i++)
		cr_assert_eq(offer_access(claims[i]), E_INVALID, "claims %zu", i);
}

Test(jws, J13_large_and_deep_tokens_are_refused_before_parsing)
{
	CLEANUP(maker_clear) struct maker m = maker_new(JWK_ES256);
	CLEANUP(buf_clear) struct buf big = { .max = (size_t)2 << 20 };
	CLEANUP(buf_clear) struct buf deep = { .max = (size_t)1 << 20 };

	for (size_t i = 0; i < (size_t)1 << 20; i++)
		buf_put_char(&big, 'A');
	EXPECT_STATUS(E_TOO_LARGE, accept_text(&m, buf_str(&big)));
	EXPECT_STATUS(E_TOO_LARGE, accept_text(&m, str_from(big.p, JWS_MAX + 1)));
	EXPECT_STATUS(E_INVALID, accept_text(&m, str_from(big.p, JWS_MAX)));

	buf_put_cstr(&deep, "{" ACCESS_HEAD ",\"aud\":\"" ISS "\"," TIMES ",\"x\":");
	for (int i = 0; i < 1000; i++)
		buf_put_char(&deep, '[');
	for (int i = 0; i < 1000; i++)
		buf_put_char(&deep, ']');
	buf_put_bytes(&deep, "}", 2);
	EXPECT_STATUS(E_INVALID, offer_access(deep.p));
}

Test(jws, J15_an_encrypted_token_is_refused)
{
	CLEANUP(maker_clear) struct maker m = maker_new(JWK_ES256);

	EXPECT_STATUS(E_INVALID, accept_text(&m, STR("eyJhbGciOiJkaXIiLCJlbmMiOiJBMTI4R0NNIn0..AAAA.AAAA.AAAA")));
	EXPECT_STATUS(E_INVALID, offer_header(&m, "{\"typ\":\"at+jwt\",\"alg\":\"ES256\",\"cty\":\"JWT\"}"));
}

Test(jws, J18_another_key_and_an_unknown_kid_are_refused)
{
	CLEANUP(maker_clear) struct maker ours = maker_new(JWK_ES256);
	CLEANUP(maker_clear) struct maker theirs = maker_new(JWK_ES256);
	CLEANUP(buf_clear) struct buf token = { 0 };
	CLEANUP(buf_clear) struct buf header = { 0 };

	good_token(&theirs, &token);
	EXPECT_STATUS(E_UNAUTHENTICATED, accept_text(&ours, buf_str(&token)));
	/* Their signature under our key id. */
	buf_reset(&token);
	maker_header(&ours, "at+jwt", &header);
	maker_token(&theirs, header.p, ACCESS_CLAIMS, &token);
	EXPECT_STATUS(E_UNAUTHENTICATED, accept_text(&ours, buf_str(&token)));
}

Test(jws, a_proof_of_possession_brings_its_key_and_only_it_may)
{
	CLEANUP(maker_clear) struct maker m = maker_new(JWK_ES256);
	CLEANUP(buf_clear) struct buf header = { 0 };
	CLEANUP(buf_clear) struct buf token = { 0 };
	CLEANUP(jws_freep) struct jws *j = NULL;
	struct jws_expect expect = { .now_us = NOW_US };

	buf_put_cstr(&header, "{\"typ\":\"dpop+jwt\",\"alg\":\"ES256\",\"jwk\":");
	jwk_export(m.jwk, &header);
	buf_put_bytes(&header, "}", 2);
	maker_token(&m, header.p, "{\"jti\":\"j\",\"htm\":\"POST\",\"htu\":\"https://a/b\",\"iat\":1800000000}",
		    &token);
	EXPECT_OK(jws_parse(JWS_DPOP, buf_str(&token), &j));
	cr_assert_not_null(jws_header_key(j));
	EXPECT_OK(jws_verify(j, jws_header_key(j)));
	EXPECT_OK(jws_check(j, &expect));
	expect.now_us = NOW_US + 61 * SECOND_US;
	EXPECT_STATUS(E_UNAUTHENTICATED, jws_check(j, &expect));
	cr_assert_null(jws_claims(j));
}

Test(jws, a_proof_without_a_key_or_with_a_private_one_is_refused)
{
	CLEANUP(maker_clear) struct maker m = maker_new(JWK_ES256);
	static const char *const claims = "{\"jti\":\"j\",\"htm\":\"POST\",\"htu\":\"https://a/b\",\"iat\":1800000000}";
	CLEANUP(buf_clear) struct buf none = { 0 };
	CLEANUP(buf_clear) struct buf secret = { 0 };
	struct jws *j = NULL;

	maker_token(&m, "{\"typ\":\"dpop+jwt\",\"alg\":\"ES256\"}", claims, &none);
	EXPECT_STATUS(E_INVALID, jws_parse(JWS_DPOP, buf_str(&none), &j));
	maker_token(&m,
		    "{\"typ\":\"dpop+jwt\",\"alg\":\"ES256\",\"jwk\":{\"kty\":\"EC\",\"crv\":\"P-256\",\"x\":\"AA\","
		    "\"y\":\"AA\",\"d\":\"AA\"}}",
		    claims, &secret);
	EXPECT_STATUS(E_INVALID, jws_parse(JWS_DPOP, buf_str(&secret), &j));
}

/* ---- the cache ---- */

struct cached {
	struct maker m;
	struct jwk_set *keys;
	struct token_cache *cache;
	struct buf token;
};

static struct cached
cached_fixture(size_t most)
{
	struct cached c = { .m = maker_new(JWK_ES256) };

	c.keys = maker_set(&c.m);
	EXPECT_OK(token_cache_new(most, &c.cache));
	good_token(&c.m, &c.token);
	return c;
}

static void
cached_clear(struct cached *c)
{
	maker_clear(&c->m);
	jwk_set_free(c->keys);
	token_cache_free(c->cache);
	buf_clear(&c->token);
}

static enum status
cached_accept(struct cached *c, const struct jwk_set *keys, struct jws_expect expect)
{
	CLEANUP(jws_json_freep) json_t *claims = NULL;

	return token_cache_accept(c->cache, buf_str(&c->token), keys, &expect, &claims);
}

Test(jws, a_cached_token_needs_no_key_until_the_next_epoch)
{
	CLEANUP(cached_clear) struct cached c = cached_fixture(0);
	CLEANUP(jwk_set_freep) struct jwk_set *none = NULL;

	EXPECT_OK(jwk_set_new(&none));
	EXPECT_STATUS(E_UNAUTHENTICATED, cached_accept(&c, none, access_expect));
	EXPECT_OK(cached_accept(&c, c.keys, access_expect));
	EXPECT_OK(cached_accept(&c, none, access_expect));
	token_cache_next_epoch(c.cache);
	EXPECT_STATUS(E_UNAUTHENTICATED, cached_accept(&c, none, access_expect));
}

Test(jws, a_cached_token_expires_and_keeps_its_audience)
{
	CLEANUP(cached_clear) struct cached c = cached_fixture(8);
	CLEANUP(jws_json_freep) json_t *claims = NULL;
	struct jws_expect later = access_expect, elsewhere = access_expect;

	EXPECT_OK(cached_accept(&c, c.keys, access_expect));
	later.now_us += 300 * SECOND_US;
	EXPECT_STATUS(E_EXPIRED, cached_accept(&c, c.keys, later));
	elsewhere.aud = STR("svc:other");
	EXPECT_STATUS(E_UNAUTHENTICATED, cached_accept(&c, c.keys, elsewhere));
	EXPECT_OK(token_cache_introspect(c.cache, buf_str(&c.token), c.keys, &elsewhere, &claims));
}

Test(jws, the_cache_stays_within_its_size)
{
	CLEANUP(cached_clear) struct cached c = cached_fixture(4);

	for (int i = 0; i < 32; i++) {
		buf_reset(&c.token);
		good_token(&c.m, &c.token); /* ECDSA is randomised: another token each time */
		EXPECT_OK(cached_accept(&c, c.keys, access_expect));
		EXPECT_OK(cached_accept(&c, c.keys, access_expect));
	}
	struct token_cache *too_large = NULL;
	EXPECT_STATUS(E_INVALID, token_cache_new(TOKEN_CACHE_MOST + 1, &too_large));
}
