/*
 * acting.h: a representative acts for somebody. They sign in as themselves and choose on /representatives for whom;
 * from then on their session shows and does what concerns that person, on the routes that acting.c names and on no
 * other: rq->who is the represented person (sub, key), and rq->who.mandate says who acts, under what. Everything that
 * is shown or done so is an entry that names both, before it leaves (R1).
 *
 * A form belongs to the context that it was drawn in: its token is made of the session's and the mandate's, so a form
 * of one person, sent while acting for another or for nobody, does nothing.
 */
#ifndef AUTHD_IDENTITY_ACTING_H
#define AUTHD_IDENTITY_ACTING_H

#include <stdbool.h>

#include "auditlog/base/status.h"
#include "auditlog/base/str.h"

struct request;

/*
 * After the session was found: takes on the person that this session acts for, where the route has a row for it.
 * E_DENIED: not on this route (acting_not_allowed), or the mandate does not allow it or holds no longer
 * (representative_invalid). E_UNAUTHENTICATED with a redirect noted: a page to look at instead.
 */
MUST_USE enum status acting_take_on(struct request *rq);

/*
 * After a token was accepted that was made under a mandate (oauth/represent.h): the same, by the token's mandate.
 * Without it nothing: an acting token whose mandate is not found is good for nothing. Statuses as acting_take_on().
 */
MUST_USE enum status acting_take_on_token(struct request *rq);

/*
 * The person of a token asks about `sub`, whom they represent: takes that person on, as a session does, under a mandate
 * that holds now and allows `action` (mandate.h). Nothing is on record yet: that is the handler's, fenced by
 * rq->who.seen and the mandate's end, before it shows anything. E_DENIED: there is no such mandate, or no such person.
 */
MUST_USE enum status acting_represent(struct request *rq, struct str sub, unsigned action);

/* Whether this request may know of the purpose: always, unless it acts under a mandate for others. */
bool acting_covers(const struct request *rq, struct str purpose);
/* All purposes: for what cannot be shown in part. */
bool acting_covers_all(const struct request *rq);
/* Those purposes with a space between; "": all. For lists, whose pages and cursors must not tell of others. */
struct str acting_themes(const struct request *rq);

#endif
