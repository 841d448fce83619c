#include "authd/oauth/pkce.h"

#include "auditlog/base/encode.h"
#include "auditlog/base/secret.h"
#include "auditlog/core/hash.h"

#define BASE64URL "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"

bool
pkce_is_challenge(struct str s)
{
	unsigned char bytes[32];

	return s.n == 43 && decode_base64url_into(s, bytes, sizeof(bytes)) == OK;
}

bool
pkce_is_verifier(struct str s)
{
	return s.n >= 43 && s.n <= 128 && str_only(s, BASE64URL ".~");
}

enum status
pkce_check(struct str verifier, struct str challenge)
{
	CLEANUP(buf_clear) struct buf made = BUF(64);
	struct hash h;

	if (!pkce_is_verifier(verifier))
		return E_DENIED;
	h = hash_sha256(verifier);
	encode_base64url(&made, str_from(h.b, sizeof(h.b)));
	TRY(buf_status(&made));
	return secret_equal(buf_str(&made), challenge) ? OK : E_DENIED;
}
