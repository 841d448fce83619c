#include "auditlog/daemon/mapper.h"

#include <pthread.h>
#include <stdlib.h>
#include <time.h>

#include "auditlog/base/clock.h"
#include "auditlog/base/log.h"
#include "auditlog/client/append.h"
#include "auditlog/daemon/own.h"

/* How often a wait looks up whether everybody is to end. */
#define LOOK_UP_US (SECOND_US / 4)
/* After a map could not be written. */
#define RETRY_US (5 * SECOND_US)
#define HOUR_US  (3600 * SECOND_US)

struct question {
	struct outbox_item done;
	struct question *next;
	struct msg_request req;
	struct mapanswer_ask ask;
	enum status result;
	struct buf reply;
};

/* The entry that the writer has been given. */
struct handed {
	bool answered;
	enum status result;
	uint64_t index;
};

struct mapper {
	struct mapper_parts parts;
	struct mapmake make;
	pthread_mutex_t lock;
	pthread_cond_t change;
	struct question *first, **last;
	size_t count;
	struct handed handed;
	bool stopping, running;
	pthread_t thread;
	int64_t made_us; /* when the newest map was looked after (clock_mono_us); 0: not yet */
};

/* ---- one more entry ---- */

static void
on_written(struct outbox_item *item)
{
	struct batch_job *job = (struct batch_job *)(void *)item;
	struct mapper *m = job->ctx;

	(void)pthread_mutex_lock(&m->lock);
	m->handed = (struct handed){ true, job->result, job->items[0].receipt.index };
	(void)pthread_cond_broadcast(&m->change);
	(void)pthread_mutex_unlock(&m->lock);
	free(job);
}

/* With the lock. */
static void
wait_change(struct mapper *m, int64_t until_us)
{
	struct timespec at = { .tv_sec = until_us / SECOND_US, .tv_nsec = (until_us % SECOND_US) * 1000 };

	(void)pthread_cond_timedwait(&m->change, &m->lock, &at);
}

static enum status
wait_written(struct mapper *m, uint64_t *entry)
{
	enum status st = E_UNAVAILABLE;

	(void)pthread_mutex_lock(&m->lock);
	while (!m->handed.answered && !m->stopping)
		wait_change(m, clock_mono_us() + LOOK_UP_US);
	if (m->handed.answered)
		st = m->handed.result;
	*entry = m->handed.index;
	(void)pthread_mutex_unlock(&m->lock);
	return st;
}

/* Through the same queue as everybody's entries: the path of acknowledgements knows nothing of maps. */
static enum status
append(void *ctx, const struct tagmap_facts *f, uint64_t *entry)
{
	struct mapper *m = ctx;
	struct tagmap_words words;
	struct entry_fact facts[TAGMAP_FACTS];
	struct batch_job *job = NULL;
	enum status st;

	tagmap_put_facts(f, &words, facts);
	TRY(own_job(ENTRY_LOG_MAP, facts, TAGMAP_FACTS, &job));
	job->done.deliver = on_written;
	job->ctx = m;
	m->handed = (struct handed){ 0 };
	st = batch_put(m->parts.queue, job);
	if (st != OK) {
		free(job);
		return st;
	}
	return wait_written(m, entry);
}

/* ---- answers ---- */

static bool
must_end(struct mapper *m)
{
	bool stopping;

	(void)pthread_mutex_lock(&m->lock);
	stopping = m->stopping;
	(void)pthread_mutex_unlock(&m->lock);
	return stopping;
}

static enum status
advance(struct mapper *m)
{
	static const char trouble[] = "no map of the month can be written";
	enum status st = mapmake_advance(&m->make, MAPMAKE_NEWS);
	bool good = st == OK || st == E_NOT_FOUND || batch_closed(m->parts.queue); /* of an empty log there is no map */

	if (progress_trouble(m->parts.progress, PROGRESS_MAPS, good ? NULL : trouble) && !good)
		log_error(st, "map.behind", "what=\"%s\"", trouble);
	if (st == OK)
		m->made_us = clock_mono_us();
	return st;
}

static enum status
answer(struct mapper *m, struct question *q)
{
	const struct mapanswer_from from = { &m->make, m->parts.index };
	enum status st;

	if (m->made_us == 0 || clock_mono_us() - m->made_us > q->ask.max_age_us)
		TRY(advance(m));
	st = mapanswer_put(&from, &q->ask, &q->reply);
	/* The month has changed since the last map: the closing one first. */
	if (st == E_NOT_FOUND) {
		buf_reset(&q->reply);
		TRY(advance(m));
		st = mapanswer_put(&from, &q->ask, &q->reply);
	}
	return st;
}

/* ---- back on the loop thread ---- */

static const char *
words_for(enum status st)
{
	switch (st) {
	case E_NOT_FOUND:
		return "there is no map of that month";
	case E_TOO_LARGE:
		return "more entries than one proof can list";
	default:
		return "the map is being made; ask again";
	}
}

static void
deliver(struct outbox_item *item)
{
	struct question *q = (struct question *)(void *)item;

	if (q->result == OK)
		msg_reply(&q->req, APPEND_MAPPED, buf_str(&q->reply));
	else
		msg_reply_error(&q->req,
				q->result == E_NOT_FOUND || q->result == E_TOO_LARGE ? q->result : E_UNAVAILABLE,
				words_for(q->result));
	buf_clear(&q->reply);
	free(q);
}

/* ---- the thread ---- */

/* NULL when it is time for a map, or to end. */
static struct question *
take(struct mapper *m, int64_t until_us)
{
	struct question *q;
	int64_t now_us;

	(void)pthread_mutex_lock(&m->lock);
	while (m->first == NULL && !m->stopping && (now_us = clock_mono_us()) < until_us)
		wait_change(m, until_us - now_us < HOUR_US ? until_us : now_us + HOUR_US);
	q = m->first;
	if (q != NULL) {
		m->first = q->next;
		m->count--;
	}
	if (m->first == NULL)
		m->last = &m->first;
	(void)pthread_mutex_unlock(&m->lock);
	return q;
}

static int64_t
next_due(const struct mapper *m, enum status st)
{
	if (m->parts.interval_us == 0)
		return INT64_MAX;
	return clock_mono_us() + (st == OK || m->parts.interval_us < RETRY_US ? m->parts.interval_us : RETRY_US);
}

static void *
run(void *arg)
{
	struct mapper *m = arg;
	int64_t due_us = next_due(m, OK);

	for (;;) {
		struct question *q = take(m, due_us);
		bool ending = must_end(m);

		if (q == NULL && ending)
			return NULL;
		if (q == NULL) {
			if (clock_mono_us() >= due_us)
				due_us = next_due(m, advance(m));
			continue;
		}
		q->result = ending ? E_UNAVAILABLE : answer(m, q);
		outbox_put(m->parts.outbox, &q->done);
	}
}

enum status
mapper_new(const struct mapper_parts *parts, struct mapper **out)
{
	struct mapper *m = calloc(1, sizeof(*m));
	pthread_condattr_t attr;
	enum status st;

	if (m == NULL)
		return E_NOMEM;
	m->parts = *parts;
	m->last = &m->first;
	(void)pthread_mutex_init(&m->lock, NULL);
	(void)pthread_condattr_init(&attr);
	(void)pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
	(void)pthread_cond_init(&m->change, &attr);
	(void)pthread_condattr_destroy(&attr);
	m->make = (struct mapmake){ .dirfd = parts->dirfd,
				    .progress = parts->progress,
				    .line = BUF(ENTRY_MAX),
				    .append = append,
				    .append_ctx = m };
	st = entries_open(&m->make.entries, parts->wal, parts->dirfd);
	if (st == OK)
		st = mapstore_ready(parts->dirfd);
	if (st == OK && pthread_create(&m->thread, NULL, run, m) != 0)
		st = E_SYSTEM;
	m->running = st == OK;
	if (st != OK) {
		mapper_free(m);
		return st;
	}
	*out = m;
	return OK;
}

void
mapper_stop(struct mapper *m)
{
	if (m == NULL)
		return;
	(void)pthread_mutex_lock(&m->lock);
	m->stopping = true;
	(void)pthread_cond_broadcast(&m->change);
	(void)pthread_mutex_unlock(&m->lock);
	if (m->running)
		(void)pthread_join(m->thread, NULL);
	m->running = false;
}

void
mapper_free(struct mapper *m)
{
	if (m == NULL)
		return;
	mapper_stop(m);
	entries_close(&m->make.entries);
	buf_clear(&m->make.line);
	(void)pthread_cond_destroy(&m->change);
	(void)pthread_mutex_destroy(&m->lock);
	free(m);
}

enum status
mapper_put(struct mapper *m, const struct msg_request *req, const struct mapanswer_ask *ask)
{
	struct question *q = NULL;
	enum status st = OK;

	(void)pthread_mutex_lock(&m->lock);
	if (m->count < MAPPER_WAITING_MAX && !m->stopping)
		q = calloc(1, sizeof(*q));
	if (q == NULL) {
		st = m->stopping ? E_UNAVAILABLE : E_BUSY;
	} else {
		q->done.deliver = deliver;
		q->req = *req;
		q->ask = *ask;
		q->reply = BUF(MSG_PAYLOAD_MAX);
		*m->last = q;
		m->last = &q->next;
		m->count++;
		(void)pthread_cond_broadcast(&m->change);
	}
	(void)pthread_mutex_unlock(&m->lock);
	return st;
}
