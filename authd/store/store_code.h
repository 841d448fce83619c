/* store_code.h: authorization codes, each good once. Effective with a log index only. */
#ifndef AUTHD_STORE_STORE_CODE_H
#define AUTHD_STORE_STORE_CODE_H

#include "authd/store/store.h"

struct store_code {
	struct str code_hash; /* SHA-256 of the code */
	struct str client_id;
	struct str sub;
	struct str sid;
	struct str redirect_uri;
	struct str scope;
	struct str nonce; /* p NULL: none */
	struct str challenge;
	int64_t auth_us;
	int acr;
	struct str amr;
	struct str grant_id;
	int64_t expires_us;
	int64_t used_us;     /* 0: not used */
	struct str details;  /* authorization_details as allowed: canonical JSON array (RFC 9396); p NULL: none */
	struct str dpop_jkt; /* the key that must redeem it (RFC 9449 10); p NULL: any */
	struct str resource; /* audiences asked for, space separated (RFC 8707); p NULL: the issuer */
	struct str event_id;
	int64_t log_index;
	struct store_result *mem;
};

void store_code_clear(struct store_code *c);

MUST_USE enum status store_code_add(struct store_tx *tx, const struct store_code *c);
/*
 * Marks this client's code as used and gives it; expiry, redirect URI and challenge are the caller's to check. Of
 * several at once exactly one gets OK. E_USED: it was used before; *out is filled then too, so that the caller can
 * revoke out->grant_id (RFC 6749 4.1.2). E_NOT_FOUND: unknown, another client's (which consumes nothing), or not in the
 * log yet.
 */
MUST_USE enum status store_code_consume(struct store_tx *tx, struct str code_hash, struct str client_id, int64_t now_us,
					struct store_code *out);
/* Whether this client used the challenge before, among the codes that are still kept. */
MUST_USE enum status
store_code_challenge_seen(struct store *db, struct str client_id, struct str challenge, bool *seen);

#endif
