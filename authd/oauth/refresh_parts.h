/* refresh_parts.h: what checking a refresh token (refresh.c) and using it up (refresh_issue.c) share. */
#ifndef AUTHD_OAUTH_REFRESH_PARTS_H
#define AUTHD_OAUTH_REFRESH_PARTS_H

#include "authd/oauth/refresh.h"
#include "authd/oauth/refresh_token.h"

struct refreshing {
	const struct store_client *client;
	const struct cnf *shown; /* the key that the request is bound to */
	struct str token;
	struct hash hash;
	struct store_refresh first;  /* as it was found; the terms borrow from it */
	struct store_refresh family; /* as it is now; the same until somebody else was faster */
	struct store_person person;
	struct buf scope, audience;
	struct refresh_token next; /* of a family that rotates */
	int64_t window_us;         /* how long the token before may come again */
};

/* Uses the token up, whichever way is its own now (refresh_issue.c), and answers with what follows it. */
MUST_USE enum status refresh_issue(struct request *rq, struct refreshing *r, const struct token_terms *terms);

/* The family of r->token, of this client; out is cleared first. E_DENIED, said. */
MUST_USE enum status refresh_find_family(struct request *rq, const struct refreshing *r, struct store_refresh *out);
/* Neither revoked, nor silent for too long, nor at its end. E_DENIED, said. */
MUST_USE enum status refresh_check_life(struct request *rq, const struct store_refresh *family);
/*
 * One answer for whatever is wrong with a token; E_DENIED, because it may be a stolen one: the attempt is an entry.
 * Always fails.
 */
MUST_USE enum status refresh_invalid(struct request *rq);

#endif
