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

/* An active person whose key is there. E_DENIED with invalid_grant said. */
MUST_USE enum status grant_person(struct request *rq, struct str sub, struct store_person *out);
/* The session must still be there: signing out ends what has not been redeemed. E_DENIED with invalid_grant said. */
MUST_USE enum status grant_session(struct request *rq, struct str sid);
bool grant_session_lives(struct request *rq, struct str sid);

/* Every word of `asked` is one of `granted`, none twice; asked empty: all of granted. Appends. E_INVALID. */
MUST_USE enum status grant_narrow(struct str granted, struct str asked, struct buf *out);
/*
 * What the request's `resource` (RFC 8707) leaves of the audience that was granted (space separated, empty: our own
 * APIs, which is the issuer); appends. E_DENIED with invalid_target said.
 */
MUST_USE enum status grant_audience(struct request *rq, struct str granted, struct buf *out);
/* The same for a client on its own account: what it is registered for. */
MUST_USE enum status grant_own_audience(struct request *rq, const struct store_client *client, struct buf *out);

/*
 * Issues what the terms say under terms->grant_id and answers. work (may be NULL) is done in the same transaction,
 * again when the database asks for it. E_DENIED with invalid_grant said when the grant is revoked.
 */
typedef enum status grant_work(struct store_tx *tx, const struct token_issue *issue, void *arg);
MUST_USE enum status grant_issue(struct request *rq, const struct token_terms *terms, grant_work *work, void *arg);

#endif
