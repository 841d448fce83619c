/*
 * jwk.h: public keys as JSON (RFC 7517, 7518, 8037): EC P-256, RSA of 2048 to 8192 bits, Ed25519. Decoded and checked
 * once, kept as EVP_PKEY. A key has one algorithm. Private and symmetric keys, unknown curves and weak keys do not get
 * in. A struct jwk never changes after it was made, so threads may share it.
 */
#ifndef AUTHD_JOSE_JWK_H
#define AUTHD_JOSE_JWK_H

#include <jansson.h>
#include <openssl/evp.h>

#include "auditlog/base/buf.h"

/* Algorithms as bits, so that a rule can allow several. There is no "none" and no HMAC. */
enum jwk_alg { JWK_ES256 = 1, JWK_RS256 = 2, JWK_PS256 = 4, JWK_EDDSA = 8 };

#define JWK_KID_MAX        128
#define JWK_THUMBPRINT_LEN 43

struct jwk;

/*
 * Imports one public key. The algorithm is that of its `alg` member; without one an EC key is ES256, an OKP key EdDSA,
 * and an RSA key may verify RS256 and PS256. E_INVALID: malformed, not on the curve, small order, weak (RSA < 2048 bits
 * or e < 65537), `use` other than sig, `kid` over JWK_KID_MAX. E_DENIED: it has a private or symmetric member.
 * E_UNSUPPORTED: key type, curve or algorithm that we do not use.
 */
MUST_USE enum status jwk_import(const json_t *object, struct jwk **out);
/* Takes the public half of an existing key (a new reference) with its one algorithm; kid becomes the thumbprint. */
MUST_USE enum status jwk_from_pkey(EVP_PKEY *key, enum jwk_alg alg, struct jwk **out);
void jwk_free(struct jwk *k);
void jwk_freep(struct jwk **k);

/* Empty when the key came without one. */
struct str jwk_kid(const struct jwk *k);
/* Bits of enum jwk_alg. */
unsigned jwk_algs(const struct jwk *k);
/* RFC 7638 with SHA-256, JWK_THUMBPRINT_LEN characters. */
struct str jwk_thumbprint(const struct jwk *k);
/* Borrowed. */
EVP_PKEY *jwk_pkey(const struct jwk *k);
/* Appends {"kty":…,…,"kid":…,"use":"sig","alg":…}; alg only when the key has exactly one. */
void jwk_export(const struct jwk *k, struct buf *out);

/* The name of exactly one algorithm ("ES256"), and back: compared with case, 0 when unknown. EdDSA has two names, the
 * other one is Ed25519 (RFC 9864). */
const char *jwk_alg_name(enum jwk_alg alg);
unsigned jwk_alg_by_name(struct str name);

#endif
