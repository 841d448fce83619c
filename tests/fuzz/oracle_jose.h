/* oracle_jose.h: an ES256 key of this process alone, and tokens of any header and claims signed with it. */
#ifndef TESTS_FUZZ_ORACLE_JOSE_H
#define TESTS_FUZZ_ORACLE_JOSE_H

#include <openssl/ec.h>
#include <openssl/evp.h>

#include "auditlog/base/encode.h"
#include "authd/jose/ecdsa_raw.h"
#include "authd/jose/jwk.h"
#include "tests/fuzz/oracle.h"

static inline EVP_PKEY *
oracle_jose_key(void)
{
	static EVP_PKEY *key;

	if (key == NULL)
		key = EVP_EC_gen("P-256");
	must(key != NULL);
	return key;
}

/* Appends the compact form; buf_status() tells. */
static inline void
oracle_jose_sign(struct str header, struct str claims, struct buf *out)
{
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	unsigned char der[ECDSA_DER_MAX], raw[ECDSA_RAW_LEN];
	size_t n = sizeof(der);

	encode_base64url(out, header);
	buf_put_char(out, '.');
	encode_base64url(out, claims);
	must(EVP_DigestSignInit_ex(ctx, NULL, "SHA256", NULL, NULL, oracle_jose_key(), NULL) == 1);
	must(EVP_DigestSign(ctx, der, &n, (const unsigned char *)out->p, out->n) == 1);
	EVP_MD_CTX_free(ctx);
	must(ecdsa_raw_from_der(str_from(der, n), raw) == OK);
	buf_put_char(out, '.');
	encode_base64url(out, str_from(raw, sizeof(raw)));
}

#endif
