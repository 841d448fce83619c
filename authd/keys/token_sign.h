/* token_sign.h: a compact JWS of claims under a prepared ES256 key: about 25 µs, no key is ever decoded again. */
#ifndef AUTHD_KEYS_TOKEN_SIGN_H
#define AUTHD_KEYS_TOKEN_SIGN_H

#include "authd/keys/keyring.h"

/* Appends header.claims.signature with the given `typ`. The claims are signed byte for byte. */
MUST_USE enum status
token_sign_es256(const struct keyring_signer *signer, const char *typ, struct str claims, struct buf *out);

#endif
