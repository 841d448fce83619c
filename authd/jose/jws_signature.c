#include "authd/jose/jws_signature.h"

#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/rsa.h>

#include "authd/jose/ecdsa_raw.h"

static const struct scheme {
	enum jwk_alg alg;
	size_t least, most; /* bytes of a signature */
	const char *digest; /* NULL: the algorithm hashes by itself */
	bool pss;
} schemes[] = {
	{ JWK_ES256, ECDSA_RAW_LEN, ECDSA_RAW_LEN, "SHA256", false },
	{ JWK_RS256, 256, JWS_SIGNATURE_MAX, "SHA256", false },
	{ JWK_PS256, 256, JWS_SIGNATURE_MAX, "SHA256", true },
	{ JWK_EDDSA, 64, 64, NULL, false },
};

static const struct scheme *
scheme_of(enum jwk_alg alg)
{
	for (size_t i = 0; i < ARRAY_LEN(schemes); i++) {
		if (schemes[i].alg == alg)
			return &schemes[i];
	}
	return NULL;
}

bool
jws_signature_length_fits(enum jwk_alg alg, size_t n)
{
	const struct scheme *s = scheme_of(alg);

	return s != NULL && n >= s->least && n <= s->most;
}

static void
context_freep(EVP_MD_CTX **ctx)
{
	EVP_MD_CTX_free(*ctx);
}

static bool
verify(const struct scheme *s, EVP_PKEY *pkey, struct str bytes, const unsigned char *sig, size_t n)
{
	CLEANUP(context_freep) EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	EVP_PKEY_CTX *params = NULL;

	if (ctx == NULL || EVP_DigestVerifyInit_ex(ctx, &params, s->digest, NULL, NULL, pkey, NULL) != 1)
		return false;
	/* RFC 7518 3.5: MGF1 and salt both as long as SHA-256. */
	if (s->pss && (EVP_PKEY_CTX_set_rsa_padding(params, RSA_PKCS1_PSS_PADDING) != 1 ||
		       EVP_PKEY_CTX_set_rsa_pss_saltlen(params, RSA_PSS_SALTLEN_DIGEST) != 1))
		return false;
	return EVP_DigestVerify(ctx, sig, n, (const unsigned char *)bytes.p, bytes.n) == 1;
}

enum status
jws_signature_verify(enum jwk_alg alg, const struct jwk *key, struct str bytes, struct str signature)
{
	const struct scheme *s = scheme_of(alg);
	const unsigned char *sig = (const unsigned char *)signature.p;
	unsigned char der[ECDSA_DER_MAX];
	size_t n = signature.n;

	/* The key decides: a token cannot make an RSA key verify as something else. */
	if (s == NULL || (jwk_algs(key) & alg) == 0 || !jws_signature_length_fits(alg, n))
		return E_UNAUTHENTICATED;
	if (alg == JWK_ES256) {
		if (ecdsa_raw_to_der(signature, der, &n) != OK)
			return E_UNAUTHENTICATED;
		sig = der;
	}
	bool holds = verify(s, jwk_pkey(key), bytes, sig, n);
	/* What OpenSSL left in this thread's error queue must not be taken for a TLS error later. */
	if (!holds)
		ERR_clear_error();
	return holds ? OK : E_UNAUTHENTICATED;
}
