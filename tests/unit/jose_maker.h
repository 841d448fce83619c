/*
 * jose_maker.h: keys and tokens for tests, right ones and wrong ones alike: header and claims are whatever text the
 * test gives, so that what no honest signer would write can be signed too.
 */
#ifndef TESTS_UNIT_JOSE_MAKER_H
#define TESTS_UNIT_JOSE_MAKER_H

#include <criterion/criterion.h>
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/rsa.h>
#include <stdlib.h>
#include <string.h>

#include "auditlog/base/encode.h"
#include "authd/jose/ecdsa_raw.h"
#include "authd/jose/jwk_set.h"

#ifndef EXPECT_STATUS
#define EXPECT_STATUS(expected, expr)                                                                                  \
	do {                                                                                                           \
		enum status got_ = (expr);                                                                             \
		cr_assert_eq(got_, (expected), "%s: got %s, expected %s", #expr, status_name(got_),                    \
			     status_name(expected));                                                                   \
	} while (0)
#define EXPECT_OK(expr) EXPECT_STATUS(OK, expr)
#endif

struct maker {
	EVP_PKEY *key;
	enum jwk_alg alg;
	struct jwk *jwk;
};

static UNUSED EVP_PKEY *
maker_key(enum jwk_alg alg)
{
	switch (alg) {
	case JWK_ES256:
		return EVP_EC_gen("P-256");
	case JWK_RS256:
	case JWK_PS256:
		return EVP_RSA_gen(2048);
	case JWK_EDDSA:
		return EVP_PKEY_Q_keygen(NULL, NULL, "ED25519");
	}
	return NULL;
}

static UNUSED struct maker
maker_new(enum jwk_alg alg)
{
	struct maker m = { .key = maker_key(alg), .alg = alg };

	cr_assert_not_null(m.key);
	EXPECT_OK(jwk_from_pkey(m.key, alg, &m.jwk));
	return m;
}

static UNUSED void
maker_clear(struct maker *m)
{
	EVP_PKEY_free(m->key);
	jwk_free(m->jwk);
}

/* Appends the raw signature of text. */
static UNUSED void
maker_signature(const struct maker *m, struct str text, struct buf *out)
{
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	EVP_PKEY_CTX *params = NULL;
	unsigned char sig[1024], raw[ECDSA_RAW_LEN];
	size_t n = sizeof(sig);

	cr_assert_eq(
	    EVP_DigestSignInit_ex(ctx, &params, m->alg == JWK_EDDSA ? NULL : "SHA256", NULL, NULL, m->key, NULL), 1);
	if (m->alg == JWK_PS256) {
		cr_assert_eq(EVP_PKEY_CTX_set_rsa_padding(params, RSA_PKCS1_PSS_PADDING), 1);
		cr_assert_eq(EVP_PKEY_CTX_set_rsa_pss_saltlen(params, RSA_PSS_SALTLEN_DIGEST), 1);
	}
	cr_assert_eq(EVP_DigestSign(ctx, sig, &n, (const unsigned char *)text.p, text.n), 1);
	EVP_MD_CTX_free(ctx);
	if (m->alg == JWK_ES256) {
		EXPECT_OK(ecdsa_raw_from_der(str_from(sig, n), raw));
		buf_put_bytes(out, raw, sizeof(raw));
	} else {
		buf_put_bytes(out, sig, n);
	}
}

/* base64url(header) "." base64url(claims) */
static UNUSED void
maker_input(const char *header, const char *claims, struct buf *out)
{
	encode_base64url(out, str_of(header));
	buf_put_char(out, '.');
	encode_base64url(out, str_of(claims));
}

/* The whole token, with any header. */
static UNUSED void
maker_token(const struct maker *m, const char *header, const char *claims, struct buf *out)
{
	CLEANUP(buf_clear) struct buf sig = { 0 };

	out->max = (size_t)1 << 24;
	maker_input(header, claims, out);
	maker_signature(m, buf_str(out), &sig);
	buf_put_char(out, '.');
	encode_base64url(out, buf_str(&sig));
	EXPECT_OK(buf_status(out));
}

/* {"typ":typ,"alg":<the key's>,"kid":<the key's>}; typ NULL leaves it out. */
static UNUSED void
maker_header(const struct maker *m, const char *typ, struct buf *out)
{
	buf_put_char(out, '{');
	if (typ != NULL)
		buf_printf(out, "\"typ\":\"%s\",", typ);
	buf_printf(out, "\"alg\":\"%s\",\"kid\":\"%.*s\"}", jwk_alg_name(m->alg), STR_ARG(jwk_kid(m->jwk)));
	buf_put_char(out, '\0');
	EXPECT_OK(buf_status(out));
}

/* A set of this one key's public half. */
static UNUSED struct jwk_set *
maker_set(const struct maker *m)
{
	struct jwk_set *set = NULL;
	struct jwk *copy = NULL;

	EXPECT_OK(jwk_set_new(&set));
	EXPECT_OK(jwk_from_pkey(m->key, m->alg, &copy));
	EXPECT_OK(jwk_set_add(set, copy));
	return set;
}

#endif
