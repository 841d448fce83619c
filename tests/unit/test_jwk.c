/* test_jwk.c: which public keys get in, and what comes out again. */
#include "tests/unit/jose_maker.h"

#include <stdio.h>

#include "authd/jose/jws_json.h"

/* RFC 7638 3.1, whose thumbprint the RFC states. */
#define RFC_N                                                                                                          \
	"0vx7agoebGcQSuuPiLJXZptN9nndrQmbXEps2aiAFbWhM78LhWx4cbbfAAtVT86zwu1RK7aPFFxuhDR1L6tSoc_BJECPebWKRXjBZCiFV4n3" \
	"oknjhMstn64tZ_2W-5JsGY4Hc5n9yBXArwl93lqt7_RN5w6Cf0h4QyQ5v-65YGjQR0_FDW2QvzqY368QQMicAtaSqzs8KJZgnYb9c7d0zgdA" \
	"ZHzu6qMQvRL5hajrn1n91CbOpbISD08qNLyrdkt-bFTWhAI4vMQFh6WeZu0fM4lFd2NcRwr3XPksINHaQ-G_xBniIqbw0Ls1jF44-csFCur-" \
	"kEgU8awapJzKnqDKgw"
#define RFC_RSA "\"kty\":\"RSA\",\"n\":\"" RFC_N "\",\"e\":\"AQAB\""

/* RFC 8037 A.2 and A.3. */
#define RFC_ED "\"kty\":\"OKP\",\"crv\":\"Ed25519\",\"x\":\"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo\""

static enum status
import(const char *text, struct jwk **out)
{
	CLEANUP(jws_json_freep) json_t *object = NULL;

	EXPECT_OK(jws_json_object(str_of(text), 1 << 16, &object));
	return jwk_import(object, out);
}

static enum status
import_only(const char *text)
{
	CLEANUP(jwk_freep) struct jwk *k = NULL;

	return import(text, &k);
}

/* The members of a fresh EC key without the closing brace, NUL-terminated. */
static void
ec_members(struct buf *out)
{
	CLEANUP(maker_clear) struct maker m = maker_new(JWK_ES256);

	jwk_export(m.jwk, out);
	out->n--;
	buf_put_char(out, '\0');
	EXPECT_OK(buf_status(out));
}

Test(jwk, thumbprints_are_those_of_the_rfcs)
{
	CLEANUP(jwk_freep) struct jwk *rsa = NULL;
	CLEANUP(jwk_freep) struct jwk *ed = NULL;

	EXPECT_OK(import("{" RFC_RSA ",\"alg\":\"RS256\",\"kid\":\"2011-04-29\"}", &rsa));
	cr_assert(str_is(jwk_thumbprint(rsa), "NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs"));
	cr_assert(str_is(jwk_kid(rsa), "2011-04-29"));
	cr_assert_eq(jwk_algs(rsa), JWK_RS256);
	EXPECT_OK(import("{" RFC_ED "}", &ed));
	cr_assert(str_is(jwk_thumbprint(ed), "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k"));
	cr_assert_eq(jwk_algs(ed), JWK_EDDSA);
	cr_assert_eq(jwk_kid(ed).n, 0);
}

Test(jwk, what_is_exported_is_imported_as_the_same_key)
{
	static const enum jwk_alg algs[] = { JWK_ES256, JWK_RS256, JWK_PS256, JWK_EDDSA };

	for (size_t i = 0; i < ARRAY_LEN(algs); i++) {
		CLEANUP(maker_clear) struct maker m = maker_new(algs[i]);
		CLEANUP(buf_clear) struct buf text = { 0 };
		CLEANUP(jwk_freep) struct jwk *again = NULL;

		jwk_export(m.jwk, &text);
		buf_put_char(&text, '\0');
		EXPECT_OK(import(text.p, &again));
		cr_assert(str_eq(jwk_thumbprint(again), jwk_thumbprint(m.jwk)));
		cr_assert(str_eq(jwk_kid(again), jwk_thumbprint(m.jwk)));
		cr_assert_eq(jwk_algs(again), (unsigned)algs[i]);
		cr_assert_eq(EVP_PKEY_eq(jwk_pkey(again), m.key), 1);
	}
}

Test(jwk, J17_an_export_has_no_private_member)
{
	CLEANUP(maker_clear) struct maker m = maker_new(JWK_RS256);
	CLEANUP(buf_clear) struct buf text = { 0 };
	CLEANUP(jws_json_freep) json_t *object = NULL;
	static const char *const members[] = { "d", "p", "q", "dp", "dq", "qi", "k" };

	jwk_export(m.jwk, &text);
	EXPECT_OK(jws_json_object(buf_str(&text), 1 << 16, &object));
	for (size_t i = 0; i < ARRAY_LEN(members); i++)
		cr_assert_null(json_object_get(object, members[i]));
	cr_assert_str_eq(json_string_value(json_object_get(object, "use")), "sig");
	cr_assert_str_eq(json_string_value(json_object_get(object, "alg")), "RS256");
}

Test(jwk, private_and_symmetric_keys_are_refused)
{
	EXPECT_STATUS(E_DENIED, import_only("{" RFC_ED ",\"d\":\"nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A\"}"));
	EXPECT_STATUS(E_DENIED, import_only("{" RFC_RSA ",\"p\":\"AQ\"}"));
	EXPECT_STATUS(E_DENIED, import_only("{\"kty\":\"oct\",\"k\":\"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\"}"));
}

Test(jwk, J20_weak_keys_are_refused)
{
	EVP_PKEY *small = EVP_RSA_gen(1024);
	struct jwk *k = NULL;

	EXPECT_STATUS(E_INVALID, jwk_from_pkey(small, JWK_RS256, &k));
	EVP_PKEY_free(small);
	EXPECT_OK(import_only("{" RFC_RSA "}"));
	EXPECT_STATUS(E_INVALID, import_only("{\"kty\":\"RSA\",\"n\":\"" RFC_N "\",\"e\":\"AQ\"}"));
	EXPECT_STATUS(E_INVALID, import_only("{\"kty\":\"RSA\",\"n\":\"" RFC_N "\",\"e\":\"Aw\"}"));
	EXPECT_STATUS(E_INVALID, import_only("{\"kty\":\"RSA\",\"n\":\"" RFC_N "\",\"e\":\"AQAA\"}"));
	EXPECT_STATUS(E_INVALID, import_only("{\"kty\":\"RSA\",\"n\":\"" RFC_N "\",\"e\":\"\"}"));
	EXPECT_STATUS(E_INVALID, import_only("{\"kty\":\"RSA\",\"n\":\"" RFC_N "\",\"e\":\"AAEAAQ\"}"));
	EXPECT_STATUS(E_INVALID, import_only("{\"kty\":\"RSA\",\"n\":\"AQAB\",\"e\":\"AQAB\"}"));
}

Test(jwk, other_curves_and_types_are_refused)
{
	EVP_PKEY *p384 = EVP_EC_gen("P-384");
	struct jwk *k = NULL;
	static const char *const keys[] = {
		"{\"kty\":\"EC\",\"crv\":\"P-384\",\"x\":\"AA\",\"y\":\"AA\"}",
		"{\"kty\":\"EC\",\"crv\":\"P-192\",\"x\":\"AA\",\"y\":\"AA\"}",
		"{\"kty\":\"EC\",\"crv\":\"secp256k1\",\"x\":\"AA\",\"y\":\"AA\"}",
		"{\"kty\":\"EC\",\"crv\":\"p-256\",\"x\":\"AA\",\"y\":\"AA\"}",
		"{\"kty\":\"EC\",\"x\":\"AA\",\"y\":\"AA\"}",
		"{\"kty\":\"OKP\",\"crv\":\"X25519\",\"x\":\"AA\"}",
		"{\"kty\":\"OKP\",\"crv\":\"Ed448\",\"x\":\"AA\"}",
		"{\"kty\":\"rsa\",\"n\":\"AQAB\",\"e\":\"AQAB\"}",
		"{" RFC_RSA ",\"alg\":\"RS512\"}",
		"{" RFC_RSA ",\"alg\":\"ES256\"}",
		"{" RFC_RSA ",\"alg\":\"HS256\"}",
		"{" RFC_RSA ",\"alg\":\"none\"}",
	};

	EXPECT_STATUS(E_INVALID, jwk_from_pkey(p384, JWK_ES256, &k));
	EVP_PKEY_free(p384);
	for (size_t i = 0; i < ARRAY_LEN(keys); i++)
		cr_assert_eq(import_only(keys[i]), E_UNSUPPORTED, "%s", keys[i]);
	EXPECT_STATUS(E_INVALID, import_only("{\"kty\":7}"));
	EXPECT_STATUS(E_INVALID, import_only("{}"));
}

Test(jwk, a_point_off_the_curve_is_refused)
{
	CLEANUP(buf_clear) struct buf good = { 0 };

	ec_members(&good);
	/* The first character of y: another value there is on the curve with a chance of one in 2^128. */
	char *y = strstr(good.p, "\"y\":\"") + 5;
	*y = *y == 'A' ? 'B' : 'A';
	good.n--;
	buf_put_bytes(&good, "}", 2);
	EXPECT_STATUS(E_INVALID, import_only(good.p));
	EXPECT_STATUS(E_INVALID, import_only("{\"kty\":\"EC\",\"crv\":\"P-256\","
					     "\"x\":\"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\","
					     "\"y\":\"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\"}"));
}

Test(jwk, coordinates_have_exactly_their_length)
{
	EXPECT_STATUS(E_INVALID, import_only("{\"kty\":\"EC\",\"crv\":\"P-256\",\"x\":\"AA\",\"y\":\"AA\"}"));
	EXPECT_STATUS(E_INVALID, import_only("{\"kty\":\"EC\",\"crv\":\"P-256\"}"));
	EXPECT_STATUS(E_INVALID, import_only("{\"kty\":\"EC\",\"crv\":\"P-256\",\"x\":1,\"y\":2}"));
	EXPECT_STATUS(E_INVALID,
		      import_only("{\"kty\":\"OKP\",\"crv\":\"Ed25519\",\"x\":\"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMl\"}"));
	EXPECT_STATUS(E_INVALID, import_only("{\"kty\":\"OKP\",\"crv\":\"Ed25519\","
					     "\"x\":\"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo=\"}"));
}

Test(jwk, J19_small_order_points_are_refused)
{
	static const char *const points[] = {
		"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA", /* order 4 */
		"AQAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA", /* the neutral element */
		"7P_______________________________________38", /* order 2 */
		"xxdqcD1N2E-6PAt2DRBnDyogU_osOczGTsf9d5KsA3o", /* order 8 */
		"7f_______________________________________38", /* p itself: 0, not canonical */
	};

	for (size_t i = 0; i < ARRAY_LEN(points); i++) {
		char key[256];

		(void)snprintf(key, sizeof(key), "{\"kty\":\"OKP\",\"crv\":\"Ed25519\",\"x\":\"%s\"}", points[i]);
		cr_assert_eq(import_only(key), E_INVALID, "%s", points[i]);
	}
}

Test(jwk, use_operations_and_names_are_checked)
{
	EXPECT_OK(import_only("{" RFC_ED ",\"use\":\"sig\",\"key_ops\":[\"verify\"],\"kid\":\"a/b.c\"}"));
	EXPECT_STATUS(E_INVALID, import_only("{" RFC_ED ",\"use\":\"enc\"}"));
	EXPECT_STATUS(E_INVALID, import_only("{" RFC_ED ",\"use\":1}"));
	EXPECT_STATUS(E_INVALID, import_only("{" RFC_ED ",\"key_ops\":[\"sign\"]}"));
	EXPECT_STATUS(E_INVALID, import_only("{" RFC_ED ",\"kid\":\"\"}"));
	EXPECT_STATUS(E_INVALID, import_only("{" RFC_ED ",\"kid\":\"a\\\"b\"}"));
	EXPECT_STATUS(E_INVALID, import_only("{" RFC_ED ",\"kid\":\"a b\"}"));
	EXPECT_STATUS(E_INVALID, import_only("{" RFC_ED ",\"kid\":5}"));
}

Test(jwk, algorithm_names_are_compared_with_case)
{
	cr_assert_eq(jwk_alg_by_name(STR("ES256")), JWK_ES256);
	cr_assert_eq(jwk_alg_by_name(STR("EdDSA")), JWK_EDDSA);
	cr_assert_eq(jwk_alg_by_name(STR("Ed25519")), JWK_EDDSA, "RFC 9864");
	cr_assert_eq(jwk_alg_by_name(STR("Ed448")), 0);
	cr_assert_str_eq(jwk_alg_name(JWK_EDDSA), "EdDSA");
	cr_assert_eq(jwk_alg_by_name(STR("eddsa")), 0);
	cr_assert_eq(jwk_alg_by_name(STR("none")), 0);
	cr_assert_eq(jwk_alg_by_name(STR("")), 0);
	cr_assert_str_eq(jwk_alg_name(JWK_PS256), "PS256");
}

/* ---- sets ---- */

static enum status
import_set(const char *text, struct jwk_set **out)
{
	return jwk_set_import(str_of(text), out);
}

Test(jwk, a_set_finds_by_kid_and_algorithm)
{
	CLEANUP(jwk_set_freep) struct jwk_set *s = NULL;

	EXPECT_OK(import_set("{\"keys\":[{" RFC_RSA ",\"kid\":\"r\"},{" RFC_ED ",\"kid\":\"e\"}]}", &s));
	cr_assert_eq(jwk_set_count(s), 2);
	cr_assert_eq(jwk_set_find(s, STR("r"), JWK_RS256), jwk_set_at(s, 0));
	cr_assert_eq(jwk_set_find(s, STR("r"), JWK_PS256), jwk_set_at(s, 0));
	cr_assert_eq(jwk_set_find(s, STR("e"), JWK_EDDSA), jwk_set_at(s, 1));
	cr_assert_null(jwk_set_find(s, STR("e"), JWK_RS256));
	cr_assert_null(jwk_set_find(s, STR("E"), JWK_EDDSA));
	cr_assert_null(jwk_set_find(s, STR("r "), JWK_RS256));
	cr_assert_null(jwk_set_at(s, 2));
}

Test(jwk, without_a_kid_only_a_single_fitting_key_is_found)
{
	CLEANUP(jwk_set_freep) struct jwk_set *one = NULL;
	CLEANUP(maker_clear) struct maker a = maker_new(JWK_ES256);
	CLEANUP(maker_clear) struct maker b = maker_new(JWK_ES256);

	one = maker_set(&a);
	cr_assert_not_null(jwk_set_find(one, STR(""), JWK_ES256));
	EXPECT_OK(jwk_set_add(one, b.jwk));
	b.jwk = NULL;
	cr_assert_null(jwk_set_find(one, STR(""), JWK_ES256));
}

Test(jwk, a_set_with_one_bad_key_or_a_doubled_name_is_refused)
{
	struct jwk_set *s = NULL;

	EXPECT_STATUS(E_UNSUPPORTED, import_set("{\"keys\":[{" RFC_ED "},{\"kty\":\"EC\",\"crv\":\"P-521\"}]}", &s));
	EXPECT_STATUS(E_DENIED, import_set("{\"keys\":[{" RFC_ED ",\"d\":\"AA\"}]}", &s));
	EXPECT_STATUS(E_CONFLICT, import_set("{\"keys\":[{" RFC_ED ",\"kid\":\"a\"},{" RFC_ED ",\"kid\":\"a\"}]}", &s));
	EXPECT_STATUS(E_INVALID, import_set("{\"keys\":{}}", &s));
	EXPECT_STATUS(E_INVALID, import_set("{}", &s));
	EXPECT_STATUS(E_INVALID, import_set("[]", &s));
	EXPECT_STATUS(E_INVALID, import_set("{\"keys\":[7]}", &s));
	EXPECT_STATUS(E_INVALID, import_set("{\"keys\":[],\"keys\":[]}", &s));
}

Test(jwk, a_set_has_at_most_sixteen_keys)
{
	CLEANUP(buf_clear) struct buf text = { 0 };
	struct jwk_set *s = NULL;

	buf_put_cstr(&text, "{\"keys\":[{" RFC_ED "}");
	for (int i = 0; i < JWK_SET_KEYS_MAX; i++)
		buf_put_cstr(&text, ",{" RFC_ED "}");
	buf_put_bytes(&text, "]}", 3);
	EXPECT_STATUS(E_TOO_LARGE, import_set(text.p, &s));
}
