/*
 * writer_maker.h: for tests, a writer with everything around it but sockets and threads: what is put into its queue is
 * written when the test says so, and the answers are kept for the test to look at.
 */
#ifndef TESTS_UNIT_WRITER_MAKER_H
#define TESTS_UNIT_WRITER_MAKER_H

#include <event2/event.h>

#include "auditlog/base/clock.h"
#include "auditlog/daemon/writer.h"
#include "tests/unit/daemon_maker.h"

#define WRITER_MAKER_QUEUE ((size_t)8 << 20)

struct writer_maker {
	struct daemon_maker *place;
	struct event_base *base;
	struct outbox *outbox;
	struct batch_queue *queue;
	struct progress *progress;
	struct ids *ids;
	struct receipt_key *key;
	struct sequence *sequence;
	struct writer writer;
};

/* An answer as it arrived. */
struct writer_maker_answer {
	bool given;
	enum status status;
	bool stale;
	uint64_t size;
	size_t count;
	struct receipt receipts[8];
};

/* The block of memory of one request, with where its answer goes behind it. */
struct writer_maker_job {
	struct batch_job *job;
	struct writer_maker_answer *answer;
};

static UNUSED struct writer_maker_job writer_maker_jobs[64];

static UNUSED void
writer_maker_deliver(struct outbox_item *item)
{
	struct batch_job *job = (struct batch_job *)(void *)item;

	for (size_t i = 0; i < ARRAY_LEN(writer_maker_jobs); i++) {
		struct writer_maker_answer *a = writer_maker_jobs[i].answer;

		if (writer_maker_jobs[i].job != job)
			continue;
		cr_assert_not(a->given, "one answer for one request");
		a->given = true;
		a->status = job->result;
		a->stale = job->stale;
		a->size = job->size;
		a->count = job->count;
		for (size_t n = 0; n < job->count && n < ARRAY_LEN(a->receipts); n++)
			a->receipts[n] = job->items[n].receipt;
		writer_maker_jobs[i].job = NULL;
	}
	free(job);
}

static UNUSED enum status
writer_maker_recover(void *ctx, const struct tip *known, struct tip *found)
{
	struct writer_maker *m = ctx;
	struct recover_job job = { .wal = m->place->wal, .dirfd = m->place->dirfd, .cold = true, .floor_count = 1 };
	struct recover_result result = { 0 };
	enum status st;

	job.floors[0] = (struct recover_floor){ known->tree.size, merkle_root(&known->tree), "receipts" };
	st = recover_run(&job, &result);
	if (st == E_CONFLICT)
		return E_CORRUPT;
	TRY(st);
	*found = result.tip;
	return OK;
}

static UNUSED struct writer_maker *
writer_maker_new(size_t segment_bytes)
{
	struct writer_maker *m = calloc(1, sizeof(*m));
	struct sequence_parts parts;
	char key[RECEIPT_KEY_LEN];

	memset(key, 7, sizeof(key));
	m->place = daemon_maker_new(segment_bytes);
	m->base = event_base_new();
	EXPECT_OK(outbox_new(m->base, &m->outbox));
	EXPECT_OK(batch_queue_new(WRITER_MAKER_QUEUE, &m->queue));
	EXPECT_OK(progress_new(&m->progress));
	EXPECT_OK(ids_new(&m->ids));
	EXPECT_OK(receipt_key_of(str_from(key, sizeof(key)), &m->key));
	parts = (struct sequence_parts){ .queue = m->queue,
					 .outbox = m->outbox,
					 .progress = m->progress,
					 .wal = m->place->wal,
					 .ids = m->ids,
					 .key = m->key,
					 .dirfd = m->place->dirfd };
	EXPECT_OK(sequence_new(&parts, &m->place->tip, &m->sequence));
	m->writer = (struct writer){ .sequence = m->sequence,
				     .queue = m->queue,
				     .progress = m->progress,
				     .wal = m->place->wal,
				     .recover = writer_maker_recover,
				     .recover_ctx = m };
	return m;
}

static UNUSED void
writer_maker_free(struct writer_maker *m)
{
	sequence_free(m->sequence);
	outbox_free(m->outbox);
	batch_queue_free(m->queue);
	progress_free(m->progress);
	ids_free(m->ids);
	receipt_key_free(m->key);
	event_base_free(m->base);
	daemon_maker_free(m->place);
	free(m);
}

/* A request with these fragments into the queue; a condition (fence.h) when it is fenced. */
static UNUSED enum status
writer_maker_put_all(struct writer_maker *m, const struct str *fragments, size_t count,
		     const struct batch_job *condition, struct writer_maker_answer *answer)
{
	struct batch_job *job = NULL;
	size_t bytes = 0, slot = 0;
	char *to = NULL;
	enum status st;

	for (size_t i = 0; i < count; i++)
		bytes += fragments[i].n;
	EXPECT_OK(batch_job_new(count, bytes, &job, &to));
	for (size_t i = 0; i < count; i++) {
		memcpy(to, fragments[i].p, fragments[i].n);
		EXPECT_OK(batch_item_fill(&job->items[i], str_from(to, fragments[i].n), ENTRY_FROM_EMITTER));
		to += fragments[i].n;
	}
	job->bytes = bytes + count * BATCH_ENTRY_EXTRA;
	job->done.deliver = writer_maker_deliver;
	job->fenced = condition->fenced;
	job->seen = condition->seen;
	job->until_us = condition->until_us;
	*answer = (struct writer_maker_answer){ 0 };
	while (writer_maker_jobs[slot].job != NULL)
		slot++;
	writer_maker_jobs[slot] = (struct writer_maker_job){ job, answer };
	st = batch_put(m->queue, job);
	if (st != OK) {
		writer_maker_jobs[slot].job = NULL;
		free(job);
	}
	return st;
}

static UNUSED enum status
writer_maker_put(struct writer_maker *m, const struct str *fragments, size_t count, struct writer_maker_answer *answer)
{
	const struct batch_job none = { 0 };

	return writer_maker_put_all(m, fragments, count, &none, answer);
}

static UNUSED enum status
writer_maker_put_fenced(struct writer_maker *m, struct str fragment, uint64_t seen, int64_t until_us,
			struct writer_maker_answer *answer)
{
	const struct batch_job condition = { .fenced = true, .seen = seen, .until_us = until_us };

	return writer_maker_put_all(m, &fragment, 1, &condition, answer);
}

/* One batch, and its answers delivered. */
static UNUSED enum status
writer_maker_batch(struct writer_maker *m)
{
	enum status st = sequence_batch(m->sequence, clock_mono_us());

	outbox_drain(m->outbox);
	return st;
}

/* One request of one fragment, in a batch of its own. */
static UNUSED struct writer_maker_answer
writer_maker_append(struct writer_maker *m, struct str fragment)
{
	struct writer_maker_answer a;

	EXPECT_OK(writer_maker_put(m, &fragment, 1, &a));
	(void)!writer_maker_batch(m);
	cr_assert(a.given);
	return a;
}

/* The receipt tells the truth: the entry stands at its index, ends in the fragment, and has that leaf hash. */
static UNUSED void
writer_maker_expect_stored(struct writer_maker *m, const struct receipt *r, struct str fragment)
{
	CLEANUP(buf_clear) struct buf line = BUF(ENTRY_MAX);
	struct str stored = { 0 };
	struct hash leaf;

	EXPECT_OK(wal_read(m->place->wal, r->index, &line));
	EXPECT_OK(entry_fragment(buf_str(&line), &stored));
	EXPECT_STR(fragment, stored);
	leaf = hash_leaf(buf_str(&line));
	cr_assert(hash_eq(&leaf, &r->leaf));
	EXPECT_OK(receipt_check(m->key, r, fragment));
}

#endif
