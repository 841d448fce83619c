#include "auditlog/daemon/query.h"

#include <pthread.h>
#include <stdlib.h>

#include "auditlog/base/log.h"

struct question {
	struct outbox_item done;
	struct question *next;
	struct msg_request req;
	struct query_ask ask;
	enum status result;
	struct buf reply;
};

struct query {
	struct query_parts parts;
	struct entries entries;
	pthread_mutex_t lock;
	pthread_cond_t filled;
	struct question *first, **last;
	size_t count;
	bool stopping;
	pthread_t thread;
	bool running;
};

/* ---- answering ---- */

static enum status
answer_read(struct query *q, uint64_t index, struct buf *reply)
{
	buf_put_u64(reply, index);
	return entries_get(&q->entries, index, reply);
}

struct look {
	struct query *q;
	const struct uuid *id;
};

/* The window gives candidates; the entry itself says whether it is the one. */
static enum status
confirm(void *ctx, uint64_t index)
{
	const struct look *l = ctx;
	CLEANUP(buf_clear) struct buf line = BUF(ENTRY_MAX);
	struct entry_view view = { 0 };

	TRY(entries_get(&l->q->entries, index, &line));
	TRY(entry_parse(buf_str(&line), &view) == OK ? OK : E_CORRUPT);
	return str_eq(str_from(view.entry.id.b, sizeof(view.entry.id.b)), str_from(l->id->b, sizeof(l->id->b)))
		   ? OK
		   : E_NOT_FOUND;
}

static enum status
answer_find(struct query *q, const struct uuid *id, struct buf *reply)
{
	struct look l = { q, id };
	uint64_t index = 0;
	enum status st = ids_find(q->parts.ids, id, confirm, &l, &index);

	if (st == E_NOT_FOUND)
		st = index_by_id(q->parts.index, id, &index);
	TRY(st);
	return answer_read(q, index, reply);
}

static enum status
answer_by_tag(struct query *q, const struct query_ask *ask, struct buf *reply)
{
	uint64_t found[APPEND_LIMIT_MAX], minimum = 0;
	size_t count = 0;

	TRY(index_by_tag(q->parts.index, str_from(ask->tag, APPEND_TAG_LEN), ask->index, ask->limit, found, &count));
	TRY(entries_minimum(&q->entries, &minimum));
	/* Newest first: behind the first that was pruned there is nothing to be read any more. */
	while (count > 0 && found[count - 1] < minimum)
		count--;
	buf_put_u16(reply, (uint16_t)count);
	for (size_t i = 0; i < count; i++)
		buf_put_u64(reply, found[i]);
	return buf_status(reply);
}

static enum status
answer(struct query *q, struct question *one)
{
	switch (one->ask.type) {
	case APPEND_READ:
		return answer_read(q, one->ask.index, &one->reply);
	case APPEND_FIND:
		return answer_find(q, &one->ask.id, &one->reply);
	case APPEND_BY_TAG:
		return answer_by_tag(q, &one->ask, &one->reply);
	default:
		return E_SYSTEM;
	}
}

/* ---- back on the loop thread ---- */

static const char *
words_for(enum status st)
{
	switch (st) {
	case E_NOT_FOUND:
		return "no such entry";
	case E_EXPIRED:
		return "the log keeps this entry no longer";
	case E_INVALID:
		return "that is no tag";
	case E_UNAVAILABLE:
		return "the index is being made; ask again";
	default:
		return "the entry cannot be read";
	}
}

static void
deliver(struct outbox_item *item)
{
	struct question *one = (struct question *)(void *)item;
	uint16_t type = one->ask.type == APPEND_BY_TAG ? APPEND_INDICES : APPEND_ENTRY;

	if (one->result == OK)
		msg_reply(&one->req, type, buf_str(&one->reply));
	else
		msg_reply_error(&one->req, one->result, words_for(one->result));
	buf_clear(&one->reply);
	free(one);
}

/* ---- the thread ---- */

static struct question *
take(struct query *q)
{
	struct question *one;

	(void)pthread_mutex_lock(&q->lock);
	while (q->first == NULL && !q->stopping)
		(void)pthread_cond_wait(&q->filled, &q->lock);
	one = q->first;
	if (one != NULL) {
		q->first = one->next;
		q->count--;
	}
	if (q->first == NULL)
		q->last = &q->first;
	(void)pthread_mutex_unlock(&q->lock);
	return one;
}

static void *
run(void *arg)
{
	struct query *q = arg;
	struct question *one;

	while ((one = take(q)) != NULL) {
		one->result = answer(q, one);
		if (one->result == E_CORRUPT || one->result == E_IO)
			log_error(one->result, "query.read", "type=%u", one->ask.type);
		outbox_put(q->parts.outbox, &one->done);
	}
	return NULL;
}

enum status
query_new(const struct query_parts *parts, struct query **out)
{
	struct query *q = calloc(1, sizeof(*q));
	enum status st;

	if (q == NULL)
		return E_NOMEM;
	q->parts = *parts;
	q->last = &q->first;
	(void)pthread_mutex_init(&q->lock, NULL);
	(void)pthread_cond_init(&q->filled, NULL);
	st = entries_open(&q->entries, parts->wal, parts->dirfd);
	if (st == OK && pthread_create(&q->thread, NULL, run, q) != 0)
		st = E_SYSTEM;
	q->running = st == OK;
	if (st != OK) {
		query_free(q);
		return st;
	}
	*out = q;
	return OK;
}

void
query_stop(struct query *q)
{
	if (q == NULL)
		return;
	(void)pthread_mutex_lock(&q->lock);
	q->stopping = true;
	(void)pthread_cond_signal(&q->filled);
	(void)pthread_mutex_unlock(&q->lock);
	if (q->running)
		(void)pthread_join(q->thread, NULL);
	q->running = false;
}

void
query_free(struct query *q)
{
	if (q == NULL)
		return;
	query_stop(q);
	entries_close(&q->entries);
	(void)pthread_cond_destroy(&q->filled);
	(void)pthread_mutex_destroy(&q->lock);
	free(q);
}

enum status
query_put(struct query *q, const struct msg_request *req, const struct query_ask *ask)
{
	struct question *one = NULL;
	enum status st = OK;

	(void)pthread_mutex_lock(&q->lock);
	if (q->count < QUERY_WAITING_MAX && !q->stopping)
		one = calloc(1, sizeof(*one));
	if (one == NULL) {
		st = q->stopping ? E_UNAVAILABLE : E_BUSY;
	} else {
		one->done.deliver = deliver;
		one->req = *req;
		one->ask = *ask;
		one->reply = BUF(ENTRY_MAX + 16);
		*q->last = one;
		q->last = &one->next;
		q->count++;
		(void)pthread_cond_signal(&q->filled);
	}
	(void)pthread_mutex_unlock(&q->lock);
	return st;
}
