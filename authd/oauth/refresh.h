/*
 * refresh.h: refresh tokens (RFC 6749 6, RFC 9700 4.14). Opaque: "ort_", the family's handle, 256 secret bits. The
 * database has their hashes only.
 *
 * Clients without credentials of their own get a new one each time (rotation); everybody else keeps the first one,
 * which is bound to the client's authentication (and at fapi clients to a key). Successors are not random: the next
 * token is an HMAC of the one before under authd-keyd's pepper. So a client that lost our answer and comes again within
 * config.refresh.retry_us with the same old token is given exactly the same next one, without that one having been kept
 * anywhere. The same old token later, or any older one, means that two have it: the grant ends (token.reuse_detected).
 *
 * A family ends with its grant, after a silence of idle_us, and for good at expires_us, however often it is used.
 */
#ifndef AUTHD_OAUTH_REFRESH_H
#define AUTHD_OAUTH_REFRESH_H

#include "authd/oauth/token.h"
#include "authd/store/store_refresh.h"

struct request;
struct store_tx;

#define REFRESH_TOKEN_LEN (4 + 22 + 43)

/* A family about to be: made with the first tokens of a grant, when refresh_wanted(). */
struct refresh_fresh {
	struct buf token, handle;
	uint8_t hash[32];
};
void refresh_fresh_clear(struct refresh_fresh *f);

/* offline_access was granted and the client is registered for refresh_token. */
bool refresh_wanted(const struct store_client *client, struct str scope);
MUST_USE enum status refresh_make(struct refresh_fresh *out);
/* Writes the row of a new family under terms->grant_id, in the transaction that emits the entry of the first token. */
MUST_USE enum status
refresh_save(struct request *rq, struct store_tx *tx, const struct refresh_fresh *f, const struct token_issue *issue);

/* grant_type=refresh_token: checks, rotates, issues, answers. */
MUST_USE enum status refresh_grant(struct request *rq, const struct store_client *client);

/*
 * The family of a token that the client may revoke: also by a token that had its time. E_NOT_FOUND: no refresh token of
 * ours, or another client's.
 */
MUST_USE enum status
refresh_of_client(struct request *rq, struct str token, struct str client_id, struct store_refresh *out);

#endif
