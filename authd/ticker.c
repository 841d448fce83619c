#include "authd/ticker.h"

#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>
#include <time.h>

struct ticker {
	void (*tick)(void *ctx);
	void *ctx;
	pthread_t thread;
	pthread_mutex_t lock;
	pthread_cond_t stop_asked;
	bool stopping;
};

/* False when it is time to end. */
static bool
pause_between(struct ticker *t)
{
	struct timespec until;
	bool go_on;

	clock_gettime(CLOCK_MONOTONIC, &until);
	until.tv_sec += 1;
	pthread_mutex_lock(&t->lock);
	if (!t->stopping)
		pthread_cond_timedwait(&t->stop_asked, &t->lock, &until);
	go_on = !t->stopping;
	pthread_mutex_unlock(&t->lock);
	return go_on;
}

static void *
run(void *arg)
{
	struct ticker *t = arg;

	while (pause_between(t))
		t->tick(t->ctx);
	return NULL;
}

/* Measured on the monotonic clock: a wall clock that is set back must not stop the work for as long. */
static void
init_waiting(struct ticker *t)
{
	pthread_condattr_t monotonic;

	pthread_mutex_init(&t->lock, NULL);
	pthread_condattr_init(&monotonic);
	pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
	pthread_cond_init(&t->stop_asked, &monotonic);
	pthread_condattr_destroy(&monotonic);
}

enum status
ticker_start(void (*tick)(void *ctx), void *ctx, struct ticker **out)
{
	CLEANUP(freep) struct ticker *t = calloc(1, sizeof(*t));

	if (t == NULL)
		return E_NOMEM;
	t->tick = tick;
	t->ctx = ctx;
	init_waiting(t);
	if (pthread_create(&t->thread, NULL, run, t) != 0)
		return E_SYSTEM;
	*out = STEAL(&t);
	return OK;
}

void
ticker_stop(struct ticker *t)
{
	if (t == NULL)
		return;
	pthread_mutex_lock(&t->lock);
	t->stopping = true;
	pthread_cond_signal(&t->stop_asked);
	pthread_mutex_unlock(&t->lock);
	pthread_join(t->thread, NULL);
	pthread_cond_destroy(&t->stop_asked);
	pthread_mutex_destroy(&t->lock);
	free(t);
}
