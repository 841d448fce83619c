/* test_fiber.c: fibers wait without stopping their loop, are woken from anywhere, and leave nothing dangling. */
#include <criterion/criterion.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <unistd.h>

#include "auditlog/base/clock.h"
#include "authd/http/fiber.h"
#include "authd/http/fiber_wait.h"

struct fixture {
	struct event_base *base;
	struct fiber_loop *loop;
};

static struct fixture
fixture(size_t most)
{
	struct fixture f = { .base = event_base_new() };

	cr_assert_not_null(f.base);
	cr_assert_eq(fiber_loop_new(f.base, most, &f.loop), OK);
	return f;
}

/* Runs the loop until no fiber is left. */
static void
run_to_end(struct fixture *f)
{
	while (fiber_loop_count(f->loop) > 0)
		event_base_loop(f->base, EVLOOP_ONCE);
}

static void
end(struct fixture *f)
{
	cr_assert_eq(fiber_loop_free(f->loop), OK);
	event_base_free(f->base);
}

static atomic_int cleared;

static void
count_clear(void *data)
{
	(void)data;
	atomic_fetch_add(&cleared, 1);
}

static struct fiber_wait *
new_wait(size_t size)
{
	struct fiber_wait *w = NULL;

	cr_assert_eq(fiber_wait_new(size, count_clear, &w), OK);
	return w;
}

struct waiter {
	struct fiber_wait *w;
	int64_t timeout_us;
	enum status result;
	int seen;
	bool done;
};

static void
wait_for_it(void *arg)
{
	struct waiter *me = arg;

	me->result = fiber_await(me->w, clock_mono_us() + me->timeout_us);
	if (me->result == OK)
		me->seen = *(int *)fiber_wait_data(me->w);
	fiber_wait_drop(me->w);
	me->done = true;
}

static void *
wake_later(void *arg)
{
	struct fiber_wait *w = arg;

	usleep(5000);
	*(int *)fiber_wait_data(w) = 42;
	fiber_wake(w, OK);
	return NULL;
}

Test(fiber, runs_at_once_and_ends)
{
	struct fixture f = fixture(0);
	struct waiter me = { .w = new_wait(sizeof(int)), .timeout_us = SECOND_US };

	*(int *)fiber_wait_data(me.w) = 7;
	fiber_wake(fiber_wait_hold(me.w), OK);
	cr_assert_eq(fiber_spawn(f.loop, wait_for_it, &me), OK);
	cr_expect(me.done, "a wake that came first is not lost");
	cr_expect_eq(me.seen, 7);
	cr_expect_null(fiber_current());
	end(&f);
	cr_expect_eq(cleared, 1);
}

Test(fiber, is_woken_from_another_thread)
{
	struct fixture f = fixture(0);
	struct waiter me = { .w = new_wait(sizeof(int)), .timeout_us = 10 * SECOND_US };
	pthread_t other;

	cr_assert_eq(pthread_create(&other, NULL, wake_later, fiber_wait_hold(me.w)), 0);
	cr_assert_eq(fiber_spawn(f.loop, wait_for_it, &me), OK);
	run_to_end(&f);
	pthread_join(other, NULL);
	cr_expect_eq(me.result, OK);
	cr_expect_eq(me.seen, 42);
	end(&f);
	cr_expect_eq(cleared, 1);
}

Test(fiber, gives_up_at_its_deadline_and_a_late_wake_harms_nobody)
{
	struct fixture f = fixture(0);
	struct fiber_wait *w = new_wait(sizeof(int));
	struct waiter me = { .w = fiber_wait_hold(w), .timeout_us = 1000 };

	cr_assert_eq(fiber_spawn(f.loop, wait_for_it, &me), OK);
	run_to_end(&f);
	cr_expect_eq(me.result, E_TIMEOUT);
	cr_expect(fiber_wait_abandoned(w));
	end(&f); /* the loop is gone before the waker comes */
	*(int *)fiber_wait_data(w) = 1;
	cr_expect_eq(cleared, 0);
	fiber_wake(w, OK);
	cr_expect_eq(cleared, 1);
}

static void
wait_twice_within_a_limit(void *arg)
{
	struct waiter *me = arg;
	struct fiber_wait *second = new_wait(0);

	fiber_limit(clock_mono_us() + 2000);
	me->result = fiber_await(me->w, clock_mono_us() + 3600 * SECOND_US);
	me->seen = fiber_await(second, clock_mono_us() + 3600 * SECOND_US) == E_TIMEOUT;
	fiber_limit(0);
	fiber_wait_drop(me->w);
	fiber_wait_drop(second);
	me->done = true;
}

/* A request of many waits has one end (R2), whatever each wait would allow. An hour is what this test would take. */
Test(fiber, no_wait_goes_on_past_the_limit_of_all, .timeout = 60)
{
	struct fixture f = fixture(0);
	struct fiber_wait *w = new_wait(0);
	struct waiter me = { .w = fiber_wait_hold(w) };

	cr_assert_eq(fiber_spawn(f.loop, wait_twice_within_a_limit, &me), OK);
	run_to_end(&f);
	cr_expect(me.done && me.seen, "the second wait did not begin anew");
	cr_expect_eq(me.result, E_TIMEOUT);
	cr_expect(fiber_wait_abandoned(w));
	fiber_wake(w, OK);
	end(&f);
}

static void
leave_a_limit_behind(void *arg)
{
	(void)arg;
	fiber_limit(1);
}

Test(fiber, the_limit_of_one_request_is_not_the_next_ones)
{
	struct fixture f = fixture(0);
	struct fiber_wait *w = new_wait(sizeof(int));
	struct waiter me = { .w = w, .timeout_us = 5 * SECOND_US };
	pthread_t t;

	cr_assert_eq(fiber_spawn(f.loop, leave_a_limit_behind, NULL), OK);
	cr_assert_eq(pthread_create(&t, NULL, wake_later, fiber_wait_hold(w)), 0);
	cr_assert_eq(fiber_spawn(f.loop, wait_for_it, &me), OK);
	run_to_end(&f);
	pthread_join(t, NULL);
	cr_expect_eq(me.result, OK);
	end(&f);
}

Test(fiber, passes_on_the_wakers_status)
{
	struct fixture f = fixture(0);
	struct waiter me = { .w = new_wait(sizeof(int)), .timeout_us = SECOND_US };

	fiber_wake(fiber_wait_hold(me.w), E_UNAVAILABLE);
	cr_assert_eq(fiber_spawn(f.loop, wait_for_it, &me), OK);
	cr_expect_eq(me.result, E_UNAVAILABLE);
	end(&f);
}

Test(fiber, a_plain_thread_blocks_and_is_woken)
{
	struct waiter me = { .w = new_wait(sizeof(int)), .timeout_us = 10 * SECOND_US };
	pthread_t other;

	cr_assert_eq(pthread_create(&other, NULL, wake_later, fiber_wait_hold(me.w)), 0);
	wait_for_it(&me);
	pthread_join(other, NULL);
	cr_expect_eq(me.seen, 42);
	cr_expect_eq(cleared, 1);
}

Test(fiber, a_plain_thread_gives_up_at_its_deadline)
{
	struct waiter me = { .w = new_wait(sizeof(int)), .timeout_us = 1000 };

	wait_for_it(&me);
	cr_expect_eq(me.result, E_TIMEOUT);
	cr_expect_eq(cleared, 1);
}

Test(fiber, waiting_on_a_loop_outside_a_fiber_is_refused)
{
	struct fixture f = fixture(0);
	struct waiter nobody = { .w = new_wait(sizeof(int)) };
	struct fiber_wait *w = new_wait(0);

	fiber_wake(fiber_wait_hold(nobody.w), OK);
	cr_assert_eq(fiber_spawn(f.loop, wait_for_it, &nobody), OK);
	cr_expect_eq(fiber_await(w, clock_mono_us()), E_SYSTEM);
	fiber_wait_drop(w);
	end(&f);
}

Test(fiber, refuses_more_than_its_most)
{
	struct fixture f = fixture(2);
	struct waiter me[3];

	for (int i = 0; i < 3; i++)
		me[i] = (struct waiter){ .w = new_wait(sizeof(int)), .timeout_us = 2000 };
	cr_expect_eq(fiber_spawn(f.loop, wait_for_it, &me[0]), OK);
	cr_expect_eq(fiber_spawn(f.loop, wait_for_it, &me[1]), OK);
	cr_expect_eq(fiber_spawn(f.loop, wait_for_it, &me[2]), E_BUSY);
	cr_expect_eq(fiber_loop_free(f.loop), E_BUSY, "not while fibers are suspended");
	run_to_end(&f);
	cr_expect_eq(fiber_spawn(f.loop, wait_for_it, &me[2]), OK);
	run_to_end(&f);
	end(&f);
}

struct nest {
	struct fixture *f;
	struct fiber *outer;
	struct waiter inner;
	bool back;
};

static void
spawn_another(void *arg)
{
	struct nest *n = arg;

	n->outer = fiber_current();
	cr_assert_eq(fiber_spawn(n->f->loop, wait_for_it, &n->inner), OK);
	cr_expect_eq(fiber_current(), n->outer);
	n->back = true;
}

Test(fiber, may_start_another_and_goes_on_when_that_one_waits)
{
	struct fixture f = fixture(0);
	struct nest n = { .f = &f, .inner = { .w = new_wait(sizeof(int)), .timeout_us = 1000 } };

	cr_assert_eq(fiber_spawn(f.loop, spawn_another, &n), OK);
	cr_expect(n.back);
	cr_expect_not(n.inner.done);
	run_to_end(&f);
	cr_expect(n.inner.done);
	end(&f);
}

/* Uses some of its stack before and after waiting, and finds it as it was. */
static void
remember_across_waits(void *arg)
{
	struct waiter *me = arg;
	volatile unsigned char memory[16384];

	for (size_t i = 0; i < sizeof(memory); i++)
		memory[i] = (unsigned char)(i * 31);
	for (int round = 0; round < 3; round++) {
		struct fiber_wait *w = new_wait(0);

		cr_expect_eq(fiber_await(w, clock_mono_us() + 500), E_TIMEOUT);
		fiber_wait_drop(w);
	}
	for (size_t i = 0; i < sizeof(memory); i++)
		cr_assert_eq(memory[i], (unsigned char)(i * 31));
	me->done = true;
}

Test(fiber, keeps_its_stack_apart_from_the_others)
{
	struct fixture f = fixture(0);
	struct waiter me[200] = { 0 };

	for (int i = 0; i < 200; i++)
		cr_assert_eq(fiber_spawn(f.loop, remember_across_waits, &me[i]), OK);
	run_to_end(&f);
	for (int i = 0; i < 200; i++)
		cr_expect(me[i].done);
	end(&f);
}

static atomic_int posted;

static void
count_post(void *arg)
{
	(void)arg;
	cr_expect_null(fiber_current());
	atomic_fetch_add(&posted, 1);
}

static void *
post_many(void *arg)
{
	for (int i = 0; i < 1000; i++)
		cr_assert_eq(fiber_post(arg, count_post, NULL), OK);
	return NULL;
}

Test(fiber, runs_what_other_threads_post)
{
	struct fixture f = fixture(0);
	pthread_t other[3];

	for (int i = 0; i < 3; i++)
		cr_assert_eq(pthread_create(&other[i], NULL, post_many, f.loop), 0);
	while (posted < 3000)
		event_base_loop(f.base, EVLOOP_ONCE);
	for (int i = 0; i < 3; i++)
		pthread_join(other[i], NULL);
	end(&f);
}

static void *
wake_at_once(void *arg)
{
	*(int *)fiber_wait_data(arg) = 1;
	fiber_wake(arg, OK);
	return NULL;
}

/* Deadline and waker meet: each round ends exactly once, one way or the other. */
Test(fiber, survives_wakes_that_race_with_deadlines)
{
	struct fixture f = fixture(0);

	for (int round = 0; round < 300; round++) {
		struct waiter me = { .w = new_wait(sizeof(int)), .timeout_us = round % 50 };
		pthread_t other;

		cr_assert_eq(pthread_create(&other, NULL, wake_at_once, fiber_wait_hold(me.w)), 0);
		cr_assert_eq(fiber_spawn(f.loop, wait_for_it, &me), OK);
		run_to_end(&f);
		pthread_join(other, NULL);
		cr_assert(me.result == OK ? me.seen == 1 : me.result == E_TIMEOUT);
	}
	end(&f);
	cr_expect_eq(cleared, 300);
}
