/*
 * freezing.h: "this was not me" (spec/consent.md 5). The signed-in person freezes their account: all their other
 * sessions and sign-ins under way end, every client that was let in loses its access, and the mandates that they gave
 * or hold stand still: nobody acts under them, no token of theirs stands, and consents that were given under them do
 * not permit. What whoever it was may have taken along is good for nothing any more: codes for a power of attorney that
 * nobody used yet, and the list of paper codes for the desk. It holds from the commit on; no decision that had begun
 * before stands behind its entry (auditlog/daemon/fence.h).
 *
 * Thawing takes a sign-in with two factors that began after the freeze, at most FREEZING_FRESH_US ago: who only has a
 * session of before, or a password, cannot. What the other side of a mandate froze stays frozen. Ended sessions and
 * accesses stay ended. Both are entries that the person sees.
 *
 * On a worker.
 */
#ifndef AUTHD_ACCESS_FREEZING_H
#define AUTHD_ACCESS_FREEZING_H

#include "auditlog/base/clock.h"
#include "auditlog/base/status.h"

struct request;

#define FREEZING_FRESH_US (900 * SECOND_US)

/* Again is fine: it begins anew, and so does what thawing needs. */
MUST_USE enum status freezing_begin(struct request *rq);
/* E_DENIED: not signed in so. E_NOT_FOUND: not frozen, or anew meanwhile. */
MUST_USE enum status freezing_end(struct request *rq);

#endif
