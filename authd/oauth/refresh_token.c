#include "authd/oauth/refresh_token.h"

#include <string.h>

#include "auditlog/base/encode.h"
#include "auditlog/base/secret.h"

/* HMAC input of a successor: what it is for, then the token before. */
#define SUCCESSOR_LABEL "ombud refresh token successor 1:"

void
refresh_token_clear(struct refresh_token *t)
{
	if (t->text.p != NULL)
		secret_wipe(t->text.p, t->text.n);
	buf_clear(&t->text);
}

enum status
refresh_token_make(struct str handle, const uint8_t secret[REFRESH_TOKEN_SECRET_BYTES], struct refresh_token *out)
{
	out->text = BUF(REFRESH_TOKEN_LEN);
	buf_put_cstr(&out->text, REFRESH_TOKEN_PREFIX);
	buf_put(&out->text, handle);
	encode_base64url(&out->text, str_from(secret, REFRESH_TOKEN_SECRET_BYTES));
	TRY(buf_status(&out->text));
	out->hash = hash_sha256(buf_str(&out->text));
	return OK;
}

bool
refresh_token_is(struct str stored, const struct hash *given)
{
	return stored.n == sizeof(given->b) && secret_equal(stored, hash_str(given));
}

struct str
refresh_token_handle(struct str token)
{
	static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
	const size_t from = sizeof(REFRESH_TOKEN_PREFIX) - 1;

	if (token.n != REFRESH_TOKEN_LEN || !str_starts(token, STR(REFRESH_TOKEN_PREFIX)) || !str_only(token, alphabet))
		return STR("");
	return str_slice(token, from, from + REFRESH_TOKEN_HANDLE);
}

enum status
refresh_token_next(struct request *rq, struct str handle, struct str token, struct refresh_token *out)
{
	CLEANUP(buf_clear) struct buf data = BUF(sizeof(SUCCESSOR_LABEL) + REFRESH_TOKEN_LEN);
	uint8_t secret[KEYS_PEPPER_LEN];
	enum status st;

	_Static_assert(KEYS_PEPPER_LEN == REFRESH_TOKEN_SECRET_BYTES, "an HMAC is a secret");
	buf_put_cstr(&data, SUCCESSOR_LABEL);
	buf_put(&data, token);
	TRY(buf_status(&data));
	st = keys_pepper(rq->authd->keys, buf_str(&data), secret);
	secret_wipe(data.p, data.n);
	if (st == OK)
		st = refresh_token_make(handle, secret, out);
	secret_wipe(secret, sizeof(secret));
	return st;
}
