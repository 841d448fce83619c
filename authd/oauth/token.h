/*
 * token.h: access tokens (RFC 9068) and ID tokens. Nothing is signed before its entry is durable: authd-keyd checks
 * that itself (keys_sign), and the token's jti is the entry's id.
 *
 * Issuing goes in three steps, so that the middle one can be a transaction of the caller's:
 *	token_draft → (append, or emit + commit + forward) → token_sign
 */
#ifndef AUTHD_OAUTH_TOKEN_H
#define AUTHD_OAUTH_TOKEN_H

#include "authd/audit/audit.h"
#include "authd/oauth/cnf.h"
#include "authd/store/store_client.h"
#include "authd/store/store_mandate.h"
#include "authd/store/store_person.h"

struct request;

#define TOKEN_LIFE_S 300

/* What a token says. Borrowed; person NULL: the client on its own account. Empty or zero: not there. */
struct token_terms {
	const struct store_client *client;
	const struct store_person *person;
	struct str scope;
	struct str sid, nonce, amr;
	unsigned acr;
	int64_t auth_us;
	struct cnf cnf;      /* dpop_binding(); token_draft() refuses CNF_NONE for a fapi client */
	struct str audience; /* space separated resources (RFC 8707); empty: our own APIs, which is the issuer */
	const json_t *act;   /* RFC 8693 4.1: who acts for the person */
	struct str authorization_details; /* RFC 9396: the text of a JSON array, checked before; in token and answer */
	struct str grant_id;              /* what the token belongs to: for the caller's store_token_issued() */
	int64_t until_us;                 /* it ends no later than this, besides its usual life; 0: nothing more */
	bool refreshed;                   /* the entry is token.refreshed, and no nonce is repeated */
	const json_t *exchanged; /* the claims of the token it is exchanged for: no role that it has not, and none
				    of another organisation */
	struct str operator_id;  /* who acts for the person, as entries name them; empty: the service alone */
	const struct store_mandate *mandate; /* it is made under: the entry names it, and nobody's roles are in it */
	/* Of the answer only. */
	struct str refresh_token;
	struct str issued_token_type; /* RFC 8693 2.2.1 */
};

struct token_issue {
	struct token_terms terms;
	struct audit_draft draft;
	struct buf claims;  /* of the access token */
	struct buf subject; /* the person as the ID token names them; empty: there will be no ID token */
	int64_t issued_us;
};

/*
 * Fixes what will be issued and drafts its entry. E_INVALID with invalid_dpop_proof said: a fapi client's token that is
 * bound to nothing (FAPI 2.0 5.3.2.1: only sender-constrained tokens). E_DENIED with token_too_large said: its claims
 * are over KEYS_CLAIMS_MAX, or more than PRINCIPAL_ROLES_MOST roles belong in it.
 */
MUST_USE enum status token_draft(struct request *rq, const struct token_terms *terms, struct token_issue *out);
void token_issue_clear(struct token_issue *t);
/* There will be an ID token whose client wants to hear when this session ends (store_logout.h). */
bool token_tells_of_session(const struct token_issue *t);
/* Seconds that the token lives: TOKEN_LIFE_S, or what until_us leaves of them. */
int64_t token_life_s(const struct token_issue *t);
/* Answers with the token response: the access token, and an ID token when the scope has openid and a person is there.
 */
MUST_USE enum status token_answer(struct request *rq, const struct token_issue *t, const struct receipt *receipt);

#endif
