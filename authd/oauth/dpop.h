/*
 * dpop.h: proofs of possession (RFC 9449): what a request shows to say that it is the holder of a key.
 *
 * A proof is for one method and one address of ours (`htm`, `htu`: compared with the configured public address, never
 * with the Host header), at most 60 s old and at most 10 s ahead, and good once: its `jti` is noted in the
 * database at the token and PAR endpoints (on all nodes exactly one use succeeds), and in this node's memory at
 * resources, where it is bound to the token by `ath` as well (dpop_memory.h says what that holds).
 *
 * At a server with `dpop_nonce: required` a proof must also carry a nonce of ours that is at most two minutes old.
 */
#ifndef AUTHD_OAUTH_DPOP_H
#define AUTHD_OAUTH_DPOP_H

#include "authd/oauth/cnf.h"
#include "authd/store/store_client.h"

struct request;

struct dpop; /* what one node remembers */

MUST_USE enum status dpop_new(struct dpop **out);
void dpop_free(struct dpop *d);

/*
 * At the token endpoint and at PAR, after the client was authenticated: the DPoP header, if there is one. No header:
 * OK and CNF_NONE. E_INVALID with invalid_dpop_proof or use_dpop_nonce (and a DPoP-Nonce header) said. Writes the jti.
 * A fapi client's proof may be ES256, PS256 or EdDSA; so may everybody's.
 */
MUST_USE enum status dpop_accept(struct request *rq, struct cnf *out);

/*
 * What tokens of this request are bound to: the DPoP proof, else the certificate of the connection for a client that
 * authenticates by one (or is registered for certificate-bound tokens), else nothing. A fapi client that shows neither
 * is refused: E_INVALID, invalid_dpop_proof, with the words what to add. Call it once in a token request, before
 * anything is redeemed: an honest client that must come again with a nonce still has its code.
 */
MUST_USE enum status dpop_binding(struct request *rq, const struct store_client *client, struct cnf *out);

/*
 * Authorization code binding (RFC 9449 10): jkt is what PAR or the authorization request noted (dpop_jkt, or the key of
 * the proof at PAR); empty: the code is not bound. E_DENIED with invalid_grant said when the token request's binding is
 * another one or none.
 */
MUST_USE enum status dpop_check_code(struct request *rq, struct str jkt, const struct cnf *shown);

/* What a proof at a resource is for; method NULL: this request itself, at our public address. */
struct dpop_target {
	const char *method; /* "GET" */
	struct str uri;     /* absolute */
};

/*
 * At a resource: the request uses token under the given binding. scheme_is_dpop: it came as `Authorization: DPoP`.
 * E_UNAUTHENTICATED with the challenge said; E_BUSY or E_UNAVAILABLE when it could not be found out. CNF_NONE needs the
 * Bearer scheme, CNF_TLS the Bearer scheme and the certificate, CNF_DPOP the DPoP scheme and one proof for this target
 * with this token's hash.
 */
MUST_USE enum status dpop_check_resource(struct request *rq, const struct dpop_target *target, struct str token,
					 bool scheme_is_dpop, const struct cnf *bound);

/* The challenges of a resource that takes both kinds of token: error and description may be NULL. */
void dpop_challenge(struct request *rq, const char *scheme, const char *error, const char *description);

#endif
