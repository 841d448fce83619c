/*
 * token.h: access tokens (RFC 9068) and ID tokens. Nothing is signed before its entry is durable: authd-keyd checks
 *that itself (keys_sign), and the token's jti is the entry's id.
 *
 * Issuing goes in three steps, so that the middle one can be a transaction of the caller's:
 *	token_draft → (append, or emit + commit + forward) → token_sign
 */
#ifndef AUTHD_OAUTH_TOKEN_H
#define AUTHD_OAUTH_TOKEN_H

#include "authd/audit/audit.h"
#include "authd/store/store_client.h"
#include "authd/store/store_person.h"

struct request;

#define TOKEN_LIFE_S 300

/* What a token says. Borrowed; person NULL: the client on its own account. */
struct token_terms {
	const struct store_client *client;
	const struct store_person *person;
	struct str scope;
	struct str sid, nonce, amr;
	unsigned acr;
	int64_t auth_us;
};

struct token_issue {
	struct token_terms terms;
	struct audit_draft draft;
	int64_t issued_us;
};

MUST_USE enum status token_draft(struct request *rq, const struct token_terms *terms, struct token_issue *out);
void token_issue_clear(struct token_issue *t);
/* Answers with the token response: the access token, and an ID token when the scope has openid and a person is there.
 */
MUST_USE enum status token_answer(struct request *rq, const struct token_issue *t, const struct receipt *receipt);

#endif
