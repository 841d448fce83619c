/*
 * idtoken.h: ID tokens by libjwt, in authd-keyd only, where the key is. libjwt 1.10 always writes typ "JWT", which is
 * what an ID token is, and reads the PEM at every signature (768 µs with RSA), which one sign-in bears. Nothing from
 * outside ever reaches it: claims are read by jws_json.h first, and what it wrote is read back by jws.h before it
 * leaves.
 */
#ifndef AUTHD_JOSE_IDTOKEN_H
#define AUTHD_JOSE_IDTOKEN_H

#include "authd/jose/jwk.h"

#define IDTOKEN_CLAIMS_MAX ((size_t)5 << 10)

/*
 * Appends the signed token to out. alg is JWK_RS256 or JWK_ES256, pem the private key, published the same key's public
 * half, whose kid goes into the header. E_INVALID: claims are no object of a size; E_CORRUPT: what libjwt wrote does
 * not verify under `published` as an ID token.
 */
MUST_USE enum status
idtoken_sign(enum jwk_alg alg, struct str pem, const struct jwk *published, struct str claims, struct buf *out);

#endif
