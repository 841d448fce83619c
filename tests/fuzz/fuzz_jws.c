/*
 * fuzz_jws.c: the reader of tokens against arbitrary bytes. The first byte chooses the use and how the rest is taken:
 * as the text of a token, or as header, NUL, claims, which are encoded and signed here with a good key, so that the
 * fuzzer gets past the signature.
 *
 * What must hold: a text that was not signed here is never accepted; what is accepted has the claims that its use
 * requires, for our issuer; claims never come out of a token that was not.
 */
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <stdlib.h>
#include <string.h>

#include "auditlog/base/clock.h"
#include "auditlog/base/encode.h"
#include "authd/jose/ecdsa_raw.h"
#include "authd/jose/jws.h"

#define ISS    "https://id.example.org"
#define NOW_US (INT64_C(1800000000) * SECOND_US)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static EVP_PKEY *key;
static struct jwk_set *keys;

static void
must(bool holds)
{
	if (!holds)
		abort();
}

static void
make_key(void)
{
	struct jwk *k = NULL;

	key = EVP_EC_gen("P-256");
	must(key != NULL && jwk_from_pkey(key, JWK_ES256, &k) == OK);
	must(jwk_set_new(&keys) == OK && jwk_set_add(keys, k) == OK);
}

static void
sign(struct str header, struct str claims, struct buf *out)
{
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	unsigned char der[ECDSA_DER_MAX], raw[ECDSA_RAW_LEN];
	size_t n = sizeof(der);

	encode_base64url(out, header);
	buf_put_char(out, '.');
	encode_base64url(out, claims);
	must(EVP_DigestSignInit_ex(ctx, NULL, "SHA256", NULL, NULL, key, NULL) == 1);
	must(EVP_DigestSign(ctx, der, &n, (const unsigned char *)out->p, out->n) == 1);
	EVP_MD_CTX_free(ctx);
	must(ecdsa_raw_from_der(str_from(der, n), raw) == OK);
	buf_put_char(out, '.');
	encode_base64url(out, str_from(raw, sizeof(raw)));
}

/* Through every public function; NULL or what was accepted. */
static struct jws *
offer(enum jws_use use, struct str token)
{
	const struct jws_expect expect = { .iss = STR(ISS), .aud = STR(ISS), .now_us = NOW_US };
	struct jws *parsed = NULL, *accepted = NULL;
	struct str text;

	if (jws_parse(use, token, &parsed) == OK) {
		must(jws_claims(parsed) == NULL);
		must(jws_kid(parsed).n <= JWK_KID_MAX);
		if (jws_unverified(parsed, "iss", &text) == OK)
			must(text.p != NULL);
		if (jws_header_key(parsed) != NULL && jws_verify(parsed, jws_header_key(parsed)) == OK)
			(void)!jws_check(parsed, &expect);
		jws_free(parsed);
	}
	if (jws_accept(use, token, keys, &expect, &accepted) != OK)
		return NULL;
	must(jws_claims(accepted) != NULL);
	return accepted;
}

static void
check_accepted(enum jws_use use, const struct jws *j)
{
	const json_t *claims = jws_claims(j);
	int64_t t = 0;

	if (use == JWS_DPOP) {
		must(json_is_string(json_object_get(claims, "htu")));
		return;
	}
	must(strcmp(json_string_value(json_object_get(claims, "iss")), ISS) == 0);
	must(jws_time_us(j, "exp", &t) == OK);
	must(use == JWS_ID_TOKEN_HINT || t > NOW_US);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	CLEANUP(jws_freep) struct jws *j = NULL;
	struct str in = str_from(data + 1, size > 0 ? size - 1 : 0);

	if (key == NULL)
		make_key();
	if (size == 0)
		return 0;
	enum jws_use use = (enum jws_use)((data[0] & 0x7f) % JWS_USES);
	if ((data[0] & 0x80) == 0) {
		j = offer(use, in);
		must(j == NULL);
		return 0;
	}
	CLEANUP(buf_clear) struct buf token = { 0 };
	size_t cut = str_find_char(in, '\0');
	sign(str_slice(in, 0, cut), str_slice(in, cut + 1, in.n), &token);
	if (buf_status(&token) != OK)
		return 0;
	j = offer(use, buf_str(&token));
	if (j != NULL)
		check_accepted(use, j);
	return 0;
}
