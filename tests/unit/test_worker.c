/* test_worker.c: the pool is bounded, jobs own their memory, and who gives up leaves nothing that could be written to.
 */
#include <criterion/criterion.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "auditlog/base/clock.h"
#include "authd/http/fiber.h"
#include "authd/http/fiber_wait.h"
#include "authd/http/worker.h"

static atomic_int contexts, args_cleared, runs;

static enum status
open_context(void *factory, void **ctx)
{
	int *made = malloc(sizeof(*made));

	cr_assert_not_null(made);
	*made = *(int *)factory + atomic_fetch_add(&contexts, 1);
	*ctx = made;
	return OK;
}

static void
close_context(void *ctx)
{
	free(ctx);
	atomic_fetch_sub(&contexts, 1);
}

static int first_number = 100;

static struct worker_pool *
pool(unsigned threads, size_t queue_most)
{
	struct worker_options opt = { .threads = threads,
				      .queue_most = queue_most,
				      .name = "test",
				      .open = open_context,
				      .close = close_context,
				      .factory = &first_number };
	struct worker_pool *p = NULL;

	cr_assert_eq(worker_pool_new(&opt, &p), OK);
	return p;
}

struct job {
	struct worker_pool *pool;
	atomic_bool *go; /* the job holds its worker until this is set */
	int input, output;
	const void *ctx;
	char text[64];
};

static void
clear_job(void *arg)
{
	(void)arg;
	atomic_fetch_add(&args_cleared, 1);
}

static struct job *
new_job(struct worker_pool *p, int input)
{
	struct job *job = worker_arg_new(sizeof(*job), clear_job);

	cr_assert_not_null(job);
	job->pool = p;
	job->input = input;
	return job;
}

static enum status
work(void *arg, void *ctx)
{
	struct job *job = arg;

	while (job->go != NULL && !atomic_load(job->go))
		usleep(1000);
	atomic_fetch_add(&runs, 1);
	job->output = job->input * 2;
	job->ctx = ctx;
	memset(job->text, 'x', sizeof(job->text));
	return job->input < 0 ? E_CONFLICT : OK;
}

Test(worker, runs_a_job_with_the_workers_own_context)
{
	struct worker_pool *p = pool(2, 4);
	CLEANUP(worker_arg_dropp) struct job *job = new_job(p, 21);

	cr_expect_eq(contexts, 2);
	cr_expect_eq(worker_run(p, work, job, 10 * SECOND_US), OK);
	cr_expect_eq(job->output, 42);
	cr_expect_geq(*(const int *)job->ctx, 100);
	cr_expect_null(worker_context(p));
	worker_pool_free(p);
	cr_expect_eq(contexts, 0);
}

Test(worker, passes_on_the_jobs_status)
{
	struct worker_pool *p = pool(1, 4);
	CLEANUP(worker_arg_dropp) struct job *job = new_job(p, -1);

	cr_expect_eq(worker_run(p, work, job, 10 * SECOND_US), E_CONFLICT);
	worker_pool_free(p);
}

static enum status
work_inside(void *arg, void *ctx)
{
	struct job *job = arg;
	CLEANUP(worker_arg_dropp) struct job *inner = new_job(job->pool, 4);

	cr_expect_eq(worker_context(job->pool), ctx);
	cr_expect_eq(worker_run(job->pool, work, inner, 0), OK);
	cr_expect_eq(inner->ctx, ctx);
	job->output = inner->output;
	return OK;
}

Test(worker, calls_directly_when_it_is_asked_by_its_own_worker)
{
	struct worker_pool *p = pool(1, 1); /* one worker: anything but a direct call would wait for itself */
	CLEANUP(worker_arg_dropp) struct job *job = new_job(p, 0);

	cr_expect_eq(worker_run(p, work_inside, job, 10 * SECOND_US), OK);
	cr_expect_eq(job->output, 8);
	worker_pool_free(p);
}

struct fixture {
	struct event_base *base;
	struct fiber_loop *loop;
};

static struct fixture
fixture(void)
{
	struct fixture f = { .base = event_base_new() };

	cr_assert_eq(fiber_loop_new(f.base, 0, &f.loop), OK);
	return f;
}

static void
end(struct fixture *f)
{
	while (fiber_loop_count(f->loop) > 0)
		event_base_loop(f->base, EVLOOP_ONCE);
	cr_assert_eq(fiber_loop_free(f->loop), OK);
	event_base_free(f->base);
}

struct caller {
	struct worker_pool *pool;
	atomic_bool *go;
	int64_t timeout_us;
	int input;
	enum status result;
	int output;
};

static void
call(void *arg)
{
	struct caller *me = arg;
	CLEANUP(worker_arg_dropp) struct job *job = new_job(me->pool, me->input);

	job->go = me->go;
	me->result = worker_run(me->pool, work, job, me->timeout_us);
	if (me->result == OK)
		me->output = job->output;
}

Test(worker, lets_the_loop_go_on_while_a_fiber_waits)
{
	struct worker_pool *p = pool(2, 64);
	struct fixture f = fixture();
	struct caller callers[50];

	for (int i = 0; i < 50; i++) {
		callers[i] = (struct caller){ .pool = p, .timeout_us = 10 * SECOND_US, .input = i };
		cr_assert_eq(fiber_spawn(f.loop, call, &callers[i]), OK);
	}
	end(&f);
	for (int i = 0; i < 50; i++)
		cr_expect(callers[i].result == OK && callers[i].output == 2 * i);
	worker_pool_free(p);
	cr_expect_eq(args_cleared, 50);
}

Test(worker, says_busy_when_its_queue_is_full)
{
	struct worker_pool *p = pool(1, 2);
	struct fixture f = fixture();
	atomic_bool go = false;
	struct caller callers[8];
	int busy = 0;

	for (int i = 0; i < 8; i++) {
		callers[i] = (struct caller){ .pool = p, .go = &go, .timeout_us = 10 * SECOND_US };
		cr_assert_eq(fiber_spawn(f.loop, call, &callers[i]), OK);
	}
	atomic_store(&go, true);
	end(&f);
	for (int i = 0; i < 8; i++)
		busy += callers[i].result == E_BUSY;
	cr_expect_geq(busy, 5, "one runs and two wait, at most");
	worker_pool_free(p);
	cr_expect_eq(args_cleared, 8);
}

Test(worker, a_caller_that_gives_up_leaves_the_job_its_memory)
{
	struct worker_pool *p = pool(1, 4);
	struct fixture f = fixture();
	atomic_bool go = false;
	struct caller me = { .pool = p, .go = &go, .timeout_us = 2000 };

	cr_assert_eq(fiber_spawn(f.loop, call, &me), OK);
	end(&f); /* the fiber and its stack are gone; the job still runs */
	cr_expect_eq(me.result, E_TIMEOUT);
	atomic_store(&go, true);
	worker_pool_free(p);
	cr_expect_eq(runs, 1);
	cr_expect_eq(args_cleared, 1);
}

Test(worker, does_not_run_what_nobody_waits_for_any_more)
{
	struct worker_pool *p = pool(1, 4);
	struct fixture f = fixture();
	atomic_bool go = false;
	struct caller first = { .pool = p, .go = &go, .timeout_us = 10 * SECOND_US };
	struct caller second = { .pool = p, .timeout_us = 1000 };

	cr_assert_eq(fiber_spawn(f.loop, call, &first), OK);
	cr_assert_eq(fiber_spawn(f.loop, call, &second), OK);
	while (fiber_loop_count(f.loop) > 1)
		event_base_loop(f.base, EVLOOP_ONCE);
	cr_expect_eq(second.result, E_TIMEOUT);
	atomic_store(&go, true);
	end(&f);
	worker_pool_free(p);
	cr_expect_eq(runs, 1);
	cr_expect_eq(args_cleared, 2);
}

static void *
call_in_thread(void *arg)
{
	call(arg);
	return NULL;
}

Test(worker, ends_queued_jobs_when_it_closes)
{
	struct worker_pool *p = pool(1, 4);
	atomic_bool go = false;
	struct caller running = { .pool = p, .go = &go, .timeout_us = 10 * SECOND_US };
	struct caller queued = { .pool = p, .timeout_us = 10 * SECOND_US };
	pthread_t threads[2];

	cr_assert_eq(pthread_create(&threads[0], NULL, call_in_thread, &running), 0);
	usleep(20000);
	cr_assert_eq(pthread_create(&threads[1], NULL, call_in_thread, &queued), 0);
	while (worker_pool_queued(p) == 0)
		usleep(1000);
	atomic_store(&go, true);
	worker_pool_free(p);
	pthread_join(threads[0], NULL);
	pthread_join(threads[1], NULL);
	cr_expect_eq(running.result, OK);
	cr_expect(queued.result == E_UNAVAILABLE || queued.result == OK);
	cr_expect_eq(args_cleared, 2);
}

static enum status
cannot_open(void *factory, void **ctx)
{
	(void)factory;
	(void)ctx;
	return E_UNAVAILABLE;
}

Test(worker, a_pool_whose_workers_cannot_start_is_none)
{
	struct worker_options opt = { .threads = 3, .open = cannot_open };
	struct worker_pool *p = NULL;

	cr_expect_eq(worker_pool_new(&opt, &p), E_UNAVAILABLE);
	cr_expect_null(p);
}

Test(worker, memory_that_is_not_its_own_is_refused_at_once, .signal = SIGABRT)
{
	struct worker_pool *p = pool(1, 4);
	struct {
		char room[64];
		struct job job;
	} on_stack = { 0 };

	cr_assert_neq(worker_run(p, work, &on_stack.job, SECOND_US), OK);
}
