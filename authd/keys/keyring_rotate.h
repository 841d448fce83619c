/*
 * keyring_rotate.h: a signing key's way through its states on disk, by itself once it has begun:
 *
 *	begin:     a new key is `published` until a time, so that every cache of the JWK Set has learnt it
 *	then:      it becomes `active` and the one before `verify-only` until a time, so that what it signed still holds
 *	then:      that one is `removed`: its file is unlinked, then its row goes
 *
 * Each step is one replacement of keyring.yaml. A crash anywhere leaves the state before or after a step, and going on
 * finishes it; a key file without a row (a crash between making and naming it) is written over by the next rotation.
 */
#ifndef AUTHD_KEYS_KEYRING_ROTATE_H
#define AUTHD_KEYS_KEYRING_ROTATE_H

#include "auditlog/base/conf.h"
#include "authd/jose/jwk.h"

/*
 * Publishes a new key, to sign wait_s after it was there. Making an RSA key may take seconds on a busy machine: for a
 * thread of its own. E_CONFLICT: one of this algorithm is published already. E_TOO_LARGE: the ring is full; wait
 * until old keys are gone. E_BUSY: somebody else is changing the directory.
 */
MUST_USE enum status keyring_rotate_begin(const char *dir, enum jwk_alg alg, int64_t (*now_us)(void), int64_t wait_s,
					  struct conf_error *why);
/* Does all that is due at now_s. A key that stops signing is kept for keep_s. *changed: the keyring is to be reloaded.
 */
MUST_USE enum status
keyring_rotate_go_on(const char *dir, int64_t now_s, int64_t keep_s, bool *changed, struct conf_error *why);

#endif
