#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "auditlog/core/tile.h"
#include "auditlog/daemon/wal_inner.h"

/* ---- reading ---- */

bool
wal_range(struct wal *w, uint64_t *first, uint64_t *next)
{
	bool ready;

	(void)pthread_mutex_lock(&w->lock);
	*first = w->count == 0 ? w->next : w->parts[0]->head.first;
	*next = w->next;
	ready = w->ready;
	(void)pthread_mutex_unlock(&w->lock);
	return ready;
}

/* The segment of an entry, held; where to start walking and where it ends for now. */
static enum status
hold(struct wal *w, uint64_t index, struct wal_part **out, size_t *at, size_t *end)
{
	enum status st = E_NOT_FOUND;

	(void)pthread_mutex_lock(&w->lock);
	if (!w->ready)
		st = E_BUSY;
	for (size_t i = w->count; st == E_NOT_FOUND && index < w->next && i > 0; i--) {
		struct wal_part *part = w->parts[i - 1];

		if (part->head.first > index)
			continue;
		wal_part_hold(part);
		*out = part;
		*at = wal_part_near(part, index);
		*end = part->end;
		st = OK;
	}
	(void)pthread_mutex_unlock(&w->lock);
	return st;
}

struct range {
	uint64_t from, to;
	wal_visit *visit;
	void *ctx;
};

static enum status
visit_record(const struct segment_record *rec, struct range *r)
{
	struct str payload = rec->payload, line = { 0 };

	for (uint64_t i = rec->first; i < rec->first + rec->count && i < r->to; i++) {
		TRY(tile_next_entry(&payload, &line) == OK ? OK : E_CORRUPT);
		if (i >= r->from)
			TRY(r->visit(r->ctx, i, line, NULL));
	}
	return OK;
}

/* What the range has in one segment. */
static enum status
visit_part(const struct wal_part *part, size_t at, size_t end, struct range *r)
{
	CLEANUP(buf_clear) struct buf bytes = BUF(WAL_RECORD_MAX);

	while (at < end && r->from < r->to) {
		struct segment_record rec = { 0 };

		TRY(wal_part_read(part, at, r->from, &bytes, &rec));
		if (rec.payload.p != NULL) {
			TRY(visit_record(&rec, r));
			r->from = rec.first + rec.count;
		}
		at += rec.total;
	}
	return OK;
}

enum status
wal_visit_range(struct wal *w, uint64_t from, uint64_t to, wal_visit *visit, void *ctx)
{
	struct range r = { .from = from, .to = to, .visit = visit, .ctx = ctx };

	while (r.from < to) {
		CLEANUP(wal_part_dropp) struct wal_part *part = NULL;
		uint64_t before = r.from;
		size_t at = 0, end = 0;

		TRY(hold(w, r.from, &part, &at, &end));
		TRY(visit_part(part, at, end, &r));
		if (r.from == before)
			return E_CORRUPT;
	}
	return OK;
}

static enum status
copy_line(void *ctx, uint64_t index, struct str line, const struct hash *leaf)
{
	struct buf *out = ctx;

	(void)index;
	(void)leaf;
	buf_put(out, line);
	return buf_status(out);
}

enum status
wal_read(struct wal *w, uint64_t index, struct buf *line)
{
	return wal_visit_range(w, index, index + 1, copy_line, line);
}

/* ---- removing ---- */

/* The oldest segment, held, if every entry of it is covered. */
static struct wal_part *
first_below(struct wal *w, uint64_t covered)
{
	struct wal_part *part = NULL;

	(void)pthread_mutex_lock(&w->lock);
	if (w->ready && w->count > 1 && w->parts[1]->head.first <= covered) {
		part = w->parts[0];
		wal_part_hold(part);
	}
	(void)pthread_mutex_unlock(&w->lock);
	return part;
}

/* A fault may have made the writer read the directory anew meanwhile: then it has found what is there. */
static void
leave_out(struct wal *w, struct wal_part *part)
{
	(void)pthread_mutex_lock(&w->lock);
	if (w->count > 1 && w->parts[0] == part) {
		w->count--;
		memmove(w->parts, w->parts + 1, w->count * sizeof(struct wal_part *));
		wal_part_drop(part);
	}
	(void)pthread_mutex_unlock(&w->lock);
}

/*
 * Oldest first, and each one's removal is durable before the next: a gap between segments would be taken for damage at
 * the next start. What could not be removed stays in the list and is tried again.
 */
enum status
wal_prune(struct wal *w, uint64_t covered)
{
	for (;;) {
		CLEANUP(wal_part_dropp) struct wal_part *part = first_below(w, covered);
		char name[WAL_NAME_ROOM];

		if (part == NULL)
			return OK;
		wal_put_name(name, part->head.number);
		if (unlinkat(w->dirfd, name, 0) != 0 && errno != ENOENT)
			return E_IO;
		if (fsync(w->dirfd) != 0)
			return E_IO;
		leave_out(w, part);
	}
}
