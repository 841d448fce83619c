#include "authd/keys/token_sign.h"

#include "auditlog/base/encode.h"
#include "auditlog/core/hash.h"
#include "authd/jose/ecdsa_raw.h"

#define TOKEN_MAX ((size_t)8 << 10)

static enum status
put_signed_bytes(const struct keyring_signer *signer, const char *typ, struct str claims, struct buf *out)
{
	CLEANUP(buf_clear) struct buf header = BUF(512);

	buf_printf(&header, "{\"typ\":\"%s\",\"alg\":\"ES256\",\"kid\":\"%.*s\"}", typ, STR_ARG(jwk_kid(signer->jwk)));
	TRY(buf_status(&header));
	encode_base64url(out, buf_str(&header));
	buf_put_char(out, '.');
	encode_base64url(out, claims);
	return buf_status(out);
}

static enum status
sign_digest(const struct keyring_signer *signer, const struct hash *digest, unsigned char raw[ECDSA_RAW_LEN])
{
	unsigned char der[ECDSA_DER_MAX];
	size_t n = sizeof(der);

	if (EVP_PKEY_sign(signer->prepared, der, &n, digest->b, sizeof(digest->b)) != 1)
		return E_SYSTEM;
	return ecdsa_raw_from_der(str_from(der, n), raw);
}

enum status
token_sign_es256(const struct keyring_signer *signer, const char *typ, struct str claims, struct buf *out)
{
	CLEANUP(buf_clear) struct buf token = BUF(TOKEN_MAX);
	unsigned char raw[ECDSA_RAW_LEN];

	if (signer->alg != JWK_ES256)
		return E_UNSUPPORTED;
	TRY(put_signed_bytes(signer, typ, claims, &token));
	struct hash digest = hash_sha256(buf_str(&token));
	TRY(sign_digest(signer, &digest, raw));
	buf_put_char(&token, '.');
	encode_base64url(&token, str_from(raw, sizeof(raw)));
	TRY(buf_status(&token));
	buf_put(out, buf_str(&token));
	return buf_status(out);
}
