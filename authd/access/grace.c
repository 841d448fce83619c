#include "authd/access/grace.h"

#include <pthread.h>
#include <stdatomic.h>
#include <time.h>

#include "auditlog/base/clock.h"

/* Decisions under way, by the side that was current when they began. */
static atomic_uint side;
static atomic_long under_way[2];
static pthread_mutex_t waiters = PTHREAD_MUTEX_INITIALIZER;

unsigned
grace_enter(void)
{
	for (;;) {
		unsigned s = atomic_load(&side);

		atomic_fetch_add(&under_way[s], 1);
		/* Between the two lines the side may have turned, and its waiter may have counted already: then begin
		 * again. */
		if (atomic_load(&side) == s)
			return s;
		atomic_fetch_sub(&under_way[s], 1);
	}
}

void
grace_leave(unsigned ticket)
{
	atomic_fetch_sub(&under_way[ticket], 1);
}

static void
pause_a_little(void)
{
	const struct timespec pause = { .tv_nsec = 500 * 1000 };

	nanosleep(&pause, NULL);
}

static enum status
drain(unsigned s, int64_t deadline_us)
{
	while (atomic_load(&under_way[s]) > 0) {
		if (clock_mono_us() > deadline_us)
			return E_TIMEOUT;
		pause_a_little();
	}
	return OK;
}

/* One waiter turns at a time; the others' waiting for it counts, too. */
static enum status
take_turn(int64_t deadline_us)
{
	while (pthread_mutex_trylock(&waiters) != 0) {
		if (clock_mono_us() > deadline_us)
			return E_TIMEOUT;
		pause_a_little();
	}
	return OK;
}

enum status
grace_wait(int64_t timeout_us)
{
	const int64_t deadline = clock_mono_us() + timeout_us;
	enum status st;
	unsigned old;

	TRY(take_turn(deadline));
	old = atomic_load(&side);
	/* 1. What an earlier waiter gave up on may still be on the other side.  2. Turn.  3. What began before the
	 * turn. */
	st = drain(1 - old, deadline);
	if (st == OK) {
		atomic_store(&side, 1 - old);
		st = drain(old, deadline);
	}
	pthread_mutex_unlock(&waiters);
	return st;
}
