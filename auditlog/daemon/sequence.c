#include "auditlog/daemon/sequence.h"

#include <stdlib.h>

#include "auditlog/daemon/order.h"
#include "auditlog/daemon/own.h"

struct sequence {
	struct sequence_parts parts;
	struct tip tip; /* of what is durable */
	struct order order;
};

/* ---- the journey of an entry, from a queue in memory to a promise that holds if the power fails ---- */

/* One write, one flush. The first failure ends the writer's trust in the file (rule R4). */
static enum status
make_durable(struct sequence *s)
{
	const struct order *o = &s->order;

	return o->count > 0 ? wal_commit(s->parts.wal, o->count, &o->tip.leaf) : OK;
}

/* From here on the new entries count: for readers, for the publisher, for the next batch. */
static void
settle(struct sequence *s)
{
	const struct order *o = &s->order;

	if (o->count == 0)
		return;
	s->tip = o->tip;
	if (s->parts.index != NULL)
		index_feed(s->parts.index, o->first, o->fresh, o->count);
	progress_set_tip(s->parts.progress, &s->tip);
}

static void
answer_job(struct sequence *s, struct batch_job *job, enum status st)
{
	job->size = s->tip.tree.size;
	if (st != OK) {
		job->result = E_UNAVAILABLE;
		job->text = "the log cannot be written now; send the same again";
	} else if (job->result == OK && !job->stale) {
		order_receipts(&s->order, s->parts.key, job);
	}
}

/* Everybody, in one go: the receipts, or why there is none. */
static void
answer(struct sequence *s, struct batch_job *jobs, enum status st)
{
	struct outbox_item *list = NULL, **last = &list;

	for (struct batch_job *job = jobs; job != NULL; job = job->next) {
		answer_job(s, job, st);
		job->done.next = NULL;
		*last = &job->done;
		last = &job->done.next;
	}
	outbox_put(s->parts.outbox, list);
}

/*
 * Nothing is said to anybody before step 4 is done. A crash before it leaves either nothing or a record that is whole;
 * the emitter, who heard nothing, sends the same id again and gets the receipt of whichever it was.
 */
static enum status
journey(struct sequence *s, struct batch_job *jobs, bool urgent)
{
	size_t most = batch_bytes(jobs) + SEGMENT_RECORD_EXTRA;

	TRY(wal_prepare(s->parts.wal, most, urgent)); /* 2. wal.c     its place on disk is had first       */
	TRY(order_batch(&s->order, &s->tip, jobs));   /* 3. order.c   repeated, stale, or composed         */
	TRY(make_durable(s));                         /* 4. wal.c     one write, one flush: now it holds   */
	settle(s);                                    /* 5. index.c   readers and the publisher learn of it */
	return OK;
}

enum status
sequence_batch(struct sequence *s, int64_t deadline_us)
{
	size_t most = wal_record_most(s->parts.wal) - SEGMENT_RECORD_EXTRA;
	struct batch_job *jobs = NULL;
	enum status st;

	TRY(batch_take(s->parts.queue, most, deadline_us, &jobs)); /* 1. batch.c   all that has come meanwhile */
	st = journey(s, jobs, false);
	answer(s, jobs, st); /* 6. outbox.c  receipts, or why there are none */
	return st;
}

/* The log's own entries wait in no queue and want no receipt. */
enum status
sequence_own(struct sequence *s, enum entry_event event, const struct entry_fact *facts, size_t count)
{
	struct batch_job *job = NULL;
	enum status st;

	TRY(own_job(event, facts, count, &job));
	st = journey(s, job, true);
	free(job);
	return st;
}

void
sequence_refuse_waiting(struct sequence *s)
{
	struct batch_job *jobs = NULL;

	while (batch_take(s->parts.queue, SIZE_MAX, 0, &jobs) == OK)
		answer(s, jobs, E_UNAVAILABLE);
}

/* ---- life ---- */

enum status
sequence_new(const struct sequence_parts *parts, const struct tip *tip, struct sequence **out)
{
	const struct order_parts order = { .wal = parts->wal, .ids = parts->ids, .dirfd = parts->dirfd };
	struct sequence *s = calloc(1, sizeof(*s));
	enum status st;

	if (s == NULL)
		return E_NOMEM;
	s->parts = *parts;
	s->tip = *tip;
	st = order_open(&s->order, &order, tip->tree.size);
	if (st != OK) {
		sequence_free(s);
		return st;
	}
	progress_set_tip(parts->progress, tip);
	*out = s;
	return OK;
}

void
sequence_free(struct sequence *s)
{
	if (s == NULL)
		return;
	order_close(&s->order);
	free(s);
}

void
sequence_tip(const struct sequence *s, struct tip *out)
{
	*out = s->tip;
}

void
sequence_restart(struct sequence *s, const struct tip *tip)
{
	s->tip = *tip;
	order_restart(&s->order, tip->tree.size);
	progress_set_tip(s->parts.progress, tip);
}
