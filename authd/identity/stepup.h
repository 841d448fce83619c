/*
 * stepup.h: a request needs a stronger or a fresher sign-in than its token stands for (RFC 9470): the answer says
 * which, so that the client can send the person to sign in again with `acr_values` and `max_age`.
 */
#ifndef AUTHD_IDENTITY_STEPUP_H
#define AUTHD_IDENTITY_STEPUP_H

#include <stdint.h>

#include "auditlog/base/status.h"

struct request;

/*
 * OK when the caller's sign-in has at least this level (1, 2, 3; 0 = any) and, for a person, is at most max_age_s old
 * (0 = any age). Otherwise E_UNAUTHENTICATED with insufficient_user_authentication and the challenge said.
 */
MUST_USE enum status stepup_need(struct request *rq, unsigned acr, int64_t max_age_s);
/* What the table of levels asks of this route when it is used with a person's token or in their session. */
MUST_USE enum status stepup_route(struct request *rq);

#endif
