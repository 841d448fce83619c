/* From an OpenSSL key to a struct jwk: by way of JSON, so that our own keys pass the checks that others' keys pass. */
#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <string.h>

#include "auditlog/base/encode.h"
#include "authd/jose/jwk.h"

static void
number_freep(BIGNUM **n)
{
	BN_free(*n);
}

/* Sets member to the number as base64url, at least width bytes. */
static enum status
put_number(json_t *object, const char *member, EVP_PKEY *key, const char *param, int width)
{
	CLEANUP(number_freep) BIGNUM *n = NULL;
	CLEANUP(buf_clear) struct buf text = { 0 };
	unsigned char bytes[1024];

	if (EVP_PKEY_get_bn_param(key, param, &n) != 1)
		return E_INVALID;
	int len = BN_num_bytes(n) > width ? BN_num_bytes(n) : width;
	if ((size_t)len > sizeof(bytes) || BN_bn2binpad(n, bytes, len) != len)
		return E_TOO_LARGE;
	encode_base64url(&text, str_from(bytes, (size_t)len));
	TRY(buf_status(&text));
	return json_object_set_new(object, member, json_stringn(text.p, text.n)) == 0 ? OK : E_NOMEM;
}

static enum status
put_raw(json_t *object, EVP_PKEY *key)
{
	CLEANUP(buf_clear) struct buf text = { 0 };
	unsigned char bytes[32];
	size_t n = sizeof(bytes);

	if (EVP_PKEY_get_raw_public_key(key, bytes, &n) != 1)
		return E_INVALID;
	encode_base64url(&text, str_from(bytes, n));
	TRY(buf_status(&text));
	return json_object_set_new(object, "x", json_stringn(text.p, text.n)) == 0 ? OK : E_NOMEM;
}

static enum status
put_members(json_t *object, EVP_PKEY *key, enum jwk_alg alg)
{
	switch (alg) {
	case JWK_ES256:
		TRY(put_number(object, "x", key, OSSL_PKEY_PARAM_EC_PUB_X, 32));
		return put_number(object, "y", key, OSSL_PKEY_PARAM_EC_PUB_Y, 32);
	case JWK_RS256:
	case JWK_PS256:
		TRY(put_number(object, "n", key, OSSL_PKEY_PARAM_RSA_N, 0));
		return put_number(object, "e", key, OSSL_PKEY_PARAM_RSA_E, 0);
	case JWK_EDDSA:
		return put_raw(object, key);
	}
	return E_UNSUPPORTED;
}

/* kty and crv by what the key is, not by what the caller wants it to be: the import then refuses a mismatch. */
static json_t *
object_of(EVP_PKEY *key, enum jwk_alg alg)
{
	if (EVP_PKEY_is_a(key, "EC"))
		return json_pack("{ss ss ss}", "kty", "EC", "crv", "P-256", "alg", jwk_alg_name(alg));
	if (EVP_PKEY_is_a(key, "RSA"))
		return json_pack("{ss ss}", "kty", "RSA", "alg", jwk_alg_name(alg));
	if (EVP_PKEY_is_a(key, "ED25519"))
		return json_pack("{ss ss ss}", "kty", "OKP", "crv", "Ed25519", "alg", jwk_alg_name(alg));
	return NULL;
}

enum status
jwk_from_pkey(EVP_PKEY *key, enum jwk_alg alg, struct jwk **out)
{
	CLEANUP(jwk_freep) struct jwk *unnamed = NULL;
	json_t *object = object_of(key, alg);
	enum status st = object != NULL ? put_members(object, key, alg) : E_UNSUPPORTED;

	/* Twice: the thumbprint, which becomes the kid, is known after the first import. */
	if (st == OK)
		st = jwk_import(object, &unnamed);
	if (st == OK &&
	    json_object_set_new(object, "kid", json_stringn(jwk_thumbprint(unnamed).p, jwk_thumbprint(unnamed).n)) != 0)
		st = E_NOMEM;
	if (st == OK)
		st = jwk_import(object, out);
	json_decref(object);
	return st;
}
