/*
 * refusals.h: the entries of refused attempts, bounded: an attacker without any rights must not fill the log. The first
 * REFUSALS_PER_SECOND of each second are entries of their own; the others of that second become one entry with a count.
 */
#ifndef AUTHD_AUDIT_REFUSALS_H
#define AUTHD_AUDIT_REFUSALS_H

#include "auditlog/base/status.h"

#define REFUSALS_PER_SECOND 50

struct authd;
struct request;
struct refusals;

MUST_USE enum status refusals_new(struct refusals **out);
void refusals_free(struct refusals *r);

/*
 * Records that this request was refused with st. OK when recorded or counted; otherwise the log could not be written,
 * and the caller answers 503 instead of the refusal.
 */
MUST_USE enum status refusals_record(struct request *rq, enum status st);

#endif
