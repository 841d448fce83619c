/*
 * fuzz_jws.c: the reader of tokens against arbitrary bytes. The first byte chooses the use and how the rest is taken:
 * as the text of a token, or as header, NUL, claims, which are encoded and signed here with a good key, so that the
 * fuzzer gets past the signature.
 *
 * What must hold: a text that was not signed here is never accepted; what is accepted has the claims that its use
 * requires, for our issuer; claims never come out of a token that was not.
 */
#include "auditlog/base/clock.h"
#include "authd/jose/jws.h"
#include "tests/fuzz/oracle_jose.h"

#define ISS    "https://id.example.org"
#define NOW_US (INT64_C(1800000000) * SECOND_US)

static struct jwk_set *keys;

static void
make_key(void)
{
	struct jwk *k = NULL;

	must(jwk_from_pkey(oracle_jose_key(), JWK_ES256, &k) == OK);
	must(jwk_set_new(&keys) == OK && jwk_set_add(keys, k) == OK);
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

	if (keys == NULL)
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
	oracle_jose_sign(str_slice(in, 0, cut), str_slice(in, cut + 1, in.n), &token);
	if (buf_status(&token) != OK)
		return 0;
	j = offer(use, buf_str(&token));
	if (j != NULL)
		check_accepted(use, j);
	return 0;
}
