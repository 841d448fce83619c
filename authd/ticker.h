/* ticker.h: a thread that does one thing about once a second until it is told to stop. */
#ifndef AUTHD_TICKER_H
#define AUTHD_TICKER_H

#include "auditlog/base/status.h"

struct ticker;

/* Calls tick(ctx) on a thread of its own: the first time after a second, then a second after each end. */
MUST_USE enum status ticker_start(void (*tick)(void *ctx), void *ctx, struct ticker **out);
/* Returns when the running tick has ended. NULL is fine. */
void ticker_stop(struct ticker *t);

#endif
