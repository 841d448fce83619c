/* test_idtoken.c: ID tokens by libjwt are what the strict reader takes for ID tokens, and nothing else. */
#include "tests/unit/jose_maker.h"

#include <openssl/bio.h>
#include <openssl/pem.h>

#include "auditlog/base/clock.h"
#include "authd/jose/idtoken.h"
#include "authd/jose/jws.h"

#define ISS "https://id.example.org"
#define CLAIMS                                                                                                         \
	"{\"iss\":\"" ISS "\",\"sub\":\"sub_1\",\"aud\":\"web\",\"iat\":1800000000,\"exp\":1800000300,"                \
	"\"nonce\":\"n\",\"amr\":[\"pwd\",\"otp\"],\"jti\":\"j\"}"

static void
pem_of(const struct maker *m, struct buf *out)
{
	BIO *bio = BIO_new(BIO_s_mem());
	char *text = NULL;

	cr_assert_eq(PEM_write_bio_PKCS8PrivateKey(bio, m->key, NULL, NULL, 0, NULL, NULL), 1);
	long n = BIO_get_mem_data(bio, &text);
	buf_put_bytes(out, text, (size_t)n);
	BIO_free(bio);
	EXPECT_OK(buf_status(out));
}

static void
signs_and_verifies(enum jwk_alg alg)
{
	CLEANUP(maker_clear) struct maker m = maker_new(alg);
	CLEANUP(jwk_set_freep) struct jwk_set *keys = maker_set(&m);
	CLEANUP(buf_clear) struct buf pem = { 0 };
	CLEANUP(buf_clear) struct buf token = { 0 };
	CLEANUP(jws_freep) struct jws *j = NULL;
	struct jws_expect expect = { .iss = STR(ISS), .aud = STR("web"), .now_us = INT64_C(1800000001) * SECOND_US };

	pem_of(&m, &pem);
	EXPECT_OK(idtoken_sign(alg, buf_str(&pem), m.jwk, STR(CLAIMS), &token));
	EXPECT_OK(jws_accept(JWS_ID_TOKEN_HINT, buf_str(&token), keys, &expect, &j));
	cr_assert_eq(jws_alg(j), alg);
	cr_assert(str_eq(jws_kid(j), jwk_kid(m.jwk)));
	cr_assert_eq(json_array_size(json_object_get(jws_claims(j), "amr")), 2);
	cr_assert_eq(json_object_size(jws_claims(j)), 8);
}

Test(idtoken, rs256_and_es256_verify_with_the_published_key)
{
	signs_and_verifies(JWK_RS256);
	signs_and_verifies(JWK_ES256);
}

Test(idtoken, an_id_token_is_no_access_token_and_no_ticket)
{
	CLEANUP(maker_clear) struct maker m = maker_new(JWK_ES256);
	CLEANUP(buf_clear) struct buf pem = { 0 };
	CLEANUP(buf_clear) struct buf token = { 0 };
	struct jws *j = NULL;

	pem_of(&m, &pem);
	EXPECT_OK(idtoken_sign(JWK_ES256, buf_str(&pem), m.jwk, STR(CLAIMS), &token));
	EXPECT_STATUS(E_INVALID, jws_parse(JWS_ACCESS_TOKEN, buf_str(&token), &j));
	EXPECT_STATUS(E_INVALID, jws_parse(JWS_TICKET, buf_str(&token), &j));
}

Test(idtoken, a_key_that_is_not_the_published_one_is_noticed)
{
	CLEANUP(maker_clear) struct maker ours = maker_new(JWK_ES256);
	CLEANUP(maker_clear) struct maker other = maker_new(JWK_ES256);
	CLEANUP(maker_clear) struct maker rsa = maker_new(JWK_RS256);
	CLEANUP(buf_clear) struct buf pem = { 0 };
	CLEANUP(buf_clear) struct buf token = { 0 };

	pem_of(&ours, &pem);
	EXPECT_STATUS(E_CORRUPT, idtoken_sign(JWK_ES256, buf_str(&pem), other.jwk, STR(CLAIMS), &token));
	cr_assert_eq(token.n, 0);
	cr_assert_neq(idtoken_sign(JWK_RS256, buf_str(&pem), rsa.jwk, STR(CLAIMS), &token), OK);
	cr_assert_eq(token.n, 0);
}

Test(idtoken, claims_that_libjwt_would_take_and_we_do_not)
{
	CLEANUP(maker_clear) struct maker m = maker_new(JWK_ES256);
	CLEANUP(buf_clear) struct buf pem = { 0 };
	CLEANUP(buf_clear) struct buf token = { 0 };
	CLEANUP(buf_clear) struct buf large = { 0 };

	pem_of(&m, &pem);
	EXPECT_STATUS(E_INVALID, idtoken_sign(JWK_ES256, buf_str(&pem), m.jwk,
					      STR("{\"iss\":\"a\",\"iss\":\"b\",\"sub\":\"s\",\"aud\":\"c\",\"iat\":1,"
						  "\"exp\":2}"),
					      &token));
	EXPECT_STATUS(E_INVALID, idtoken_sign(JWK_ES256, buf_str(&pem), m.jwk, STR("[]"), &token));
	/* No iss: the reader would not take it, so it does not leave. */
	EXPECT_STATUS(E_CORRUPT, idtoken_sign(JWK_ES256, buf_str(&pem), m.jwk, STR("{\"sub\":\"s\"}"), &token));
	for (size_t i = 0; i <= IDTOKEN_CLAIMS_MAX; i++)
		buf_put_char(&large, ' ');
	EXPECT_STATUS(E_TOO_LARGE, idtoken_sign(JWK_ES256, buf_str(&pem), m.jwk, buf_str(&large), &token));
	EXPECT_STATUS(E_UNSUPPORTED, idtoken_sign(JWK_PS256, buf_str(&pem), m.jwk, STR(CLAIMS), &token));
	cr_assert_eq(token.n, 0);
}
