/* store_token.h: which access tokens are revoked, and whether what a token rests on still stands. */
#ifndef AUTHD_STORE_STORE_TOKEN_H
#define AUTHD_STORE_STORE_TOKEN_H

#include "authd/store/store.h"

/* What introspection and every API call ask, in one query. */
struct store_token_facts {
	bool revoked;       /* this jti, or its grant */
	bool session_alive; /* true when no sid was asked about */
	bool client_active;
	bool person_active; /* true when no sub was asked about; an erased person is not active */
};

/* Notes a token of a grant, so that revoking the grant reaches it. E_NOT_FOUND: no such grant. E_USED: it is revoked.
 */
MUST_USE enum status store_token_issued(struct store_tx *tx, struct str jti, struct str grant_id, int64_t expires_us);
/* The same for a token that another one was exchanged for (RFC 8693). E_NOT_FOUND: that one has no
 * grant, or the grant is revoked. */
MUST_USE enum status
store_token_derived(struct store_tx *tx, struct str jti, struct str parent_jti, int64_t expires_us);
/* The grant that a token hangs at, borrowed from *mem. E_NOT_FOUND: none, or the token went long ago. */
MUST_USE enum status
store_token_grant(struct store *db, struct str jti, struct str *grant_id, struct store_result **mem);
/* And every token that this one was exchanged for. Fine when revoked before. */
MUST_USE enum status store_token_revoke(struct store_tx *tx, struct str jti, int64_t expires_us);
/* sid and sub may be empty. */
MUST_USE enum status store_token_facts(struct store *db, struct str jti, struct str sid, struct str client_id,
				       struct str sub, int64_t now_us, struct store_token_facts *out);

#endif
