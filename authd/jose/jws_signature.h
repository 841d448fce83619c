/* jws_signature.h: the signature of a token under one key and one algorithm. */
#ifndef AUTHD_JOSE_JWS_SIGNATURE_H
#define AUTHD_JOSE_JWS_SIGNATURE_H

#include "authd/jose/jwk.h"

#define JWS_SIGNATURE_MAX 1024

/* Whether n bytes can be a signature of this algorithm at all; that of an RSA key is checked again by verifying. */
bool jws_signature_length_fits(enum jwk_alg alg, size_t n);
/* E_UNAUTHENTICATED unless `signature` is alg's signature by key over exactly these bytes. */
MUST_USE enum status
jws_signature_verify(enum jwk_alg alg, const struct jwk *key, struct str bytes, struct str signature);

#endif
