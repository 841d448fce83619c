#include "authd/keys/token_sign.h"

#include "auditlog/base/encode.h"
#include "auditlog/core/hash.h"
#include "authd/jose/ecdsa_raw.h"

#define TOKEN_MAX     ((size_t)8 << 10)
#define SIGNATURE_MAX 1024 /* RSA of 8192 bits */

static enum status
put_signed_bytes(const struct keyring_signer *signer, const char *typ, struct str claims, struct buf *out)
{
	CLEANUP(buf_clear) struct buf header = BUF(512);

	buf_printf(&header, "{\"typ\":\"%s\",\"alg\":\"%s\",\"kid\":\"%.*s\"}", typ, jwk_alg_name(signer->alg),
		   STR_ARG(jwk_kid(signer->jwk)));
	TRY(buf_status(&header));
	encode_base64url(out, buf_str(&header));
	buf_put_char(out, '.');
	encode_base64url(out, claims);
	return buf_status(out);
}

/* The key's own form: DER of ECDSA is rewritten to r and s, which JWS wants (RFC 7518 3.4); RSA stays as it is. */
static enum status
sign_digest(const struct keyring_signer *signer, const struct hash *digest, struct buf *out)
{
	unsigned char signature[SIGNATURE_MAX], raw[ECDSA_RAW_LEN];
	size_t n = sizeof(signature);

	if (EVP_PKEY_sign(signer->prepared, signature, &n, digest->b, sizeof(digest->b)) != 1)
		return E_SYSTEM;
	if (signer->alg != JWK_ES256) {
		encode_base64url(out, str_from(signature, n));
		return buf_status(out);
	}
	TRY(ecdsa_raw_from_der(str_from(signature, n), raw));
	encode_base64url(out, str_from(raw, sizeof(raw)));
	return buf_status(out);
}

enum status
token_sign(const struct keyring_signer *signer, const char *typ, struct str claims, struct buf *out)
{
	CLEANUP(buf_clear) struct buf token = BUF(TOKEN_MAX);

	TRY(put_signed_bytes(signer, typ, claims, &token));
	struct hash digest = hash_sha256(buf_str(&token));
	buf_put_char(&token, '.');
	TRY(sign_digest(signer, &digest, &token));
	buf_put(out, buf_str(&token));
	return buf_status(out);
}
