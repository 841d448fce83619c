/*
 * jose_verdict.c: what authd/jose says of tokens and signatures, for tests that ask others the same. One JSON object a
 * line on stdin, one word a line on stdout: "ok" or the name of the status.
 *
 *	{"use":"access","keys":{"keys":[…]},"token":"…","iss":"…","aud":"…","now":1800000000}
 *	{"alg":"ES256","key":{…},"bytes":"<base64url>","signature":"<base64url>"}
 */
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>

#include "auditlog/base/attr.h"
#include "auditlog/base/clock.h"
#include "auditlog/base/encode.h"
#include "authd/jose/jws.h"
#include "authd/jose/jws_signature.h"

#define BYTES_MOST ((size_t)1 << 20)

static const struct {
	const char *name;
	enum jws_use use;
} uses[] = {
	{ "access", JWS_ACCESS_TOKEN }, { "assertion", JWS_CLIENT_ASSERTION },
	{ "ticket", JWS_TICKET },       { "hint", JWS_ID_TOKEN_HINT },
	{ "dpop", JWS_DPOP },
};

static struct str
text(const json_t *in, const char *name)
{
	const json_t *v = json_object_get(in, name);

	return str_from(json_string_value(v), json_string_length(v));
}

/* Most questions are about the same keys: those of the last one are kept. */
static enum status
keys_of(const json_t *in, struct jwk_set **out)
{
	static struct jwk_set *kept;
	static json_t *text;
	json_t *keys = json_object_get(in, "keys");

	if (text == NULL || !json_equal(text, keys)) {
		struct jwk_set *fresh = NULL;

		TRY(jwk_set_import_json(keys, &fresh));
		jwk_set_free(kept);
		json_decref(text);
		kept = fresh;
		text = json_incref(keys);
	}
	*out = kept;
	return OK;
}

static enum status
judge_token(const json_t *in)
{
	struct jwk_set *keys = NULL;
	CLEANUP(jws_freep) struct jws *j = NULL;
	struct jws_expect expect = { .iss = text(in, "iss"), .aud = text(in, "aud") };

	expect.now_us = json_integer_value(json_object_get(in, "now")) * SECOND_US;
	TRY(keys_of(in, &keys));
	for (size_t i = 0; i < ARRAY_LEN(uses); i++)
		if (str_is(text(in, "use"), uses[i].name))
			return jws_accept(uses[i].use, text(in, "token"), keys, &expect, &j);
	return E_UNSUPPORTED;
}

static enum status
judge_signature(const json_t *in)
{
	CLEANUP(buf_clear) struct buf bytes = BUF(BYTES_MOST), signature = BUF(BYTES_MOST);
	unsigned alg = jwk_alg_by_name(text(in, "alg"));
	struct jwk *key = NULL;
	enum status st;

	TRY(decode_base64url(text(in, "bytes"), &bytes));
	TRY(decode_base64url(text(in, "signature"), &signature));
	TRY(jwk_import(json_object_get(in, "key"), &key));
	st = (jwk_algs(key) & alg) == 0 ? E_UNSUPPORTED : OK;
	if (st == OK && !jws_signature_length_fits((enum jwk_alg)alg, signature.n))
		st = E_INVALID;
	if (st == OK)
		st = jws_signature_verify((enum jwk_alg)alg, key, buf_str(&bytes), buf_str(&signature));
	jwk_free(key);
	return st;
}

int
main(void)
{
	char *line = NULL;
	size_t room = 0;

	while (getline(&line, &room, stdin) > 0) {
		json_t *in = json_loads(line, JSON_ALLOW_NUL, NULL);
		enum status st = E_INVALID;

		if (in != NULL)
			st = json_object_get(in, "token") != NULL ? judge_token(in) : judge_signature(in);
		printf("%s\n", st == OK ? "ok" : status_name(st));
		json_decref(in);
	}
	free(line);
	return 0;
}
