#include "auditlog/daemon/wal.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "auditlog/base/beneath.h"
#include "auditlog/base/file.h"
#include "auditlog/core/entry.h"
#include "auditlog/core/tile.h"
#include "auditlog/daemon/wal_part.h"

#define SPARE "spare"
#define NAME_LEN 10

struct wal {
	struct wal_options opt;
	struct wal_io io;
	int dirfd;    /* wal/ */
	int sparefd;  /* the next segment, allocated, without a head; -1 when there is none */
	struct hash chain; /* hash of the last record */
	struct buf record;

	pthread_mutex_t lock; /* guards what follows: readers and the pruner are other threads */
	struct wal_part **parts;
	size_t count, cap;
	uint64_t next;
	bool ready; /* replayed, and made ready to append */
};

/* ---- life ---- */

static struct wal_io
io_of(const struct wal_io *given)
{
	struct wal_io io = given != NULL ? *given : (struct wal_io){ 0 };

	if (io.pwrite == NULL)
		io.pwrite = pwrite;
	if (io.fdatasync == NULL)
		io.fdatasync = fdatasync;
	if (io.fallocate == NULL)
		io.fallocate = fallocate;
	return io;
}

static enum status
open_dir(struct wal *w)
{
	TRY(file_make_dirs_at(w->opt.dirfd, "wal", 0700));
	return beneath_open(w->opt.dirfd, "wal", O_RDONLY | O_DIRECTORY, 0, &w->dirfd);
}

enum status
wal_new(const struct wal_options *opt, struct wal **out)
{
	struct wal *w;
	enum status st;

	if (opt->segment_bytes < WAL_SEGMENT_LEAST || opt->segment_bytes > WAL_SEGMENT_MOST)
		return E_INVALID;
	w = calloc(1, sizeof(*w));
	if (w == NULL)
		return E_NOMEM;
	w->opt = *opt;
	w->io = io_of(opt->io);
	w->dirfd = w->sparefd = -1;
	w->record = BUF(wal_record_most(w));
	(void)pthread_mutex_init(&w->lock, NULL);
	st = open_dir(w);
	if (st != OK) {
		wal_free(w);
		return st;
	}
	*out = w;
	return OK;
}

/* Forgets every segment; readers that hold one keep it until they are done. */
static void
drop_parts(struct wal *w)
{
	(void)pthread_mutex_lock(&w->lock);
	for (size_t i = 0; i < w->count; i++)
		wal_part_drop(w->parts[i]);
	w->count = 0;
	w->next = 0;
	w->ready = false;
	(void)pthread_mutex_unlock(&w->lock);
}

void
wal_free(struct wal *w)
{
	if (w == NULL)
		return;
	drop_parts(w);
	free(w->parts);
	buf_clear(&w->record);
	beneath_closep(&w->sparefd);
	beneath_closep(&w->dirfd);
	(void)pthread_mutex_destroy(&w->lock);
	free(w);
}

size_t
wal_record_most(const struct wal *w)
{
	size_t room = w->opt.segment_bytes - SEGMENT_START - WAL_URGENT_BYTES;

	return room < WAL_RECORD_MAX ? room : WAL_RECORD_MAX;
}

/* Takes the part on OK. */
static enum status
add_part(struct wal *w, struct wal_part *part)
{
	enum status st = OK;

	(void)pthread_mutex_lock(&w->lock);
	if (w->count == w->cap) {
		size_t cap = w->cap == 0 ? 16 : w->cap * 2;
		struct wal_part **more = realloc(w->parts, cap * sizeof(struct wal_part *));

		if (more == NULL) {
			st = E_NOMEM;
		} else {
			w->parts = more;
			w->cap = cap;
		}
	}
	if (st == OK)
		w->parts[w->count++] = part;
	(void)pthread_mutex_unlock(&w->lock);
	return st;
}

static struct wal_part *
last_part(const struct wal *w)
{
	return w->count == 0 ? NULL : w->parts[w->count - 1];
}

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
	return name.n == NAME_LEN && str_only(name, "0123456789");
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
	(void)snprintf(r->what, sizeof(r->what), "%s (wal/%0*" PRIu64 ")", what, NAME_LEN, number);
}

static enum status
open_part(struct wal *w, uint64_t number, bool cold, struct wal_report *report)
{
	char name[NAME_LEN + 12];
	CLEANUP(wal_part_dropp) struct wal_part *part = NULL;
	enum status st;

	(void)snprintf(name, sizeof(name), "%0*" PRIu64, NAME_LEN, number);
	st = wal_part_open(w->dirfd, name, cold, &part);
	if (st == OK && (part->head.number != number || !hash_eq(&part->head.origin, &w->opt.origin)))
		st = E_CORRUPT;
	if (st == E_CORRUPT)
		report_bad(report, report->next, "the segment has no right head, or belongs to another log", number);
	TRY(st);
	TRY(add_part(w, part));
	part = NULL;
	return OK;
}

enum status
wal_scan(struct wal *w, bool cold, struct wal_report *report)
{
	CLEANUP(freep) uint64_t *numbers = NULL;
	size_t count = 0;

	drop_parts(w);
	*report = (struct wal_report){ 0 };
	w->chain = (struct hash){ 0 };
	beneath_closep(&w->sparefd);
	(void)unlinkat(w->dirfd, SPARE, 0);
	TRY(list_numbers(w->dirfd, &numbers, &count));
	for (size_t i = 0; i < count; i++) {
		if (i > 0 && numbers[i] != numbers[i - 1] + 1) {
			report_bad(report, w->parts[i - 1]->head.first, "the segment after this one is missing", numbers[i - 1]);
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
			r->report->torn = rest.n;
			return OK;
		}
		if (st != OK || rec.first != r->next || !hash_eq(&rec.before, &r->chain)) {
			report_bad(r->report, wal_part_blame(rest, r->next), "the record does not match its checksum or chain",
			           part->head.number);
			return E_CORRUPT;
		}
		TRY(wal_part_point(part, rec.first, at));
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

/* ---- segments to write to ---- */

static enum status
space_status(void)
{
	return errno == ENOSPC || errno == EDQUOT || errno == EFBIG ? E_LIMITED : E_IO;
}

static enum status
allocate(struct wal *w, int fd, off_t from)
{
	off_t size = (off_t)w->opt.segment_bytes;
	struct statvfs fs;
	int got;

	do
		got = w->io.fallocate(fd, 0, from, size - from);
	while (got != 0 && errno == EINTR);
	if (got != 0)
		return space_status();
	if (fstatvfs(fd, &fs) != 0)
		return E_IO;
	return (uint64_t)fs.f_bavail * fs.f_frsize >= w->opt.keep_free ? OK : E_LIMITED;
}

enum status
wal_reserve(struct wal *w)
{
	CLEANUP(beneath_closep) int fd = -1;
	enum status st;

	if (w->sparefd >= 0)
		return OK;
	(void)unlinkat(w->dirfd, SPARE, 0);
	fd = openat(w->dirfd, SPARE, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (fd < 0)
		return space_status();
	st = allocate(w, fd, 0);
	if (st != OK) {
		(void)unlinkat(w->dirfd, SPARE, 0);
		return st;
	}
	w->sparefd = fd;
	fd = -1;
	return OK;
}

/* 1. head into the spare file  2. sync it  3. give it its name  4. sync the directory: only then is it a segment. */
static enum status
name_spare(struct wal *w, const struct segment_head *head, const char *name)
{
	CLEANUP(buf_clear) struct buf bytes = BUF(SEGMENT_START);

	segment_put_head(&bytes, head);
	TRY(buf_status(&bytes));
	if (w->io.pwrite(w->sparefd, bytes.p, bytes.n, 0) != (ssize_t)bytes.n)
		return E_IO;
	if (w->io.fdatasync(w->sparefd) != 0)
		return E_IO;
	if (renameat(w->dirfd, SPARE, w->dirfd, name) != 0 || fsync(w->dirfd) != 0)
		return E_IO;
	return OK;
}

static enum status
new_segment(struct wal *w)
{
	const struct wal_part *last = last_part(w);
	struct segment_head head = { .number = last == NULL ? 0 : last->head.number + 1, .first = w->next };
	CLEANUP(wal_part_dropp) struct wal_part *part = NULL;
	char name[NAME_LEN + 12];

	TRY(wal_reserve(w));
	head.before = w->chain;
	head.origin = w->opt.origin;
	(void)snprintf(name, sizeof(name), "%0*" PRIu64, NAME_LEN, head.number);
	TRY(name_spare(w, &head, name));
	TRY(wal_part_new(w->sparefd, &head, w->opt.segment_bytes, &part));
	w->sparefd = -1;
	TRY(add_part(w, part));
	part = NULL;
	return OK;
}

/* Nothing behind the end, and room again up to the full size: bytes of a torn record must not be met later. */
static enum status
cut_tail(struct wal *w, struct wal_part *part, bool refill)
{
	enum status st = OK;

	if (ftruncate(part->fd, (off_t)part->end) != 0)
		return E_IO;
	if (refill && part->end < w->opt.segment_bytes)
		st = allocate(w, part->fd, (off_t)part->end);
	part->size = refill && st == OK ? w->opt.segment_bytes : part->end;
	TRY(st == E_LIMITED ? OK : st);
	return fsync(part->fd) == 0 ? OK : E_IO;
}

enum status
wal_start(struct wal *w, bool fresh)
{
	struct wal_part *last = last_part(w);

	if (last != NULL)
		TRY(cut_tail(w, last, !fresh));
	if (last == NULL || fresh)
		TRY(new_segment(w));
	(void)pthread_mutex_lock(&w->lock);
	w->ready = true;
	(void)pthread_mutex_unlock(&w->lock);
	return OK;
}

enum status
wal_prepare(struct wal *w, size_t record, bool urgent)
{
	const struct wal_part *last = last_part(w);
	size_t keep = urgent ? 0 : WAL_URGENT_BYTES;

	if (record > wal_record_most(w) || last == NULL)
		return E_INVALID;
	if (last->end + record + keep <= last->size)
		return OK;
	return new_segment(w);
}

/* ---- writing ---- */

struct buf *
wal_record(struct wal *w)
{
	return &w->record;
}

static enum status
write_once(struct wal *w, const struct wal_part *part)
{
	const char *p = w->record.p;
	size_t n = w->record.n;
	off_t at = (off_t)part->end;

	while (n > 0) {
		ssize_t done = w->io.pwrite(part->fd, p, n, at);

		if (done < 0 && errno == EINTR)
			continue;
		if (done <= 0)
			return E_IO;
		p += done;
		at += done;
		n -= (size_t)done;
	}
	return w->io.fdatasync(part->fd) == 0 ? OK : E_IO;
}

/* A file that was removed or cut short under us takes writes gladly, and keeps none of them. */
static enum status
still_there(const struct wal_part *part, size_t end)
{
	struct stat st;

	if (fstat(part->fd, &st) != 0)
		return E_IO;
	return st.st_nlink > 0 && st.st_size >= (off_t)end ? OK : E_IO;
}

enum status
wal_commit(struct wal *w, uint32_t count, const struct hash *last_leaf)
{
	struct wal_part *part = last_part(w);
	struct segment_record rec = { .first = w->next, .count = count, .before = w->chain };

	if (part == NULL || count == 0)
		return E_INVALID;
	segment_close_record(&w->record, w->next, count, &w->chain);
	TRY(buf_status(&w->record));
	if (part->end + w->record.n > part->size)
		return E_INVALID;
	rec.payload.n = w->record.n - SEGMENT_RECORD_EXTRA;
	TRY(write_once(w, part));
	TRY(still_there(part, part->end + w->record.n));
	w->chain = segment_record_hash(&rec, last_leaf);
	(void)pthread_mutex_lock(&w->lock);
	(void)wal_part_point(part, w->next, part->end); /* without it reading walks a little further */
	part->end += w->record.n;
	w->next += count;
	(void)pthread_mutex_unlock(&w->lock);
	return OK;
}

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

static struct wal_part *
take_first_below(struct wal *w, uint64_t covered)
{
	struct wal_part *part = NULL;

	(void)pthread_mutex_lock(&w->lock);
	if (w->count > 1 && w->parts[1]->head.first <= covered) {
		part = w->parts[0];
		w->count--;
		memmove(w->parts, w->parts + 1, w->count * sizeof(struct wal_part *));
	}
	(void)pthread_mutex_unlock(&w->lock);
	return part;
}

enum status
wal_prune(struct wal *w, uint64_t covered)
{
	struct wal_part *part;
	bool removed = false;

	while ((part = take_first_below(w, covered)) != NULL) {
		char name[NAME_LEN + 12];

		(void)snprintf(name, sizeof(name), "%0*" PRIu64, NAME_LEN, part->head.number);
		wal_part_drop(part);
		if (unlinkat(w->dirfd, name, 0) != 0)
			return E_IO;
		removed = true;
	}
	return !removed || fsync(w->dirfd) == 0 ? OK : E_IO;
}
