#include "authd/http/fiber_wait.h"

#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdlib.h>
#include <time.h>

#include "auditlog/base/clock.h"
#include "authd/http/fiber_pause.h"

/*
 * IDLE: nobody waits yet. WAITING: the waiter is suspended. DONE: woken; final. ABANDONED: the waiter left at its
 * deadline. Whoever moves it out of WAITING resumes the waiter, so it is resumed once.
 */
enum wait_state { WAIT_IDLE, WAIT_WAITING, WAIT_DONE, WAIT_ABANDONED };

struct fiber_wait {
	atomic_uint references;
	atomic_int state;
	enum status result;
	struct fiber *fiber; /* the waiter, or NULL when it is a blocked thread */
	struct post post;    /* how its waker reaches the loop */
	void (*clear)(void *data);
	pthread_mutex_t lock; /* for blocked threads */
	pthread_cond_t woken;
	max_align_t data[];
};

enum status
fiber_wait_new(size_t size, void (*clear)(void *data), struct fiber_wait **out)
{
	struct fiber_wait *w;

	if (size > SIZE_MAX - sizeof(*w))
		return E_TOO_LARGE;
	w = calloc(1, sizeof(*w) + size);
	if (w == NULL)
		return E_NOMEM;
	atomic_init(&w->references, 1);
	atomic_init(&w->state, WAIT_IDLE);
	w->clear = clear;
	pthread_mutex_init(&w->lock, NULL);
	pthread_cond_init(&w->woken, NULL);
	*out = w;
	return OK;
}

struct fiber_wait *
fiber_wait_hold(struct fiber_wait *w)
{
	atomic_fetch_add(&w->references, 1);
	return w;
}

void
fiber_wait_drop(struct fiber_wait *w)
{
	if (w == NULL || atomic_fetch_sub(&w->references, 1) != 1)
		return;
	if (w->clear != NULL)
		w->clear(w->data);
	pthread_cond_destroy(&w->woken);
	pthread_mutex_destroy(&w->lock);
	free(w);
}

void
fiber_wait_dropp(struct fiber_wait **w)
{
	fiber_wait_drop(*w);
}

void *
fiber_wait_data(struct fiber_wait *w)
{
	return w->data;
}

bool
fiber_wait_abandoned(const struct fiber_wait *w)
{
	return atomic_load(&w->state) == WAIT_ABANDONED;
}

/* From IDLE to WAITING; false when the waker was first. */
static bool
start_waiting(struct fiber_wait *w, struct fiber *self)
{
	int idle = WAIT_IDLE;

	w->fiber = self;
	return atomic_compare_exchange_strong(&w->state, &idle, WAIT_WAITING);
}

/* False when the waker was first: its post is on the way. */
static bool
abandon(void *waiting)
{
	struct fiber_wait *w = waiting;
	int from = WAIT_WAITING;

	return atomic_compare_exchange_strong(&w->state, &from, WAIT_ABANDONED);
}

static enum status
await_in_fiber(struct fiber_wait *w, struct fiber *self, int64_t deadline_us)
{
	TRY(fiber_pause_before(self, deadline_us, abandon, w));
	if (start_waiting(w, self))
		fiber_pause(self);
	fiber_pause_over(self);
	return atomic_load(&w->state) == WAIT_ABANDONED ? E_TIMEOUT : w->result;
}

static enum status
await_in_thread(struct fiber_wait *w, int64_t deadline_us)
{
	struct timespec until = { .tv_sec = (time_t)(deadline_us / SECOND_US),
				  .tv_nsec = (long)(deadline_us % SECOND_US) * 1000 };

	if (!start_waiting(w, NULL))
		return w->result;
	pthread_mutex_lock(&w->lock);
	while (atomic_load(&w->state) == WAIT_WAITING)
		if (pthread_cond_clockwait(&w->woken, &w->lock, CLOCK_MONOTONIC, &until) == ETIMEDOUT)
			(void)abandon(w);
	pthread_mutex_unlock(&w->lock);
	return atomic_load(&w->state) == WAIT_ABANDONED ? E_TIMEOUT : w->result;
}

enum status
fiber_await(struct fiber_wait *w, int64_t deadline_us)
{
	struct fiber *self = fiber_current();

	if (self != NULL)
		return await_in_fiber(w, self, deadline_us);
	if (fiber_thread_has_loop())
		return E_SYSTEM;
	return await_in_thread(w, deadline_us);
}

/* On the loop's thread, with the waker's reference. */
static void
resume_woken(void *arg)
{
	struct fiber_wait *w = arg;

	fiber_resume(w->fiber);
	fiber_wait_drop(w);
}

void
fiber_wake(struct fiber_wait *w, enum status st)
{
	w->result = st;
	if (atomic_exchange(&w->state, WAIT_DONE) != WAIT_WAITING) {
		fiber_wait_drop(w);
	} else if (w->fiber != NULL) {
		w->post = (struct post){ .fn = resume_woken, .arg = w };
		post_queue_put(fiber_posts(w->fiber), &w->post);
	} else {
		pthread_mutex_lock(&w->lock);
		pthread_cond_signal(&w->woken);
		pthread_mutex_unlock(&w->lock);
		fiber_wait_drop(w);
	}
}
