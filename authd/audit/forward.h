/*
 * forward.h: the second chance of what a crash or a silent log cut short: a thread that sends again what is unsent in
 * the outbox and finishes erasures (identity/erasure.h). A row that the log refuses for good is set aside: kept,
 * counted in /metrics, said once, tried again at the next start.
 */
#ifndef AUTHD_AUDIT_FORWARD_H
#define AUTHD_AUDIT_FORWARD_H

#include "auditlog/base/status.h"

struct authd;
struct forward;

/* Starts the thread, which looks each second for rows older than 2 s. Event ids make sending twice harmless. */
MUST_USE enum status forward_start(struct authd *a, struct forward **out);
void forward_stop(struct forward *f);

#endif
