/*
 * grace.h: the order of decisions and withdrawals in the log. A decision that began before a withdrawal was committed
 * may still end as a permit; its entry must stand before the entry of the withdrawal, so that no replay ever finds a
 * permit behind it. So decisions run between grace_enter() and grace_leave(), and a withdrawal, after its commit and
 * before its entry is sent, waits until those that began earlier have ended. Decisions themselves never wait.
 */
#ifndef AUTHD_ACCESS_GRACE_H
#define AUTHD_ACCESS_GRACE_H

#include <stdint.h>

#include "auditlog/base/status.h"

/* Before the facts are read; hand the result to grace_leave() when the receipt has come or everything failed. */
unsigned grace_enter(void);
void grace_leave(unsigned ticket);
/*
 * Returns when every decision that had begun at the call has ended. Blocks: worker threads only. E_TIMEOUT after
 * timeout_us: then leave the entry to the outbox, which sends it later than any decision can last.
 */
MUST_USE enum status grace_wait(int64_t timeout_us);

#endif
