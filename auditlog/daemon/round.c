#include "auditlog/daemon/round.h"

#include <pthread.h>
#include <stdlib.h>
#include <time.h>

#include "auditlog/base/clock.h"
#include "auditlog/client/logread.h"

/* How often the conductor looks up. */
#define LOOK_US (SECOND_US / 5)

struct round {
	pthread_mutex_t lock;
	pthread_cond_t changed;
	bool stopping;
	uint64_t failures;

	uint64_t number; /* 0: there was none */
	uint64_t size;
	struct buf note;  /* signed by the log */
	struct buf lines; /* cosignatures so far */
	struct round_sum sum;
};

static void
lock(struct round *r)
{
	(void)pthread_mutex_lock(&r->lock);
}

static void
unlock(struct round *r)
{
	(void)pthread_mutex_unlock(&r->lock);
}

/* Under the lock. */
static void
wait_a_moment(struct round *r)
{
	int64_t until_us = clock_mono_us() + LOOK_US;
	struct timespec at = { .tv_sec = until_us / SECOND_US, .tv_nsec = until_us % SECOND_US * 1000 };

	(void)pthread_cond_timedwait(&r->changed, &r->lock, &at);
}

enum status
round_new(struct round **out)
{
	struct round *r = calloc(1, sizeof(*r));
	pthread_condattr_t attr;

	if (r == NULL)
		return E_NOMEM;
	r->note = BUF(LOGREAD_CHECKPOINT_MAX);
	r->lines = BUF(LOGREAD_CHECKPOINT_MAX);
	(void)pthread_mutex_init(&r->lock, NULL);
	(void)pthread_condattr_init(&attr);
	(void)pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
	(void)pthread_cond_init(&r->changed, &attr);
	(void)pthread_condattr_destroy(&attr);
	*out = r;
	return OK;
}

void
round_free(struct round *r)
{
	if (r == NULL)
		return;
	(void)pthread_cond_destroy(&r->changed);
	(void)pthread_mutex_destroy(&r->lock);
	buf_clear(&r->note);
	buf_clear(&r->lines);
	free(r);
}

void
round_open(struct round *r, uint64_t size, struct str note)
{
	lock(r);
	r->number++;
	r->size = size;
	r->sum = (struct round_sum){ 0 };
	buf_reset(&r->note);
	buf_reset(&r->lines);
	buf_put(&r->note, note);
	(void)pthread_cond_broadcast(&r->changed);
	unlock(r);
}

bool
round_next(struct round *r, uint64_t *seen, uint64_t *size, struct buf *note)
{
	bool go;

	buf_reset(note);
	lock(r);
	while (!r->stopping && r->number == *seen)
		(void)pthread_cond_wait(&r->changed, &r->lock);
	*seen = r->number;
	*size = r->size;
	buf_put(note, buf_str(&r->note));
	go = !r->stopping;
	unlock(r);
	return go;
}

void
round_hand_in(struct round *r, uint64_t number, enum cosign_outcome outcome, struct str line, uint64_t time_s)
{
	lock(r);
	if (r->number == number) {
		r->sum.answered++;
		if (outcome == COSIGN_GIVEN) {
			r->sum.given++;
			buf_put(&r->lines, line);
			if (time_s > r->sum.newest_s)
				r->sum.newest_s = time_s;
		}
	}
	(void)pthread_cond_broadcast(&r->changed);
	unlock(r);
}

struct round_sum
round_look(struct round *r, size_t given, size_t expected, struct buf *note)
{
	struct round_sum sum;

	buf_reset(note);
	lock(r);
	if (r->sum.given == given && r->sum.answered < expected && !r->stopping)
		wait_a_moment(r);
	sum = r->sum;
	buf_put(note, buf_str(&r->note));
	buf_put(note, buf_str(&r->lines));
	unlock(r);
	return sum;
}

bool
round_rest(struct round *r)
{
	bool go;

	lock(r);
	if (!r->stopping)
		wait_a_moment(r);
	go = !r->stopping;
	unlock(r);
	return go;
}

void
round_stop(struct round *r)
{
	lock(r);
	r->stopping = true;
	(void)pthread_cond_broadcast(&r->changed);
	unlock(r);
}

bool
round_stopping(struct round *r)
{
	bool stopping;

	lock(r);
	stopping = r->stopping;
	unlock(r);
	return stopping;
}

void
round_failed(struct round *r)
{
	lock(r);
	r->failures++;
	unlock(r);
}

uint64_t
round_failures(struct round *r)
{
	uint64_t n;

	lock(r);
	n = r->failures;
	unlock(r);
	return n;
}
