/* token_sign.h: a compact JWS of claims under a prepared key (ES256 about 25 µs); no key is ever decoded again. */
#ifndef AUTHD_KEYS_TOKEN_SIGN_H
#define AUTHD_KEYS_TOKEN_SIGN_H

#include "authd/keys/keyring.h"

/* Appends header.claims.signature with the given `typ`, in the key's algorithm. The claims are signed byte for byte. */
MUST_USE enum status
token_sign(const struct keyring_signer *signer, const char *typ, struct str claims, struct buf *out);

#endif
