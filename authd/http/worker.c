#include "authd/http/worker.h"

#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdlib.h>

#include "auditlog/base/clock.h"
#include "authd/http/fiber_wait.h"

#define THREADS_DEFAULT    4
#define THREADS_MOST       256
#define QUEUE_MOST_DEFAULT 256
/* Tells memory from worker_arg_new() from anything else that was passed by mistake. */
#define ARG_MAGIC UINT64_C(0x6f6d62756461726d)

struct arg_header {
	uint64_t magic;
	atomic_uint references;
	void (*clear)(void *arg);
	max_align_t data[];
};

/* Lives in the data of a fiber_wait, so the last of caller and worker frees it. */
struct job {
	struct job *next;
	struct fiber_wait *wait; /* the worker's reference, while queued */
	worker_fn *fn;
	void *arg; /* a reference of its own */
};

struct worker {
	struct worker_pool *pool;
	pthread_t thread;
	void *ctx;
	bool started;
};

struct worker_pool {
	struct worker_options opt;
	struct worker *workers;
	pthread_mutex_t lock; /* guards what follows */
	pthread_cond_t changed;
	struct job *first, **last;
	size_t queued;
	unsigned ready;
	enum status opened; /* the first open() that failed */
	bool closing;
};

/* The worker that the calling thread is. */
static _Thread_local struct worker *self;

/* ---- arguments ---- */

static struct arg_header *
header_of(void *arg)
{
	struct arg_header *h = (struct arg_header *)(void *)((char *)arg - offsetof(struct arg_header, data));

	/* A pointer from elsewhere would be freed under its owner's feet: end here rather than there. */
	if (h->magic != ARG_MAGIC)
		abort();
	return h;
}

void *
worker_arg_new(size_t size, void (*clear)(void *arg))
{
	struct arg_header *h;

	if (size > SIZE_MAX - sizeof(*h))
		return NULL;
	h = calloc(1, sizeof(*h) + size);
	if (h == NULL)
		return NULL;
	h->magic = ARG_MAGIC;
	atomic_init(&h->references, 1);
	h->clear = clear;
	return h->data;
}

void
worker_arg_drop(void *arg)
{
	struct arg_header *h;

	if (arg == NULL)
		return;
	h = header_of(arg);
	if (atomic_fetch_sub(&h->references, 1) != 1)
		return;
	if (h->clear != NULL)
		h->clear(arg);
	h->magic = 0;
	free(h);
}

void
worker_arg_dropp(void *pp)
{
	worker_arg_drop(*(void **)pp);
}

static void *
arg_hold(void *arg)
{
	atomic_fetch_add(&header_of(arg)->references, 1);
	return arg;
}

static void
job_clear(void *data)
{
	struct job *job = data;

	worker_arg_drop(job->arg);
}

/* ---- workers ---- */

/* The next job, or NULL when the pool closes. */
static struct job *
next_job(struct worker_pool *pool)
{
	struct job *job;

	pthread_mutex_lock(&pool->lock);
	while (pool->first == NULL && !pool->closing)
		pthread_cond_wait(&pool->changed, &pool->lock);
	job = pool->closing ? NULL : pool->first;
	if (job != NULL) {
		pool->first = job->next;
		if (pool->first == NULL)
			pool->last = &pool->first;
		pool->queued--;
	}
	pthread_mutex_unlock(&pool->lock);
	return job;
}

static enum status
open_context(struct worker *w)
{
	struct worker_pool *pool = w->pool;
	enum status st = pool->opt.open == NULL ? OK : pool->opt.open(pool->opt.factory, &w->ctx);

	pthread_mutex_lock(&pool->lock);
	pool->ready++;
	if (pool->opened == OK)
		pool->opened = st;
	pthread_cond_broadcast(&pool->changed);
	pthread_mutex_unlock(&pool->lock);
	return st;
}

static void *
worker_main(void *arg)
{
	struct worker *w = arg;
	struct job *job;

	self = w;
	if (open_context(w) != OK)
		return NULL;
	while ((job = next_job(w->pool)) != NULL) {
		/* Nobody waits for it any more: do not spend a worker on it. */
		if (fiber_wait_abandoned(job->wait))
			fiber_wake(job->wait, E_TIMEOUT);
		else
			fiber_wake(job->wait, job->fn(job->arg, w->ctx));
	}
	if (w->pool->opt.close != NULL)
		w->pool->opt.close(w->ctx);
	return NULL;
}

/* Signals are for the main thread. */
static enum status
start(struct worker *w)
{
	sigset_t all, before;
	int failed;

	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	failed = pthread_create(&w->thread, NULL, worker_main, w);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	if (failed)
		return E_SYSTEM;
	w->started = true;
	if (w->pool->opt.name != NULL)
		pthread_setname_np(w->thread, w->pool->opt.name);
	return OK;
}

static enum status
start_all(struct worker_pool *pool)
{
	enum status st;

	for (unsigned i = 0; i < pool->opt.threads; i++) {
		pool->workers[i].pool = pool;
		TRY(start(&pool->workers[i]));
	}
	pthread_mutex_lock(&pool->lock);
	while (pool->ready < pool->opt.threads)
		pthread_cond_wait(&pool->changed, &pool->lock);
	st = pool->opened;
	pthread_mutex_unlock(&pool->lock);
	return st;
}

enum status
worker_pool_new(const struct worker_options *opt, struct worker_pool **out)
{
	struct worker_pool *pool;
	enum status st;

	if (opt->threads > THREADS_MOST)
		return E_INVALID;
	pool = calloc(1, sizeof(*pool));
	if (pool == NULL)
		return E_NOMEM;
	pool->opt = *opt;
	pool->opt.threads = opt->threads > 0 ? opt->threads : THREADS_DEFAULT;
	pool->opt.queue_most = opt->queue_most > 0 ? opt->queue_most : QUEUE_MOST_DEFAULT;
	pool->last = &pool->first;
	pthread_mutex_init(&pool->lock, NULL);
	pthread_cond_init(&pool->changed, NULL);
	pool->workers = calloc(pool->opt.threads, sizeof(*pool->workers));
	st = pool->workers == NULL ? E_NOMEM : start_all(pool);
	if (st != OK) {
		worker_pool_free(pool);
		return st;
	}
	*out = pool;
	return OK;
}

void
worker_pool_free(struct worker_pool *pool)
{
	struct job *job;

	if (pool == NULL)
		return;
	pthread_mutex_lock(&pool->lock);
	pool->closing = true;
	job = pool->first;
	pool->first = NULL;
	pool->last = &pool->first;
	pthread_cond_broadcast(&pool->changed);
	pthread_mutex_unlock(&pool->lock);
	while (job != NULL) {
		struct job *next = job->next;

		fiber_wake(job->wait, E_UNAVAILABLE);
		job = next;
	}
	for (unsigned i = 0; pool->workers != NULL && i < pool->opt.threads; i++)
		if (pool->workers[i].started)
			pthread_join(pool->workers[i].thread, NULL);
	pthread_cond_destroy(&pool->changed);
	pthread_mutex_destroy(&pool->lock);
	free(pool->workers);
	free(pool);
}

size_t
worker_pool_queued(struct worker_pool *pool)
{
	size_t n;

	pthread_mutex_lock(&pool->lock);
	n = pool->queued;
	pthread_mutex_unlock(&pool->lock);
	return n;
}

/* ---- callers ---- */

static enum status
submit(struct worker_pool *pool, struct job *job)
{
	enum status st = OK;

	pthread_mutex_lock(&pool->lock);
	if (pool->closing) {
		st = E_UNAVAILABLE;
	} else if (pool->queued >= pool->opt.queue_most) {
		st = E_BUSY;
	} else {
		*pool->last = job;
		pool->last = &job->next;
		pool->queued++;
		pthread_cond_signal(&pool->changed);
	}
	pthread_mutex_unlock(&pool->lock);
	return st;
}

enum status
worker_run(struct worker_pool *pool, worker_fn *fn, void *arg, int64_t timeout_us)
{
	CLEANUP(fiber_wait_dropp) struct fiber_wait *w = NULL;
	int64_t deadline_us = clock_mono_us() + timeout_us;
	struct job *job;
	enum status st;

	if (self != NULL && self->pool == pool)
		return fn(arg, self->ctx);
	TRY(fiber_wait_new(sizeof(*job), job_clear, &w));
	job = fiber_wait_data(w);
	*job = (struct job){ .wait = fiber_wait_hold(w), .fn = fn, .arg = arg_hold(arg) };
	st = submit(pool, job);
	if (st != OK) {
		fiber_wait_drop(w); /* the worker's reference, which it never got */
		return st;
	}
	return fiber_await(w, deadline_us);
}

void *
worker_context(const struct worker_pool *pool)
{
	return self != NULL && self->pool == pool ? self->ctx : NULL;
}
