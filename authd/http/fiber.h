/*
 * fiber.h: straight-line code on an event loop.
 *
 * A fiber is a function with a stack of its own that runs on one loop thread. Where it would block it awaits
 * (fiber_wait.h): the loop goes on with other work and resumes it when somebody on any thread wakes what it waits for.
 */
#ifndef AUTHD_HTTP_FIBER_H
#define AUTHD_HTTP_FIBER_H

#include <event2/event.h>
#include <stdbool.h>
#include <stdint.h>

#include "auditlog/base/status.h"

struct fiber;
struct fiber_loop;

typedef void fiber_fn(void *arg);

/*
 * What a loop needs to run fibers: stacks, the queue of the woken, and a wake-up descriptor on base. Made and used on
 * the thread that runs base (it may be made before that thread starts). At most fibers_most at once, 0 = 8192.
 */
MUST_USE enum status fiber_loop_new(struct event_base *base, size_t fibers_most, struct fiber_loop **out);
/* Frees it. E_BUSY while fibers are suspended on it: then nothing is freed, because a waker may still come. */
MUST_USE enum status fiber_loop_free(struct fiber_loop *loop);
/* Fibers that have not ended. Loop thread only. */
size_t fiber_loop_count(const struct fiber_loop *loop);

/* Runs fn(arg) in a new fiber at once, until it ends or first waits. Loop thread only. E_BUSY: too many fibers. */
MUST_USE enum status fiber_spawn(struct fiber_loop *loop, fiber_fn *fn, void *arg);
/* The running fiber, or NULL outside of one. */
struct fiber *fiber_current(void);
/* This thread runs a loop, so that blocking it would stop all of its fibers. */
bool fiber_thread_has_loop(void);
/* Runs fn(arg) on the loop's thread soon, outside any fiber. Any thread. arg is the receiver's. E_NOMEM. */
MUST_USE enum status fiber_post(struct fiber_loop *loop, fiber_fn *fn, void *arg);
/*
 * No wait of the running fiber goes on past this monotonic time, whatever its own deadline says: so that a request of
 * many waits has one end. 0: no limit. It stays until it is set anew; outside of a fiber it does nothing.
 */
void fiber_limit(int64_t limit_us);

#endif
