/*
 * code.h: authorization codes: 256 random bits, kept as a hash, good for a minute and once. What a code grants is bound
 * to client, redirect URI, PKCE challenge, session, and to what the request named besides: the key of a DPoP proof,
 * resources, authorization details.
 */
#ifndef AUTHD_OAUTH_CODE_H
#define AUTHD_OAUTH_CODE_H

#include "authd/store/store_code.h"

struct request;

#define CODE_LIFE_US (60 * SECOND_US)

/* All borrowed; absent is p == NULL. */
struct code_terms {
	struct str client_id, redirect_uri, scope, nonce, challenge;
	struct str dpop_jkt, resource, details; /* as struct store_code has them */
	unsigned acr;                           /* what the token says; 0: the session's */
	struct str pushed_hash; /* the pushed request that this completes: used up in the same transaction */
	struct str approval; /* fingerprint of what the person has just allowed, to be remembered; empty: not asked */
};

/*
 * Makes a code for the signed-in person; its entry is durable when this returns OK (R1), and that of the approval, when
 * there is one. The code's text is appended. E_USED: the pushed request was completed or expired meanwhile.
 */
MUST_USE enum status code_issue(struct request *rq, const struct code_terms *terms, struct buf *code);

/* What the token endpoint brings. */
struct code_redeem {
	struct str code, client_id, redirect_uri, verifier;
};
/*
 * Takes a code. E_DENIED with invalid_grant said for everything that does not fit (an entry); a code used before also
 * revokes what its first use gave (RFC 6749 4.1.2), with an entry.
 */
MUST_USE enum status code_take(struct request *rq, const struct code_redeem *with, struct store_code *out);

#endif
