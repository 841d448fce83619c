/*
 * witnessed.h: a log that nobody outside has seen for hours could be rewritten by those who keep it. Until a witness is
 * back there are no new looks at anybody's data; whatever protects people (withdrawing, reading the own accesses,
 * signing out) goes on.
 */
#ifndef AUTHD_AUDIT_WITNESSED_H
#define AUTHD_AUDIT_WITNESSED_H

#include "auditlog/base/status.h"

struct request;

/*
 * First line of every handler that lets a service see or record an access. OK when the log is watched, or need not be;
 * otherwise 503 log_not_witnessed is set as the answer. Costs no question: auditlogd says it once a second (its
 * witness_limit is the time).
 */
MUST_USE enum status witnessed_check(struct request *rq);

#endif
