#include "auditlog/daemon/sequence.h"

#include <stdlib.h>
#include <string.h>

#include "auditlog/base/clock.h"
#include "auditlog/base/log.h"
#include "auditlog/daemon/own.h"

/* `"id":"` and 36 characters and `"`: what two fragments of the same id have in common, byte by byte. */
#define ID_SPELT_LEN 43

/* The batch under construction. */
struct draft {
	struct tip tip;
	uint64_t first; /* index of its first new entry */
	uint32_t count; /* of new entries that stand in the record */
	uint32_t seen;  /* count, and those of the job that is being looked at */
	int64_t now_us;
	struct batch_item *fresh[BATCH_ENTRIES_MAX];
};

struct sequence {
	struct sequence_parts parts;
	struct tip tip; /* of what is durable */
	struct entries entries;
	struct buf line; /* for looking at a repeated entry */
	struct draft draft;
	struct fence fence;
};

enum status
sequence_new(const struct sequence_parts *parts, const struct tip *tip, struct sequence **out)
{
	struct sequence *s = calloc(1, sizeof(*s));
	enum status st;

	if (s == NULL)
		return E_NOMEM;
	s->parts = *parts;
	s->tip = *tip;
	s->line = BUF(ENTRY_MAX);
	fence_reset(&s->fence, tip->tree.size);
	st = entries_open(&s->entries, parts->wal, parts->dirfd);
	if (st != OK) {
		free(s);
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
	entries_close(&s->entries);
	buf_clear(&s->line);
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
	fence_reset(&s->fence, tip->tree.size);
	progress_set_tip(s->parts.progress, tip);
}

/* ---- has this been stored before? ---- */

struct lookup {
	struct sequence *s;
	struct batch_item *item;
};

static enum status
compare(struct str stored, struct str sent)
{
	if (!str_eq(str_slice(stored, 0, ID_SPELT_LEN), str_slice(sent, 0, ID_SPELT_LEN)))
		return E_NOT_FOUND;
	return str_eq(stored, sent) ? OK : E_CONFLICT;
}

static enum status
compare_durable(struct sequence *s, struct batch_item *item, uint64_t index)
{
	struct str stored = { 0 };
	enum status st;

	buf_reset(&s->line);
	st = entries_get(&s->entries, index, &s->line);
	TRY(st == E_EXPIRED ? E_NOT_FOUND : st); /* pruned: long out of the window */
	TRY(entry_fragment(buf_str(&s->line), &stored) == OK ? OK : E_CORRUPT);
	TRY(compare(stored, item->fragment));
	item->receipt.leaf = hash_leaf(buf_str(&s->line));
	return OK;
}

static enum status
confirm(void *ctx, uint64_t index)
{
	const struct lookup *l = ctx;
	struct draft *d = &l->s->draft;

	if (index < d->first)
		return compare_durable(l->s, l->item, index);
	/* What was remembered of a batch that failed points behind the end: no such entry. */
	if (index - d->first >= d->seen)
		return E_NOT_FOUND;
	return compare(d->fresh[index - d->first]->fragment, l->item->fragment);
}

/* New: it gets the next index. Repeated: the index it has. E_CONFLICT: the id is taken. */
static enum status
place_item(struct sequence *s, struct batch_item *item)
{
	struct lookup l = { s, item };
	struct draft *d = &s->draft;
	enum status st = ids_find(s->parts.ids, &item->id, confirm, &l, &item->receipt.index);

	item->repeated = st == OK;
	if (st != E_NOT_FOUND)
		return st;
	item->receipt.index = d->first + d->seen;
	TRY(ids_put(s->parts.ids, &item->id, item->receipt.index));
	d->fresh[d->seen++] = item;
	return OK;
}

/* ---- index, time, prev, leaf, tree ---- */

/* Strictly rising, whatever the clock does. */
static int64_t
next_time(const struct draft *d)
{
	return d->now_us > d->tip.time_us ? d->now_us : d->tip.time_us + 1;
}

static enum status
compose_item(struct sequence *s, struct batch_item *item)
{
	struct buf *record = wal_record(s->parts.wal);
	struct tip *tip = &s->draft.tip;
	int64_t time_us = next_time(&s->draft);
	size_t at = record->n;
	struct str line;

	buf_put_u16(record, 0);
	TRY(entry_compose(&tip->leaf, item->receipt.index, time_us, item->fragment, record));
	TRY(buf_status(record));
	line = str_slice(buf_str(record), at + 2, record->n);
	record->p[at] = (char)(line.n >> 8);
	record->p[at + 1] = (char)(line.n & 0xff);
	item->receipt.leaf = hash_leaf(line);
	fence_pass(&s->fence, &item->about, item->receipt.index);
	TRY(merkle_add(&tip->tree, &item->receipt.leaf, NULL, NULL));
	tip->leaf = item->receipt.leaf;
	tip->time_us = time_us;
	return OK;
}

static void
refuse_job(struct batch_job *job, enum status st)
{
	if (st == E_CONFLICT) {
		job->result = E_CONFLICT;
		job->text = "an entry with this id and other content is in the log";
		return;
	}
	/* The first entry of this id cannot be read just now. That is no fault of the writer, and no reason to write it
	 * twice. */
	log_error(st, "log.read", "what=\"a repeated entry cannot be compared\"");
	job->result = E_UNAVAILABLE;
	job->text = "the first entry of this id cannot be read now";
}

/* Of what is in the log already nothing is asked: it was not stale when it came. */
static bool
is_stale(const struct sequence *s, const struct batch_job *job)
{
	int64_t last_us = next_time(&s->draft) + (int64_t)job->count - 1;
	bool fresh = false;

	if (!job->fenced)
		return false;
	for (size_t i = 0; i < job->count; i++) {
		if (!job->items[i].repeated && fence_is_stale(&s->fence, &job->items[i].about, job->seen))
			return true;
		fresh = fresh || !job->items[i].repeated;
	}
	return fresh && last_us >= job->until_us;
}

/* All fragments of a request or none: first every id is looked at, then they are written. */
static enum status
order_job(struct sequence *s, struct batch_job *job)
{
	struct draft *d = &s->draft;

	d->seen = d->count;
	for (size_t i = 0; i < job->count; i++) {
		enum status st = place_item(s, &job->items[i]);

		if (st != OK) {
			refuse_job(job, st);
			return OK;
		}
	}
	job->stale = is_stale(s, job);
	if (job->stale)
		return OK;
	for (; d->count < d->seen; d->count++)
		TRY(compose_item(s, d->fresh[d->count]));
	return OK;
}

static enum status
order(struct sequence *s, struct batch_job *jobs)
{
	struct draft *d = &s->draft;

	d->tip = s->tip;
	d->first = s->tip.tree.size;
	d->count = d->seen = 0;
	d->now_us = clock_now_us();
	segment_open_record(wal_record(s->parts.wal));
	for (struct batch_job *job = jobs; job != NULL; job = job->next)
		TRY(order_job(s, job));
	return OK;
}

/* ---- after the flush ---- */

/* From here on the new entries count: for readers, for the publisher, for the next batch. */
static void
settle(struct sequence *s)
{
	struct draft *d = &s->draft;

	if (d->count == 0)
		return;
	s->tip = d->tip;
	if (s->parts.index != NULL)
		index_feed(s->parts.index, d->first, d->fresh, d->count);
	progress_set_tip(s->parts.progress, &s->tip);
}

static void
write_receipts(struct sequence *s, struct batch_job *job)
{
	const struct draft *d = &s->draft;

	for (size_t i = 0; i < job->count; i++) {
		struct batch_item *item = &job->items[i];
		struct receipt *r = &item->receipt;

		if (item->repeated && r->index >= d->first)
			r->leaf = d->fresh[r->index - d->first]->receipt.leaf;
		receipt_mac(s->parts.key, r->index, &r->leaf, &item->fragment_hash, r->mac);
	}
}

/* Answers everybody, in one go: the receipts, or why there is none. */
static void
answer(struct sequence *s, struct batch_job *jobs, enum status st)
{
	struct outbox_item *list = NULL, **last = &list;

	for (struct batch_job *job = jobs; job != NULL; job = job->next) {
		job->size = s->tip.tree.size;
		if (st == OK && job->result == OK && !job->stale)
			write_receipts(s, job);
		if (st != OK) {
			job->result = E_UNAVAILABLE;
			job->text = "the log cannot be written now; send the same again";
		}
		job->done.next = NULL;
		*last = &job->done;
		last = &job->done.next;
	}
	outbox_put(s->parts.outbox, list);
}

/*
 * The journey of an entry, from a queue in memory to a promise that holds if the power fails.
 *
 * Nothing is said to anybody before step 4 is done. A crash before it leaves either nothing or a record that is whole;
 * the emitter, who heard nothing, sends the same id again and gets the receipt of whichever it was.
 */
static enum status
journey(struct sequence *s, struct batch_job *jobs, bool urgent)
{
	size_t most = batch_bytes(jobs) + SEGMENT_RECORD_EXTRA;

	/* 2. Its place on disk, allocated before a byte is composed. */
	TRY(wal_prepare(s->parts.wal, most, urgent));
	/* 3. Repeated ids find their first entry; new ones get index, time, prev, leaf hash and their place in the
	 * tree. */
	TRY(order(s, jobs));
	/* 4. One write, one flush: now it is durable. The first failure ends the writer's trust in the file (rule R4).
	 */
	if (s->draft.count > 0)
		TRY(wal_commit(s->parts.wal, s->draft.count, &s->draft.tip.leaf));
	/* 5. Readers, index and publisher learn of it. */
	settle(s);
	return OK;
}

enum status
sequence_batch(struct sequence *s, int64_t deadline_us)
{
	size_t most = wal_record_most(s->parts.wal) - SEGMENT_RECORD_EXTRA;
	struct batch_job *jobs = NULL;
	enum status st;

	/* 1. Everything that came while the last flush ran is one batch. */
	TRY(batch_take(s->parts.queue, most, deadline_us, &jobs));
	st = journey(s, jobs, false);
	/* 6. Receipts: index, leaf hash, and a mac that authd-keyd can check. */
	answer(s, jobs, st);
	return st;
}

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
