/*
 * refresh.h: refresh tokens (RFC 6749 6, RFC 9700 4.14). Opaque texts (refresh_token.h); the database has their hashes
 * only.
 *
 * Clients without credentials of their own get a new one each time (rotation), bound to their DPoP key if they use one.
 * Everybody else keeps the first one, which is bound to the client's authentication, and for a fapi client to its key.
 *
 * Successors are not random: the next token is an HMAC of the one before under authd-keyd's pepper. So a client that
 * lost our answer and comes again within config.refresh.retry with the same old token is given exactly the same next
 * one, although that one is kept nowhere; neither the database nor the pepper, nor both, are enough to make it. The
 * same old token later, or any older one, means that two have it: the whole grant ends (token.reuse_detected).
 *
 * A family ends with its grant, after a silence, and for good at its absolute end, however often it is used.
 */
#ifndef AUTHD_OAUTH_REFRESH_H
#define AUTHD_OAUTH_REFRESH_H

#include "authd/oauth/grant.h"
#include "authd/store/store_refresh.h"

/*
 * The first tokens of a grant (grant_issue), and a refresh token among them when the scope has offline_access and the
 * client is registered for refresh_token. audience: what was granted; terms->audience may be less.
 */
MUST_USE enum status
refresh_first(struct request *rq, const struct token_terms *terms, struct str audience, const struct grant_also *also);

/* grant_type=refresh_token: checks, rotates, issues, answers. shown: what the request is bound to (dpop_binding). */
MUST_USE enum status refresh_grant(struct request *rq, const struct store_client *client, const struct cnf *shown);

/*
 * The family of a token that the client may revoke, also by a token that had its time. E_NOT_FOUND: no refresh token of
 * ours, or another client's.
 */
MUST_USE enum status
refresh_of_client(struct request *rq, struct str token, struct str client_id, struct store_refresh *out);

#endif
