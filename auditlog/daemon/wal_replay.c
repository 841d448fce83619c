#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "auditlog/base/beneath.h"
#include "auditlog/core/tile.h"
#include "auditlog/daemon/wal_inner.h"

/* ---- finding what is there ---- */

static int
by_number(const void *a, const void *b)
{
	const uint64_t *x = a, *y = b;

	return *x < *y ? -1 : *x > *y;
}

static bool
is_segment_name(struct str name)
{
	return name.n == WAL_NAME_LEN && str_only(name, "0123456789");
}

static enum status
list_numbers(int dirfd, uint64_t **out, size_t *count)
{
	int fd = openat(dirfd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *dir = fd < 0 ? NULL : fdopendir(fd);
	CLEANUP(freep) uint64_t *numbers = NULL;
	size_t n = 0, cap = 0;
	struct dirent *d;
	enum status st = OK;

	if (dir == NULL) {
		beneath_closep(&fd);
		return E_IO;
	}
	while (st == OK && (errno = 0, d = readdir(dir)) != NULL) {
		if (!is_segment_name(str_of(d->d_name)))
			continue;
		if (n == cap) {
			uint64_t *more = realloc(numbers, (cap = cap * 2 + 16) * sizeof(*more));

			st = more == NULL ? E_NOMEM : OK;
			numbers = more == NULL ? numbers : more;
		}
		if (st == OK)
			numbers[n++] = strtoull(d->d_name, NULL, 10);
	}
	if (st == OK && errno != 0)
		st = E_IO;
	(void)closedir(dir);
	TRY(st);
	if (n > 0)
		qsort(numbers, n, sizeof(*numbers), by_number);
	*out = STEAL(&numbers);
	*count = n;
	return OK;
}

static void
report_bad(struct wal_report *r, uint64_t index, const char *what, uint64_t number)
{
	r->bad_index = index;
	(void)snprintf(r->what, sizeof(r->what), "%s (wal/%0*" PRIu64 ")", what, WAL_NAME_LEN, number);
}

static enum status
open_part(struct wal *w, uint64_t number, bool cold, struct wal_report *report)
{
	char name[WAL_NAME_ROOM];
	CLEANUP(wal_part_dropp) struct wal_part *part = NULL;
	enum status st;

	wal_put_name(name, number);
	st = wal_part_open(w->dirfd, name, cold, &part);
	if (st == OK && (part->head.number != number || !hash_eq(&part->head.origin, &w->opt.origin)))
		st = E_CORRUPT;
	if (st == E_CORRUPT)
		report_bad(report, report->next, "the segment has no right head, or belongs to another log", number);
	TRY(st);
	TRY(wal_add_part(w, part));
	part = NULL;
	return OK;
}

enum status
wal_scan(struct wal *w, bool cold, struct wal_report *report)
{
	CLEANUP(freep) uint64_t *numbers = NULL;
	size_t count = 0;

	wal_drop_parts(w);
	*report = (struct wal_report){ 0 };
	w->chain = (struct hash){ 0 };
	beneath_closep(&w->sparefd);
	(void)unlinkat(w->dirfd, WAL_SPARE, 0);
	TRY(list_numbers(w->dirfd, &numbers, &count));
	for (size_t i = 0; i < count; i++) {
		if (i > 0 && numbers[i] != numbers[i - 1] + 1) {
			report_bad(report, w->parts[i - 1]->head.first, "the segment after this one is missing",
				   numbers[i - 1]);
			return E_CORRUPT;
		}
		TRY(open_part(w, numbers[i], cold, report));
	}
	if (count == 0)
		return OK;
	report->first = report->next = w->next = w->parts[0]->head.first;
	w->chain = w->parts[0]->head.before;
	return OK;
}

/* ---- replay ---- */

struct replay {
	struct wal *w;
	wal_visit *visit;
	void *ctx;
	struct wal_report *report;
	uint64_t next;
	struct hash chain;
};

static enum status
replay_record(struct replay *r, const struct segment_record *rec)
{
	struct str payload = rec->payload, line = { 0 };
	struct hash leaf = { 0 };

	for (uint32_t i = 0; i < rec->count; i++) {
		if (tile_next_entry(&payload, &line) != OK)
			return E_CORRUPT;
		leaf = hash_leaf(line);
		TRY(r->visit(r->ctx, r->next + i, line, &leaf));
	}
	if (payload.n != 0)
		return E_CORRUPT;
	r->next += rec->count;
	r->chain = segment_record_hash(rec, &leaf);
	return OK;
}

static enum status
replay_bytes(struct replay *r, struct wal_part *part, struct str bytes, bool last)
{
	for (size_t at = SEGMENT_START;;) {
		struct str rest = str_slice(bytes, at, bytes.n);
		struct segment_record rec = { 0 };
		enum status st = segment_get_record(rest, &rec);

		part->end = at;
		if (st == E_END)
			return OK;
		if (st != OK && last && !segment_has_record(str_slice(rest, 1, rest.n), r->next)) {
			part->torn = true;
			r->report->torn = rest.n;
			r->report->bad_index = wal_part_blame(rest, r->next);
			return OK;
		}
		/* Both records are right by themselves, and this one remembers another before it: that one was written
		 * anew. */
		if (st == OK && rec.first == r->next && at > SEGMENT_START && !hash_eq(&rec.before, &r->chain)) {
			report_bad(r->report, r->next - 1, "the next record was written after another one",
				   part->head.number);
			return E_CORRUPT;
		}
		if (st != OK || rec.first != r->next || !hash_eq(&rec.before, &r->chain)) {
			report_bad(r->report, wal_part_blame(rest, r->next),
				   "the record does not match its checksum or chain", part->head.number);
			return E_CORRUPT;
		}
		wal_part_point(part, rec.first, at);
		TRY(replay_record(r, &rec));
		at += rec.total;
	}
}

static enum status
replay_part(struct replay *r, struct wal_part *part, bool last)
{
	CLEANUP(buf_clear) struct buf bytes = BUF(WAL_SEGMENT_MOST);

	if (part->head.first != r->next || !hash_eq(&part->head.before, &r->chain)) {
		report_bad(r->report, r->next, "entries are missing before this segment", part->head.number);
		return E_CORRUPT;
	}
	TRY(wal_part_load(part, &bytes));
	return replay_bytes(r, part, buf_str(&bytes), last);
}

enum status
wal_replay(struct wal *w, wal_visit *visit, void *ctx, struct wal_report *report)
{
	struct replay r = { .w = w, .visit = visit, .ctx = ctx, .report = report, .next = w->next, .chain = w->chain };

	for (size_t i = 0; i < w->count; i++)
		TRY(replay_part(&r, w->parts[i], i + 1 == w->count));
	w->chain = r.chain;
	(void)pthread_mutex_lock(&w->lock);
	w->next = report->next = r.next;
	(void)pthread_mutex_unlock(&w->lock);
	return OK;
}
