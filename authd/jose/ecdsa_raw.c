#include "authd/jose/ecdsa_raw.h"

#include <openssl/bn.h>
#include <openssl/ec.h>

#define HALF (ECDSA_RAW_LEN / 2)

static void
signature_freep(ECDSA_SIG **sig)
{
	ECDSA_SIG_free(*sig);
}

enum status
ecdsa_raw_from_der(struct str der, unsigned char raw[ECDSA_RAW_LEN])
{
	const unsigned char *p = (const unsigned char *)der.p;
	CLEANUP(signature_freep) ECDSA_SIG *sig = NULL;

	if (der.n > ECDSA_DER_MAX)
		return E_CORRUPT;
	sig = d2i_ECDSA_SIG(NULL, &p, (long)der.n);
	if (sig == NULL || p != (const unsigned char *)der.p + der.n)
		return E_CORRUPT;
	if (BN_bn2binpad(ECDSA_SIG_get0_r(sig), raw, HALF) != HALF ||
	    BN_bn2binpad(ECDSA_SIG_get0_s(sig), raw + HALF, HALF) != HALF)
		return E_CORRUPT;
	return OK;
}

enum status
ecdsa_raw_to_der(struct str raw, unsigned char der[ECDSA_DER_MAX], size_t *n)
{
	CLEANUP(signature_freep) ECDSA_SIG *sig = ECDSA_SIG_new();
	const unsigned char *p = (const unsigned char *)raw.p;

	if (sig == NULL)
		return E_NOMEM;
	if (raw.n != ECDSA_RAW_LEN)
		return E_INVALID;

	BIGNUM *r = BN_bin2bn(p, HALF, NULL);
	BIGNUM *s = BN_bin2bn(p + HALF, HALF, NULL);
	bool usable = r != NULL && s != NULL && !BN_is_zero(r) && !BN_is_zero(s);
	/* From here on the signature owns both. */
	if (!usable || ECDSA_SIG_set0(sig, r, s) != 1) {
		BN_free(r);
		BN_free(s);
		return E_INVALID;
	}

	int len = i2d_ECDSA_SIG(sig, NULL);
	if (len <= 0 || len > ECDSA_DER_MAX)
		return E_INVALID;
	len = i2d_ECDSA_SIG(sig, &der);
	*n = (size_t)len;
	return OK;
}
