/* forward.h: the outbox's second chance. A thread that sends again what a crash or a silent log left unsent. */
#ifndef AUTHD_AUDIT_FORWARD_H
#define AUTHD_AUDIT_FORWARD_H

#include "auditlog/base/status.h"

struct authd;
struct forward;

/* Starts the thread, which looks each second for rows older than 2 s. Event ids make sending twice harmless. */
MUST_USE enum status forward_start(struct authd *a, struct forward **out);
void forward_stop(struct forward *f);

#endif
