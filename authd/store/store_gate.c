#include "authd/store/store_gate.h"

#include <pthread.h>
#include <stdbool.h>
#include <time.h>

#include "auditlog/base/clock.h"

struct waiter {
	struct waiter *next;
	pthread_cond_t wake;
	bool admitted;
};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static bool taken;
static struct waiter *first;
static struct waiter **last = &first;

static void
queue_up(struct waiter *w)
{
	pthread_condattr_t monotonic;

	pthread_condattr_init(&monotonic);
	pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
	pthread_cond_init(&w->wake, &monotonic);
	pthread_condattr_destroy(&monotonic);
	*last = w;
	last = &w->next;
}

static void
give_up(const struct waiter *w)
{
	struct waiter **at = &first;

	while (*at != w)
		at = &(*at)->next;
	*at = w->next;
	if (last == &w->next)
		last = at;
}

static enum status
wait_turn(int64_t deadline_us)
{
	struct waiter me = { 0 };
	struct timespec until = { .tv_sec = deadline_us / SECOND_US, .tv_nsec = (deadline_us % SECOND_US) * 1000 };
	int rc = 0;

	queue_up(&me);
	while (!me.admitted && rc == 0)
		rc = pthread_cond_timedwait(&me.wake, &lock, &until);
	if (!me.admitted)
		give_up(&me);
	pthread_cond_destroy(&me.wake);
	return me.admitted ? OK : E_UNAVAILABLE;
}

enum status
store_gate_enter(int64_t deadline_us)
{
	enum status st = OK;

	pthread_mutex_lock(&lock);
	if (!taken)
		taken = true;
	else
		st = wait_turn(deadline_us);
	pthread_mutex_unlock(&lock);
	return st;
}

/* The gate is handed over while it is taken, so that nobody who comes by can slip in before the first in the queue. */
void
store_gate_leave(void)
{
	pthread_mutex_lock(&lock);
	if (first) {
		struct waiter *next = first;
		first = next->next;
		if (!first)
			last = &first;
		next->admitted = true;
		pthread_cond_signal(&next->wake);
	} else {
		taken = false;
	}
	pthread_mutex_unlock(&lock);
}
