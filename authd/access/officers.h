/* officers.h: the privacy officers of an organisation: who hears at once of what happens without consent. */
#ifndef AUTHD_ACCESS_OFFICERS_H
#define AUTHD_ACCESS_OFFICERS_H

#include <jansson.h>

#include "authd/notify/inbox.h"
#include "authd/policy/action.h"

#define OFFICERS_MOST 100 /* of one role, that are told */

/* {sub: true} of whoever effectively holds a role with `break-glass-review` there; the caller's. p may be NULL: nobody.
 */
MUST_USE enum status officers_of(struct store *db, const struct policy *p, struct str organisation, json_t **out);
/* The same of another action. */
MUST_USE enum status
officers_who(struct store *db, const struct policy *p, struct str organisation, enum action act, json_t **out);
/* In the transaction of what they are told of; nobody when there is nobody. */
MUST_USE enum status
officers_tell(struct store_tx *tx, const json_t *officers, enum inbox_kind kind, const struct inbox_refs *refs);

#endif
