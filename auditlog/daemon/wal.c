#include "auditlog/daemon/wal.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "auditlog/base/beneath.h"
#include "auditlog/base/file.h"
#include "auditlog/daemon/wal_inner.h"

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
	w->keep_free = opt->keep_free;
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

void
wal_drop_parts(struct wal *w)
{
	(void)pthread_mutex_lock(&w->lock);
	for (size_t i = 0; i < w->count; i++)
		wal_part_drop(w->parts[i]);
	w->count = 0;
	w->last = NULL;
	w->next = 0;
	w->ready = false;
	(void)pthread_mutex_unlock(&w->lock);
}

void
wal_free(struct wal *w)
{
	if (w == NULL)
		return;
	wal_drop_parts(w);
	free(w->parts);
	buf_clear(&w->record);
	beneath_closep(&w->sparefd);
	beneath_closep(&w->dirfd);
	(void)pthread_mutex_destroy(&w->lock);
	free(w);
}

void
wal_set_keep_free(struct wal *w, uint64_t bytes)
{
	w->keep_free = bytes;
}

size_t
wal_record_most(const struct wal *w)
{
	size_t room = w->opt.segment_bytes - SEGMENT_START - WAL_URGENT_BYTES;

	return room < WAL_RECORD_MAX ? room : WAL_RECORD_MAX;
}

enum status
wal_add_part(struct wal *w, struct wal_part *part)
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
		w->parts[w->count++] = w->last = part;
	(void)pthread_mutex_unlock(&w->lock);
	return st;
}

void
wal_put_name(char name[WAL_NAME_ROOM], uint64_t number)
{
	(void)snprintf(name, WAL_NAME_ROOM, "%0*" PRIu64, WAL_NAME_LEN, number);
}

/* ---- segments to write to ---- */

/* How far ahead zeroes are written, and how much at once. */
#define ZERO_AHEAD ((size_t)256 << 10)
#define ZERO_PIECE ((size_t)64 << 10)

static enum status
space_status(void)
{
	return errno == ENOSPC || errno == EDQUOT || errno == EFBIG ? E_LIMITED : E_IO;
}

static enum status
allocate(struct wal *w, int fd, off_t from)
{
	off_t size = (off_t)w->opt.segment_bytes;
	int got;

	do
		got = w->io.fallocate(fd, 0, from, size - from);
	while (got != 0 && errno == EINTR);
	return got == 0 ? OK : space_status();
}

/* Is enough left to others? */
static enum status
check_free(const struct wal *w, int fd)
{
	struct statvfs fs;

	if (fstatvfs(fd, &fs) != 0)
		return E_IO;
	return (uint64_t)fs.f_bavail * fs.f_frsize >= w->keep_free ? OK : E_LIMITED;
}

enum status
wal_reserve(struct wal *w)
{
	CLEANUP(beneath_closep) int fd = -1;
	enum status st;

	if (w->sparefd >= 0)
		return OK;
	(void)unlinkat(w->dirfd, WAL_SPARE, 0);
	fd = openat(w->dirfd, WAL_SPARE, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (fd < 0)
		return space_status();
	st = allocate(w, fd, 0);
	if (st == OK)
		st = check_free(w, fd);
	if (st != OK) {
		(void)unlinkat(w->dirfd, WAL_SPARE, 0);
		return st;
	}
	w->sparefd = fd;
	fd = -1;
	return OK;
}

static enum status
write_whole(const struct wal *w, int fd, const char *p, size_t n, off_t at)
{
	while (n > 0) {
		ssize_t done = w->io.pwrite(fd, p, n, at);

		if (done < 0 && errno == EINTR)
			continue;
		if (done <= 0)
			return E_IO;
		p += done;
		at += done;
		n -= (size_t)done;
	}
	return OK;
}

/*
 * Zeroes ahead of what a record is about to take. Room from fallocate() is "unwritten" to a file system: the flush of
 * the first write to it rests on the journal besides the data, and a journal that fails in that moment can take the
 * record with it though the flush said yes. Bytes that were written and flushed before, if only as zeroes, need no
 * journal. So zeroes go in front in steps, with the flush of whatever record comes by.
 */
static enum status
zero_ahead(const struct wal *w, int fd, size_t *written, size_t end)
{
	static const char zeroes[ZERO_PIECE];
	size_t size = w->opt.segment_bytes, to = size - end > ZERO_AHEAD ? end + ZERO_AHEAD : size;
	size_t at = *written > end ? *written : end;

	if (at - end >= ZERO_AHEAD / 2)
		return OK;
	while (at < to) {
		size_t n = to - at < ZERO_PIECE ? to - at : ZERO_PIECE;

		TRY(write_whole(w, fd, zeroes, n, (off_t)at));
		at += n;
	}
	*written = at;
	return OK;
}

/* 1. head into the spare file  2. sync it  3. give it its name  4. sync the directory: only then is it a segment. */
static enum status
name_spare(struct wal *w, const struct segment_head *head, const char *name, size_t *written)
{
	CLEANUP(buf_clear) struct buf bytes = BUF(SEGMENT_START);

	segment_put_head(&bytes, head);
	TRY(buf_status(&bytes));
	TRY(write_whole(w, w->sparefd, bytes.p, bytes.n, 0));
	TRY(zero_ahead(w, w->sparefd, written, bytes.n));
	if (w->io.fdatasync(w->sparefd) != 0)
		return E_IO;
	if (renameat(w->dirfd, WAL_SPARE, w->dirfd, name) != 0 || fsync(w->dirfd) != 0)
		return E_IO;
	return OK;
}

static enum status
new_segment(struct wal *w)
{
	const struct wal_part *last = w->last;
	struct segment_head head = { .number = last == NULL ? 0 : last->head.number + 1, .first = w->next };
	CLEANUP(wal_part_dropp) struct wal_part *part = NULL;
	char name[WAL_NAME_ROOM];
	size_t written = 0;

	TRY(wal_reserve(w));
	head.before = w->chain;
	head.origin = w->opt.origin;
	wal_put_name(name, head.number);
	TRY(name_spare(w, &head, name, &written));
	TRY(wal_part_new(w->sparefd, &head, w->opt.segment_bytes, &part));
	w->sparefd = -1;
	part->written = written;
	TRY(wal_add_part(w, part));
	part = NULL;
	return OK;
}

/*
 * Bytes of a torn record must not be met later: they go. Then room again up to the full size; a tail that was clean
 * keeps the room that it has, for there might be none to be had.
 */
static enum status
cut_tail(struct wal *w, struct wal_part *part, bool refill)
{
	enum status st = OK;

	if ((part->torn || !refill) && ftruncate(part->fd, (off_t)part->end) != 0)
		return E_IO;
	part->torn = false;
	if (refill && part->end < w->opt.segment_bytes)
		st = allocate(w, part->fd, (off_t)part->end);
	part->written = part->end; /* what stands behind is not known */
	part->size = refill && st == OK ? w->opt.segment_bytes : part->end;
	TRY(st == E_LIMITED ? OK : st);
	return fsync(part->fd) == 0 ? OK : E_IO;
}

enum status
wal_start(struct wal *w, bool fresh)
{
	struct wal_part *last = w->last;

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
	const struct wal_part *last = w->last;
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

/*
 * A file that was removed or cut short under us, or that another one took the place of, takes writes gladly, and nobody
 * will find them.
 */
static enum status
still_there(const struct wal *w, const struct wal_part *part)
{
	char name[WAL_NAME_ROOM];
	struct stat ours, named;

	wal_put_name(name, part->head.number);
	if (fstat(part->fd, &ours) != 0 || fstatat(w->dirfd, name, &named, AT_SYMLINK_NOFOLLOW) != 0)
		return E_IO;
	/* Its room was taken when it was made: a file that ends before was cut, and perhaps grew again by what we
	 * wrote. */
	if (ours.st_nlink == 0 || ours.st_size < (off_t)part->size)
		return E_IO;
	return ours.st_ino == named.st_ino && ours.st_dev == named.st_dev ? OK : E_IO;
}

enum status
wal_commit(struct wal *w, uint32_t count, const struct hash *last_leaf)
{
	struct wal_part *part = w->last;
	struct segment_record rec = { .first = w->next, .count = count, .before = w->chain };

	if (part == NULL || count == 0)
		return E_INVALID;
	segment_close_record(&w->record, w->next, count, &w->chain);
	TRY(buf_status(&w->record));
	if (part->end + w->record.n > part->size)
		return E_INVALID;
	rec.payload.n = w->record.n - SEGMENT_RECORD_EXTRA;
	TRY(zero_ahead(w, part->fd, &part->written, part->end + w->record.n));
	TRY(write_whole(w, part->fd, w->record.p, w->record.n, (off_t)part->end));
	/* R4: whatever it says, it is not asked twice. */
	if (w->io.fdatasync(part->fd) != 0)
		return E_IO;
	TRY(still_there(w, part));
	w->chain = segment_record_hash(&rec, last_leaf);
	(void)pthread_mutex_lock(&w->lock);
	wal_part_point(part, w->next, part->end);
	part->end += w->record.n;
	w->next += count;
	(void)pthread_mutex_unlock(&w->lock);
	return OK;
}
