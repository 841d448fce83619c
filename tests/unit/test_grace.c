/*
 * Plain main, for ThreadSanitizer, which Criterion's forks do not go with. What must hold: a withdrawal waits for every
 * decision that began before it and for none that begins after, so that in the log no permit stands behind it.
 */
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "authd/access/grace.h"

#define LONG_US     INT64_C(60000000)
#define SHORT_US    INT64_C(20000)
#define DECIDERS    3
#define DECISIONS   4000
#define WITHDRAWALS 150

static unsigned passed, failed;

static void
expect(bool holds, const char *claim)
{
	passed += holds;
	failed += !holds;
	if (!holds)
		(void)printf("not so: %s\n", claim);
}

/* ---- one waiter on a thread of its own ---- */

struct waiter {
	pthread_t thread;
	atomic_bool returned;
	enum status st;
};

static void *
wait_long(void *arg)
{
	struct waiter *w = arg;

	w->st = grace_wait(LONG_US);
	atomic_store(&w->returned, true);
	return NULL;
}

static void
waiter_start(struct waiter *w)
{
	atomic_store(&w->returned, false);
	if (pthread_create(&w->thread, NULL, wait_long, w) != 0)
		abort();
}

static enum status
waiter_join(struct waiter *w)
{
	(void)pthread_join(w->thread, NULL);
	return w->st;
}

/* Enters until the ticket is of the other side: then the waiter has turned, and this one began after it. */
static unsigned
enter_behind(unsigned former)
{
	for (;;) {
		unsigned ticket = grace_enter();

		if (ticket != former)
			return ticket;
		grace_leave(ticket);
		(void)sched_yield();
	}
}

static void
nobody_is_not_waited_for(void)
{
	unsigned ticket;

	expect(grace_wait(LONG_US) == OK, "with nobody inside the wait ends");
	ticket = grace_enter();
	grace_leave(ticket);
	expect(grace_wait(LONG_US) == OK, "who has left is not waited for");
	expect(grace_wait(LONG_US) == OK, "waiting twice is waiting twice");
}

static void
an_earlier_decision_is_waited_for_and_a_later_one_is_not(void)
{
	struct waiter w;
	unsigned early = grace_enter(), late;

	waiter_start(&w);
	late = enter_behind(early);
	expect(!atomic_load(&w.returned), "the wait does not end before the earlier one has left");
	grace_leave(early);
	expect(waiter_join(&w) == OK, "the wait ends while a later one is inside");
	grace_leave(late);
	expect(grace_wait(LONG_US) == OK, "and nothing is left over");
}

static void
a_wait_that_gave_up_leaves_its_decision_to_the_next(void)
{
	struct waiter w;
	unsigned stuck = grace_enter();

	expect(grace_wait(SHORT_US) == E_TIMEOUT, "a wait has an end");
	expect(grace_wait(SHORT_US) == E_TIMEOUT, "so has the next");
	waiter_start(&w);
	(void)usleep(20000); /* a wait that is too short would have returned by now */
	expect(!atomic_load(&w.returned), "the one that is stuck is still waited for");
	grace_leave(stuck);
	expect(waiter_join(&w) == OK, "and no longer when it has left");
}

static void
waiters_do_not_wait_for_each_other_for_ever(void)
{
	struct waiter w;
	unsigned stuck = grace_enter(), behind;

	waiter_start(&w);
	behind = enter_behind(stuck);
	expect(grace_wait(SHORT_US) == E_TIMEOUT, "behind a waiter that stands, too, a wait has its end");
	grace_leave(behind);
	grace_leave(stuck);
	expect(waiter_join(&w) == OK, "the first is not disturbed by that");
}

/* ---- what it is for: the order of the log ---- */

static atomic_uint withdrawals; /* committed so far */
static atomic_ulong end_of_log;
static unsigned long place[WITHDRAWALS + 1]; /* of the entry of each withdrawal */

struct decider {
	pthread_t thread;
	unsigned saw[DECISIONS];
	unsigned long at[DECISIONS];
	size_t made;
};

static void *
decide(void *arg)
{
	struct decider *d = arg;

	while (d->made < DECISIONS && atomic_load(&withdrawals) < WITHDRAWALS) {
		unsigned ticket = grace_enter();

		d->saw[d->made] = atomic_load(&withdrawals);
		if (d->made % 7 == 0)
			(void)sched_yield();
		d->at[d->made] = atomic_fetch_add(&end_of_log, 1);
		d->made++;
		grace_leave(ticket);
	}
	return NULL;
}

static size_t
misplaced(const struct decider *d)
{
	size_t count = 0;

	for (size_t i = 0; i < d->made; i++)
		if (d->saw[i] < WITHDRAWALS && d->at[i] > place[d->saw[i] + 1])
			count++;
	return count;
}

static void
no_permit_stands_behind_the_withdrawal_that_it_did_not_see(void)
{
	struct decider *d = calloc(DECIDERS, sizeof(*d));
	bool waited = true;
	size_t wrong = 0;

	if (d == NULL)
		abort();
	for (size_t i = 0; i < DECIDERS; i++)
		if (pthread_create(&d[i].thread, NULL, decide, &d[i]) != 0)
			abort();
	for (unsigned n = 1; n <= WITHDRAWALS; n++) {
		atomic_fetch_add(&withdrawals, 1);
		waited = grace_wait(LONG_US) == OK && waited;
		place[n] = atomic_fetch_add(&end_of_log, 1);
	}
	for (size_t i = 0; i < DECIDERS; i++) {
		(void)pthread_join(d[i].thread, NULL);
		wrong += misplaced(&d[i]);
	}
	free(d);
	expect(waited, "every withdrawal got its turn");
	expect(wrong == 0, "no permit stands behind a withdrawal that it did not see");
}

int
main(void)
{
	nobody_is_not_waited_for();
	an_earlier_decision_is_waited_for_and_a_later_one_is_not();
	a_wait_that_gave_up_leaves_its_decision_to_the_next();
	waiters_do_not_wait_for_each_other_for_ever();
	no_permit_stands_behind_the_withdrawal_that_it_did_not_see();
	(void)printf("%u passed, %u failed\n", passed, failed);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
