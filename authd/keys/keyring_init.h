/* keyring_init.h: `authd-keyd --init DIR`: the first keys of an installation. */
#ifndef AUTHD_KEYS_KEYRING_INIT_H
#define AUTHD_KEYS_KEYRING_INIT_H

#include <stdbool.h>

#include "auditlog/base/status.h"
#include "authd/jose/jwk.h"

/*
 * Makes dir (0700) and what is missing in it: a key-encryption key, the pepper, signing keys for ES256, RS256 and
 * PS256, then keyring.yaml. Nothing that exists is ever written over: after a crash in the middle a second call goes
 * on, and with a keyring.yaml in place it does nothing, so a lost key file is never replaced by a fresh one that opens
 * nothing. *created says whether it did anything. E_BUSY when another one is at it.
 */
MUST_USE enum status keyring_init(const char *dir, bool *created);

/* A new private key for the algorithm (RSA takes some tenths of a second) in a file of 0600; replaces what is there. */
MUST_USE enum status keyring_make_signer(int dirfd, const char *name, enum jwk_alg alg);

#endif
