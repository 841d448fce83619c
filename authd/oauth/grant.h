/*
 * grant.h: issuing under a grant. Everything that came of one authorization hangs at one grant_id; revoking that row
 * revokes it all. The kinds of grant (code, device, refresh) differ in what they check before; what they do then is the
 * same: the person must still be good, what is asked for must lie within what was granted, and the token is noted under
 * its grant in the transaction that emits its entry.
 */
#ifndef AUTHD_OAUTH_GRANT_H
#define AUTHD_OAUTH_GRANT_H

#include "authd/oauth/token.h"

struct request;
struct store_tx;

#define GRANT_AUDIENCE_MOST ((size_t)4096)

/* An active person whose key is there. E_DENIED with invalid_grant said. */
MUST_USE enum status grant_person(struct request *rq, struct str sub, struct store_person *out);
/* E_NOT_FOUND: the session is over. */
MUST_USE enum status grant_session(struct request *rq, struct str sid);

/* Every word of `asked` is one of `granted`, none twice; asked empty: all of granted. Appends. E_INVALID. */
MUST_USE enum status grant_narrow(struct str granted, struct str asked, struct buf *out);
/*
 * What the request's `resource` (RFC 8707) leaves of the audience that was granted, as far as the client is still
 * registered for it; appends. Both are space separated, empty is our own APIs, which is the issuer and everybody's.
 * E_DENIED with invalid_target said.
 */
MUST_USE enum status
grant_audience(struct request *rq, const struct store_client *client, struct str granted, struct buf *out);
/* The same for a client that nobody granted anything: all that it is registered for. Asked for nothing: our own APIs.
 */
MUST_USE enum status grant_own_audience(struct request *rq, const struct store_client *client, struct buf *out);

/* What else belongs to an issue. */
typedef enum status grant_work(struct store_tx *tx, const struct token_issue *issue, void *arg);
struct grant_also {
	grant_work *work;      /* in the same transaction, again when the database asks for it; NULL: nothing */
	void *arg;             /* of work */
	const char *target;    /* whose row the entry's index goes to (store_outbox.h); NULL: nobody's */
	struct str target_key; /* of that row */
};

/*
 * The middle step of issuing (token.h): notes the token under terms.grant_id (empty: work does) and emits its entry, in
 * one transaction. E_DENIED with invalid_grant said when the grant is revoked; else what work says.
 */
MUST_USE enum status grant_save(struct request *rq, const struct token_issue *issue, const struct grant_also *also);
/* All steps: draft, save, forward, answer. */
MUST_USE enum status grant_issue(struct request *rq, const struct token_terms *terms, const struct grant_also *also);

#endif
