/* keyring_manifest.h: keyring.yaml (keyring.h) as a struct, read and written whole. */
#ifndef AUTHD_KEYS_KEYRING_MANIFEST_H
#define AUTHD_KEYS_KEYRING_MANIFEST_H

#include "auditlog/base/conf.h"
#include "authd/jose/jwk.h"
#include "authd/keys/keyring.h"

#define KEYRING_ALGS 3
/* In the order of the choices of `alg`. */
extern const enum jwk_alg keyring_algs[KEYRING_ALGS];

enum keyring_kek_state { KEYRING_KEK_ACTIVE, KEYRING_KEK_RETIRED };

struct keyring_kek_row {
	const char *file;
	int state; /* enum keyring_kek_state */
};

struct keyring_signing_row {
	const char *file;
	int alg;        /* index into keyring_algs */
	int state;      /* enum keyring_state */
	uint64_t until; /* seconds since 1970 at which the state ends; 0: an operator's doing */
};

struct keyring_manifest {
	uint64_t version;
	const char *pepper;
	struct conf_items keks;    /* struct keyring_kek_row */
	struct conf_items signing; /* struct keyring_signing_row */
};

/* The comment and the version, with which the file begins. */
#define keyring_manifest_head                                                                                          \
	"# Which key is for what. States of signing keys: published, active, verify-only, removed;\n"                  \
	"# of key-encryption keys: active, retired. Reload with SIGHUP. authd-keyd writes it when a key is rotated.\n" \
	"version: 1\n"

/* The result borrows from *text. */
MUST_USE enum status
keyring_manifest_read(const char *dir, struct conf **text, struct keyring_manifest *out, struct conf_error *why);
/* Replaces the file as a whole: after a crash there is the old one or the new one. */
MUST_USE enum status keyring_manifest_write(int dirfd, const struct keyring_manifest *m);

#endif
