/*
 * approve.h: whether a person is asked before a client gets anything, and what they are shown.
 *
 * Clients of the bodies that run this installation are let in by the sign-in itself. A client marked as somebody
 * else's (third_party) asks the person once for each set of scopes; authorization_details and prompt=consent always
 * lead to the page. What was allowed is remembered by a fingerprint over scopes and details.
 */
#ifndef AUTHD_OAUTH_APPROVE_H
#define AUTHD_OAUTH_APPROVE_H

#include <stdint.h>

#include "authd/oauth/flow.h"

/* SHA-256 over the scopes, in order of name, and the details as bound. */
MUST_USE enum status approve_fingerprint(const struct flow *f, uint8_t out[32]);
/* The signed-in person must be asked now. */
MUST_USE enum status approve_needed(struct flow *f, bool *needed);
/* The page that asks. */
MUST_USE enum status approve_page(struct flow *f, int http, const char *fault);
/* The lines of such a page: key names the text of a scope, scopes without one are named as they are. NULL: no memory.
 */
json_t *approve_scope_lines(struct str scope);
/* The entry of a no. */
MUST_USE enum status approve_refusal(struct flow *f);
/* Takes back all that a person allowed a client: approvals, grants, tokens; with its entry. */
MUST_USE enum status approve_end(struct request *rq, struct str client_id);

#endif
