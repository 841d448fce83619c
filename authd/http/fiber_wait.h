/*
 * fiber_wait.h: waiting for somebody on another thread. In a fiber the loop goes on meanwhile; the same await called on
 *a thread without a loop (a worker, main) blocks that thread, so code above need not know where it runs.
 *
 * Who may touch what when a deadline passes: the memory that a waker fills belongs to the wait (fiber_wait_data), which
 * is counted. The waiter leaves with E_TIMEOUT and drops its reference; the late waker still has one and fills memory
 * that nobody reads. So never hand a waker a pointer into the waiter's stack.
 *
 *	CLEANUP(fiber_wait_dropp) struct fiber_wait *w = NULL;
 *	TRY(fiber_wait_new(sizeof(struct answer), answer_clear, &w));
 *	st = start(..., on_done, fiber_wait_hold(w));      the waker's reference
 *	if (st != OK) { fiber_wait_drop(w); return st; }   not started: nobody will wake
 *	TRY(fiber_await(w, clock_mono_us() + timeout_us));
 *	use(fiber_wait_data(w));
 */
#ifndef AUTHD_HTTP_FIBER_WAIT_H
#define AUTHD_HTTP_FIBER_WAIT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "auditlog/base/status.h"

struct fiber_wait;

/*
 * A rendezvous of one waiter and one waker, with size zeroed bytes of data between them. The caller gets one reference.
 * clear(data) (may be NULL) runs on whichever thread drops the last one. size may be 0.
 */
MUST_USE enum status fiber_wait_new(size_t size, void (*clear)(void *data), struct fiber_wait **out);
/* One more reference; returns w. */
struct fiber_wait *fiber_wait_hold(struct fiber_wait *w);
void fiber_wait_drop(struct fiber_wait *w);
/* For CLEANUP on a struct fiber_wait *. */
void fiber_wait_dropp(struct fiber_wait **w);
/*
 * The data. Waker: writes until fiber_wake. Waiter: writes before it hands out the waker's reference, reads after
 * fiber_await returned anything but E_TIMEOUT.
 */
void *fiber_wait_data(struct fiber_wait *w);

/*
 * Waits until it is woken or the monotonic time deadline_us has come. Returns the waker's status; E_TIMEOUT when nobody
 * came in time (then hands off the data). A wake that came first is not lost. Once per wait. E_SYSTEM when called on a
 * loop's thread outside a fiber, where waiting would stop the loop.
 */
MUST_USE enum status fiber_await(struct fiber_wait *w, int64_t deadline_us);
/* Wakes the waiter with st; any thread, once. Takes the caller's reference. */
void fiber_wake(struct fiber_wait *w, enum status st);
/* The waiter has gone: what the waker would do is wanted by nobody. */
bool fiber_wait_abandoned(const struct fiber_wait *w);

#endif
