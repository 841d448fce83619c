/*
 * keyring.h: the keys of authd-keyd on disk and in memory.
 *
 * On disk: a directory (0700) of one file per key (0600) and keyring.yaml, which says what each is for:
 *
 *	version: 1
 *	pepper: pepper.key
 *	keks:
 *	  - {file: kek-1.key, state: active}
 *	signing:
 *	  - {file: es256-1.pem, alg: ES256, state: active}
 *	  - {file: rs256-1.pem, alg: RS256, state: active}
 *	  - {file: ps256-1.pem, alg: PS256, state: active}
 *
 * A signing key goes through four states: `published` (in the JWK Set, so that caches learn it, signs nothing yet),
 * `active` (signs; exactly one per algorithm that there is), `verify-only` (still in the set), `removed` (not read at
 * all). Exactly one key-encryption key is `active`, a `retired` one still opens what it once closed.
 *
 * In memory: everything decoded once at load. A loaded keyring does not change; a reload makes a new one beside it.
 */
#ifndef AUTHD_KEYS_KEYRING_H
#define AUTHD_KEYS_KEYRING_H

#include <openssl/evp.h>

#include "auditlog/base/conf.h"
#include "auditlog/base/secret.h"
#include "auditlog/client/receipt.h"
#include "authd/jose/jwk.h"

#define KEYRING_KEKS_MAX    8
#define KEYRING_SIGNING_MAX 16
#define KEYRING_KEK_ID_LEN  8

enum keyring_state { KEYRING_PUBLISHED, KEYRING_ACTIVE, KEYRING_VERIFY_ONLY, KEYRING_REMOVED };

/* What is encrypted under a key-encryption key; each purpose has a key of its own derived from it. */
enum keyring_purpose { KEYRING_PERSON, KEYRING_TOTP, KEYRING_FIELD, KEYRING_PURPOSES };

/* A signing key made ready. */
struct keyring_signer {
	enum jwk_alg alg;
	enum keyring_state state;
	int64_t until_s;        /* when the state ends, seconds since 1970; 0: not by itself */
	struct jwk *jwk;        /* the public half; its kid is the thumbprint */
	struct secret pem;      /* for libjwt */
	EVP_PKEY_CTX *prepared; /* ready to sign SHA-256 digests again and again; one thread */
};

struct keyring;

/*
 * Reads and checks everything. receipt_key is the file shared with auditlogd. why says what to do about a refusal:
 * E_NOT_FOUND a file is missing, E_DENIED others may read it, E_INVALID content or keyring.yaml are wrong.
 */
MUST_USE enum status
keyring_load(const char *dir, const char *receipt_key, struct keyring **out, struct conf_error *why);
void keyring_free(struct keyring *k);
void keyring_freep(struct keyring **k);

/* The active key of an algorithm. There always is one for ES256 and RS256; NULL for any other without one. */
const struct keyring_signer *keyring_active(const struct keyring *k, enum jwk_alg alg);
/* All that were read, in the order of keyring.yaml. Returns how many. */
size_t keyring_signers(const struct keyring *k, const struct keyring_signer **out);
/* When keyring_rotate_go_on() has something to do, seconds since 1970; INT64_MAX: never. */
int64_t keyring_next_change_s(const struct keyring *k);
/* The JWK Set of what is published, active and verify-only. */
struct str keyring_jwks(const struct keyring *k);
struct str keyring_pepper(const struct keyring *k);
struct receipt_key *keyring_receipt_key(const struct keyring *k);

/* The key to encrypt with now, and its id (KEYRING_KEK_ID_LEN bytes). */
struct str keyring_kek(const struct keyring *k, enum keyring_purpose purpose, struct str *id);
/* The key with this id. E_CORRUPT when the ring has none. */
MUST_USE enum status
keyring_kek_by_id(const struct keyring *k, enum keyring_purpose purpose, struct str id, struct str *key);

#endif
