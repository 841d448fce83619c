#include "auditlog/daemon/batch.h"

#include <pthread.h>
#include <stdlib.h>
#include <time.h>

#include "auditlog/base/clock.h"

struct batch_queue {
	pthread_mutex_t lock;
	pthread_cond_t filled;
	struct batch_job *first, **last;
	size_t bytes, bytes_most;
	bool waiting; /* the writer sleeps: only then is it woken */
	bool refusing, closed;
};

enum status
batch_job_new(size_t count, size_t n, struct batch_job **out, char **payload)
{
	struct batch_job *job = calloc(1, sizeof(*job) + count * sizeof(struct batch_item) + n);

	if (job == NULL)
		return E_NOMEM;
	job->items = (struct batch_item *)(void *)(job + 1);
	job->count = count;
	*payload = (char *)(job->items + count);
	*out = job;
	return OK;
}

enum status
batch_item_fill(struct batch_item *item, struct str fragment, enum entry_source from)
{
	struct entry e = { 0 };

	if (fragment.n > ENTRY_FRAGMENT_MAX)
		return E_TOO_LARGE;
	TRY(entry_check_fragment(fragment, &e));
	if (entry_event_source(e.event) != from)
		return E_DENIED;
	item->fragment = fragment;
	item->id = e.id;
	item->fragment_hash = hash_sha256(fragment);
	fence_keys_of(&e, &item->about);
	append_service_key(e.by.service, item->service_key);
	item->tag_count = (uint16_t)e.about_count;
	for (size_t i = 0; i < e.about_count; i++)
		item->tag_at[i] = (uint16_t)(e.about[i].tag.p - fragment.p);
	return OK;
}

struct str
batch_item_tag(const struct batch_item *item, size_t i)
{
	return str_slice(item->fragment, item->tag_at[i], item->tag_at[i] + (size_t)ENTRY_TAG_LEN);
}

enum status
batch_queue_new(size_t bytes_most, struct batch_queue **out)
{
	struct batch_queue *q = calloc(1, sizeof(*q));
	pthread_condattr_t attr;

	if (q == NULL)
		return E_NOMEM;
	(void)pthread_mutex_init(&q->lock, NULL);
	(void)pthread_condattr_init(&attr);
	(void)pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
	(void)pthread_cond_init(&q->filled, &attr);
	(void)pthread_condattr_destroy(&attr);
	q->last = &q->first;
	q->bytes_most = bytes_most;
	*out = q;
	return OK;
}

void
batch_queue_limit(struct batch_queue *q, size_t bytes_most)
{
	(void)pthread_mutex_lock(&q->lock);
	q->bytes_most = bytes_most;
	(void)pthread_mutex_unlock(&q->lock);
}

void
batch_queue_free(struct batch_queue *q)
{
	if (q == NULL)
		return;
	(void)pthread_cond_destroy(&q->filled);
	(void)pthread_mutex_destroy(&q->lock);
	free(q);
}

static enum status
room_for(const struct batch_queue *q, const struct batch_job *job)
{
	if (q->closed || q->refusing)
		return E_UNAVAILABLE;
	return q->bytes + job->bytes <= q->bytes_most ? OK : E_BUSY;
}

enum status
batch_put(struct batch_queue *q, struct batch_job *job)
{
	enum status st;
	bool wake = false;

	(void)pthread_mutex_lock(&q->lock);
	st = room_for(q, job);
	if (st == OK) {
		job->next = NULL;
		*q->last = job;
		q->last = &job->next;
		q->bytes += job->bytes;
		wake = q->waiting;
		q->waiting = false;
	}
	(void)pthread_mutex_unlock(&q->lock);
	if (wake)
		(void)pthread_cond_signal(&q->filled);
	return st;
}

/* Cuts off the front of the queue what makes one batch. */
static struct batch_job *
cut(struct batch_queue *q, size_t bytes_most)
{
	struct batch_job *first = q->first, *job = first;
	size_t bytes = job->bytes, entries = job->count;

	while (job->next != NULL && bytes + job->next->bytes <= bytes_most &&
	       entries + job->next->count <= BATCH_ENTRIES_MAX) {
		job = job->next;
		bytes += job->bytes;
		entries += job->count;
	}
	q->first = job->next;
	if (q->first == NULL)
		q->last = &q->first;
	job->next = NULL;
	q->bytes -= bytes;
	return first;
}

static void
wait_filled(struct batch_queue *q, int64_t deadline_us)
{
	struct timespec at = { .tv_sec = deadline_us / SECOND_US, .tv_nsec = (deadline_us % SECOND_US) * 1000 };

	while (q->first == NULL && !q->closed) {
		q->waiting = true;
		if (pthread_cond_timedwait(&q->filled, &q->lock, &at) != 0)
			break;
	}
	q->waiting = false;
}

enum status
batch_take(struct batch_queue *q, size_t bytes_most, int64_t deadline_us, struct batch_job **jobs)
{
	enum status st = OK;

	(void)pthread_mutex_lock(&q->lock);
	wait_filled(q, deadline_us);
	if (q->first != NULL)
		*jobs = cut(q, bytes_most);
	else
		st = q->closed ? E_END : E_TIMEOUT;
	(void)pthread_mutex_unlock(&q->lock);
	return st;
}

void
batch_refuse(struct batch_queue *q, bool refuse)
{
	(void)pthread_mutex_lock(&q->lock);
	q->refusing = refuse;
	(void)pthread_mutex_unlock(&q->lock);
}

void
batch_close(struct batch_queue *q)
{
	(void)pthread_mutex_lock(&q->lock);
	q->closed = true;
	(void)pthread_cond_signal(&q->filled);
	(void)pthread_mutex_unlock(&q->lock);
}

bool
batch_closed(struct batch_queue *q)
{
	bool closed;

	(void)pthread_mutex_lock(&q->lock);
	closed = q->closed;
	(void)pthread_mutex_unlock(&q->lock);
	return closed;
}

size_t
batch_bytes(const struct batch_job *jobs)
{
	size_t bytes = 0;

	for (; jobs != NULL; jobs = jobs->next)
		bytes += jobs->bytes;
	return bytes;
}
