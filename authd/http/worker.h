/*
 * worker.h: a bounded pool of threads for what blocks: the database, password hashing, whole SLOW requests.
 *
 * Each worker owns one context made by the pool's factory (a `struct store *`), so a connection is never shared.
 *
 * Ownership. A caller in a fiber may give up at its deadline while the job still runs; the job cannot be stopped. So
 * the argument of a job is counted memory from worker_arg_new(): the caller has one reference, the job another, and
 * clear() runs when the last is dropped. Put everything into it that the job reads or writes: copies of strings,
 * results, never a pointer into the caller's stack, the request or the response. After E_TIMEOUT the caller does not
 * touch it again. A job that was still queued when its caller gave up is never run. One that was running ends later,
 * unobserved: after E_TIMEOUT a state change may or may not have happened, as after a lost reply.
 *
 *	CLEANUP(worker_arg_dropp) struct find *find = worker_arg_new(sizeof(*find), find_clear);
 *	if (find == NULL)
 *		return E_NOMEM;
 *	buf_put(&find->cookie, cookie);
 *	TRY(worker_run(pool, find_run, find, 2 * SECOND_US));
 *	use(find->result);
 */
#ifndef AUTHD_HTTP_WORKER_H
#define AUTHD_HTTP_WORKER_H

#include <stddef.h>
#include <stdint.h>

#include "auditlog/base/status.h"

struct worker_pool;

struct worker_options {
	unsigned threads;  /* 1..256; 0 = 4 */
	size_t queue_most; /* jobs waiting; 0 = 256 */
	const char *name;  /* of the threads, at most 12 characters, for operators */
	/* Makes a worker's context on its own thread before it takes jobs. NULL: contexts are NULL. */
	enum status (*open)(void *factory, void **worker_ctx);
	void (*close)(void *worker_ctx);
	void *factory;
};

/* A job. worker_ctx is the running worker's. Its status is what worker_run returns. */
typedef enum status worker_fn(void *arg, void *worker_ctx);

/* Starts the threads and waits for their contexts; the first open() that fails ends it all with its status. */
MUST_USE enum status worker_pool_new(const struct worker_options *opt, struct worker_pool **out);
/* Ends queued jobs with E_UNAVAILABLE, waits for the running ones, closes contexts. NULL is fine. */
void worker_pool_free(struct worker_pool *pool);
/* Jobs waiting now; for /metrics. */
size_t worker_pool_queued(struct worker_pool *pool);

/* size zeroed bytes, one reference. clear(arg) may be NULL; it runs on whichever thread drops last. NULL: no memory. */
void *worker_arg_new(size_t size, void (*clear)(void *arg));
void worker_arg_drop(void *arg);
/* For CLEANUP on any pointer from worker_arg_new(). */
void worker_arg_dropp(void *pp);

/*
 * Runs fn(arg, context) on a worker and returns its status. In a fiber: submits and yields. On a worker of this pool:
 * calls at once with that worker's own context. On any other thread: submits and blocks. arg comes from
 * worker_arg_new(); the caller keeps its reference. E_BUSY: the queue is full, nothing was run. E_UNAVAILABLE: the pool
 * is closing. E_TIMEOUT: timeout_us passed; see above.
 */
MUST_USE enum status worker_run(struct worker_pool *pool, worker_fn *fn, void *arg, int64_t timeout_us);
/* The calling worker's own context when it belongs to this pool, else NULL. */
void *worker_context(const struct worker_pool *pool);

#endif
