/*
 * fiber_pause.h: how a fiber is laid aside and taken up again: what fiber_wait.c is made of. Internal to authd/http;
 *all of it on the loop's thread, but for fiber_posts().
 *
 *	TRY(fiber_pause_before(self, deadline_us, expired, waiting));   the timer first: without it nothing bounds the
 *wait if (nobody came meanwhile) fiber_pause(self);                                      returns when somebody calls
 *fiber_resume(self) fiber_pause_over(self);
 */
#ifndef AUTHD_HTTP_FIBER_PAUSE_H
#define AUTHD_HTTP_FIBER_PAUSE_H

#include "authd/http/fiber.h"
#include "authd/http/post.h"

/*
 * Starts the timer of the running fiber: at deadline_us, or its fiber_limit() before, expired(waiting) is asked whether
 * the fiber goes on. False: somebody else has seen to it. E_NOMEM.
 */
MUST_USE enum status
fiber_pause_before(struct fiber *self, int64_t deadline_us, bool (*expired)(void *waiting), void *waiting);
void fiber_pause(struct fiber *self);
void fiber_pause_over(struct fiber *self);
/* Runs a paused fiber until it ends or pauses again. */
void fiber_resume(struct fiber *f);
/* How other threads reach the loop of f. */
struct post_queue *fiber_posts(const struct fiber *f);

#endif
