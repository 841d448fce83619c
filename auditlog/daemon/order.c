#include "auditlog/daemon/order.h"

#include "auditlog/base/clock.h"
#include "auditlog/base/log.h"

/* `"id":"` and 36 characters and `"`: what two fragments of the same id have in common, byte by byte. */
#define ID_SPELT_LEN 43

enum status
order_open(struct order *o, const struct order_parts *parts, uint64_t size)
{
	o->parts = *parts;
	o->line = BUF(ENTRY_MAX);
	fence_reset(&o->fence, size);
	return entries_open(&o->entries, parts->wal, parts->dirfd);
}

void
order_close(struct order *o)
{
	entries_close(&o->entries);
	buf_clear(&o->line);
}

void
order_restart(struct order *o, uint64_t size)
{
	fence_reset(&o->fence, size);
}

/* ---- has this been stored before? ---- */

struct lookup {
	struct order *order;
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
compare_durable(struct order *o, struct batch_item *item, uint64_t index)
{
	struct str stored = { 0 };
	enum status st;

	buf_reset(&o->line);
	st = entries_get(&o->entries, index, &o->line);
	TRY(st == E_EXPIRED ? E_NOT_FOUND : st); /* pruned: long out of the window */
	TRY(entry_fragment(buf_str(&o->line), &stored) == OK ? OK : E_CORRUPT);
	TRY(compare(stored, item->fragment));
	item->receipt.leaf = hash_leaf(buf_str(&o->line));
	return OK;
}

static enum status
confirm(void *ctx, uint64_t index)
{
	const struct lookup *l = ctx;
	struct order *o = l->order;

	if (index < o->first)
		return compare_durable(o, l->item, index);
	/* What was remembered of a batch that failed points behind the end: no such entry. */
	if (index - o->first >= o->seen)
		return E_NOT_FOUND;
	return compare(o->fresh[index - o->first]->fragment, l->item->fragment);
}

/* New: it gets the next index. Repeated: the index it has. E_CONFLICT: the id is taken. */
static enum status
place_item(struct order *o, struct batch_item *item)
{
	struct lookup l = { o, item };
	enum status st = ids_find(o->parts.ids, &item->id, confirm, &l, &item->receipt.index);

	item->repeated = st == OK;
	if (st != E_NOT_FOUND)
		return st;
	item->receipt.index = o->first + o->seen;
	TRY(ids_put(o->parts.ids, &item->id, item->receipt.index));
	o->fresh[o->seen++] = item;
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

/* ---- may it still be written? ---- */

/* Strictly rising, whatever the clock does. */
static int64_t
next_time(const struct order *o)
{
	return o->now_us > o->tip.time_us ? o->now_us : o->tip.time_us + 1;
}

/* Of what is in the log already nothing is asked: it was not stale when it came. */
static bool
is_stale(const struct order *o, const struct batch_job *job)
{
	int64_t last_us = next_time(o) + (int64_t)job->count - 1;
	bool fresh = false;

	if (!job->fenced)
		return false;
	for (size_t i = 0; i < job->count; i++) {
		if (!job->items[i].repeated && fence_is_stale(&o->fence, &job->items[i].about, job->seen))
			return true;
		fresh = fresh || !job->items[i].repeated;
	}
	return fresh && last_us >= job->until_us;
}

/* ---- index, time, prev, leaf, tree ---- */

static enum status
compose_item(struct order *o, struct batch_item *item)
{
	struct buf *record = wal_record(o->parts.wal);
	int64_t time_us = next_time(o);
	size_t at = record->n;
	struct str line;

	buf_put_u16(record, 0);
	TRY(entry_compose(&o->tip.leaf, item->receipt.index, time_us, item->fragment, record));
	TRY(buf_status(record));
	line = str_slice(buf_str(record), at + 2, record->n);
	record->p[at] = (char)(line.n >> 8);
	record->p[at + 1] = (char)(line.n & 0xff);
	item->receipt.leaf = hash_leaf(line);
	fence_pass(&o->fence, &item->about, item->receipt.index);
	TRY(merkle_add(&o->tip.tree, &item->receipt.leaf, NULL, NULL));
	o->tip.leaf = item->receipt.leaf;
	o->tip.time_us = time_us;
	return OK;
}

/* ---- a batch ---- */

/* All fragments of a request or none: first every id is looked at, then they are composed. */
static enum status
order_job(struct order *o, struct batch_job *job)
{
	o->seen = o->count;
	for (size_t i = 0; i < job->count; i++) {
		enum status st = place_item(o, &job->items[i]);

		if (st != OK) {
			refuse_job(job, st);
			return OK;
		}
	}
	job->stale = is_stale(o, job);
	if (job->stale)
		return OK;
	for (; o->count < o->seen; o->count++)
		TRY(compose_item(o, o->fresh[o->count]));
	return OK;
}

enum status
order_batch(struct order *o, const struct tip *tip, struct batch_job *jobs)
{
	o->tip = *tip;
	o->first = tip->tree.size;
	o->count = o->seen = 0;
	o->now_us = clock_now_us();
	segment_open_record(wal_record(o->parts.wal));
	for (struct batch_job *job = jobs; job != NULL; job = job->next)
		TRY(order_job(o, job));
	return OK;
}

void
order_receipts(const struct order *o, const struct receipt_key *key, struct batch_job *job)
{
	for (size_t i = 0; i < job->count; i++) {
		struct batch_item *item = &job->items[i];
		struct receipt *r = &item->receipt;

		/* Repeated within the batch: the leaf was not known yet when it was placed. */
		if (item->repeated && r->index >= o->first)
			r->leaf = o->fresh[r->index - o->first]->receipt.leaf;
		receipt_mac(key, r->index, &r->leaf, &item->fragment_hash, r->mac);
	}
}
