/*
 * refresh_token.h: what a refresh token is as a text: "ort_", the family's handle (22 characters of base64url), 256
 * secret bits. Which one is good is for refresh.c and the database, which has hashes only.
 */
#ifndef AUTHD_OAUTH_REFRESH_TOKEN_H
#define AUTHD_OAUTH_REFRESH_TOKEN_H

#include "auditlog/core/hash.h"
#include "authd/request.h"

#define REFRESH_TOKEN_PREFIX       "ort_"
#define REFRESH_TOKEN_HANDLE       22
#define REFRESH_TOKEN_SECRET_BYTES 32
#define REFRESH_TOKEN_LEN          (sizeof(REFRESH_TOKEN_PREFIX) - 1 + REFRESH_TOKEN_HANDLE + 43)

struct refresh_token {
	struct buf text;
	struct hash hash;
};
/* Wipes the text. */
void refresh_token_clear(struct refresh_token *t);

MUST_USE enum status
refresh_token_make(struct str handle, const uint8_t secret[REFRESH_TOKEN_SECRET_BYTES], struct refresh_token *out);
/*
 * The one that follows `token`: an HMAC of it under authd-keyd's pepper. Only who has the token, and can ask
 * authd-keyd, can make it; both together always make the same one. E_UNAVAILABLE, E_TIMEOUT: authd-keyd.
 */
MUST_USE enum status
refresh_token_next(struct request *rq, struct str handle, struct str token, struct refresh_token *out);

/* The handle of a text that can be a token; empty when it cannot. Borrows from it. */
struct str refresh_token_handle(struct str token);
/* Whether `stored` is this hash, in constant time. */
bool refresh_token_is(struct str stored, const struct hash *given);

#endif
