/*
 * dpop_proof.h: one DPoP proof against what it should be for (RFC 9449 4.3). Pure: who used it before, and whether the
 * nonce is one of ours, is for dpop.c.
 */
#ifndef AUTHD_OAUTH_DPOP_PROOF_H
#define AUTHD_OAUTH_DPOP_PROOF_H

#include "auditlog/core/hash.h"
#include "authd/oauth/cnf.h"

#define DPOP_PROOF_ALGS "ES256 PS256 EdDSA Ed25519" /* FAPI 2.0 5.4: the strong ones; for everybody */

struct dpop_proof_asked {
	const char *method; /* htm, compared with case */
	struct str uri;     /* htu, by htu_same() */
	struct str token;   /* p NULL: at the token endpoint, where there is none; else `ath` must be its hash */
	int64_t now_us;
};

struct dpop_proof {
	struct cnf cnf;      /* the key that signed it */
	char jti[128 + 1];   /* as sent; at most 128 bytes */
	char nonce[128 + 1]; /* "" when absent */
	int64_t issued_us;   /* iat */
};

/*
 * E_INVALID with *why (constant text, safe for the client) for every defect; E_NOMEM. typ, algorithm, public jwk,
 * signature, htm, htu, iat (60 s back, 10 s ahead), jti and ath are checked.
 */
MUST_USE enum status
dpop_proof_check(struct str text, const struct dpop_proof_asked *asked, struct dpop_proof *out, const char **why);

#endif
