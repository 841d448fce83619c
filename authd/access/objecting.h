/*
 * objecting.h: what a person forbids: one purpose (an objection), or everything (a restriction: GDPR art. 18, the
 * blocking of 152-FZ art. 21). Both stop decisions from the commit on, and no permit is written behind their entry
 * (auditlog/daemon/fence.h). Lifting counts, like a grant, from its entry.
 *
 * All of it runs on a worker (SLOW routes). Blocked for whole is also done by an officer; neither lifts the other's.
 */
#ifndef AUTHD_ACCESS_OBJECTING_H
#define AUTHD_ACCESS_OBJECTING_H

#include "authd/keys/keys.h"

struct request;

#define OBJECTING_REASON_MOST ((size_t)1000)

/*
 * category is empty for all of the purpose. E_INVALID (said in the response): the purpose is not in the policy, does
 * not admit objections (may_object) or does not use the category. Standing already is fine: nothing is written again.
 */
MUST_USE enum status
objecting_set(struct request *rq, const struct keys_person *who, struct str purpose, struct str category);
/* E_NOT_FOUND: there is none. E_UNAVAILABLE: it is still on its way into the log. */
MUST_USE enum status
objecting_lift(struct request *rq, const struct keys_person *who, struct str purpose, struct str category);

/* set_by is STORE_BY_PERSON or STORE_BY_OFFICER. until_us 0: until lifted. Standing already is fine, as above. */
MUST_USE enum status objecting_restrict(struct request *rq, const struct keys_person *who, const char *set_by,
					struct str reason, int64_t until_us);
/* Statuses as objecting_lift(). */
MUST_USE enum status objecting_unrestrict(struct request *rq, const struct keys_person *who, const char *set_by);

#endif
