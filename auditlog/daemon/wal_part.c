#include "auditlog/daemon/wal_part.h"

#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "auditlog/base/beneath.h"
#include "auditlog/base/file.h"
#include "auditlog/core/entry.h"
#include "auditlog/core/tile.h"
#include "auditlog/daemon/wal.h"

enum status
wal_part_new(int fd, const struct segment_head *head, size_t size, struct wal_part **out)
{
	struct wal_part *p = calloc(1, sizeof(*p));

	if (p == NULL)
		return E_NOMEM;
	p->head = *head;
	p->fd = fd;
	p->size = size;
	p->end = SEGMENT_START;
	atomic_init(&p->refs, 1);
	*out = p;
	return OK;
}

static enum status
read_head(int fd, bool cold, struct segment_head *head, size_t *size)
{
	char bytes[SEGMENT_START];
	struct stat st;

	if (fstat(fd, &st) != 0 || !S_ISREG(st.st_mode))
		return E_IO;
	if (cold)
		(void)posix_fadvise(fd, 0, 0, POSIX_FADV_DONTNEED);
	if (st.st_size < (off_t)sizeof(bytes))
		return E_CORRUPT;
	TRY(file_pread_all(fd, bytes, sizeof(bytes), 0));
	*size = (size_t)st.st_size;
	return segment_get_head(str_from(bytes, sizeof(bytes)), head);
}

enum status
wal_part_open(int dirfd, const char *name, bool cold, struct wal_part **out)
{
	CLEANUP(beneath_closep) int fd = -1;
	struct segment_head head = { 0 };
	size_t size = 0;

	TRY(beneath_open(dirfd, name, O_RDWR, 0, &fd));
	TRY(read_head(fd, cold, &head, &size));
	TRY(wal_part_new(fd, &head, size, out));
	fd = -1;
	return OK;
}

void
wal_part_hold(struct wal_part *p)
{
	(void)atomic_fetch_add(&p->refs, 1);
}

void
wal_part_drop(struct wal_part *p)
{
	if (p == NULL || atomic_fetch_sub(&p->refs, 1) != 1)
		return;
	(void)close(p->fd);
	free(p->points);
	free(p);
}

void
wal_part_dropp(struct wal_part **p)
{
	wal_part_drop(*p);
}

enum status
wal_part_load(const struct wal_part *p, struct buf *out)
{
	char *to;

	if (p->size > WAL_SEGMENT_MOST)
		return E_CORRUPT;
	to = buf_room(out, p->size);
	if (to == NULL)
		return buf_status(out);
	TRY(file_pread_all(p->fd, to, p->size, 0));
	out->n += p->size;
	return OK;
}

enum status
wal_part_read(const struct wal_part *p, size_t at, uint64_t from, struct buf *bytes, struct segment_record *out)
{
	char head[SEGMENT_RECORD_HEAD];
	struct segment_record rec = { 0 };
	char *to;

	TRY(file_pread_all(p->fd, head, sizeof(head), (off_t)at));
	TRY(segment_peek_record(str_from(head, sizeof(head)), &rec));
	if (rec.first + rec.count > from) {
		buf_reset(bytes);
		to = buf_room(bytes, rec.total);
		if (to == NULL)
			return buf_status(bytes) == E_TOO_LARGE ? E_CORRUPT : buf_status(bytes);
		TRY(file_pread_all(p->fd, to, rec.total, (off_t)at));
		bytes->n = rec.total;
		TRY(segment_get_record(buf_str(bytes), &rec) == OK ? OK : E_CORRUPT);
	}
	*out = rec;
	return OK;
}

void
wal_part_point(struct wal_part *p, uint64_t index, size_t at)
{
	if (p->count > 0 && at - p->points[p->count - 1].at < WAL_PART_STEP)
		return;
	if (p->count == p->cap) {
		size_t cap = p->cap == 0 ? 64 : p->cap * 2;
		struct wal_point *more = realloc(p->points, cap * sizeof(*more));

		if (more == NULL)
			return;
		p->points = more;
		p->cap = cap;
	}
	p->points[p->count++] = (struct wal_point){ index, at };
}

size_t
wal_part_near(const struct wal_part *p, uint64_t index)
{
	size_t low = 0, high = p->count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (p->points[middle].index <= index)
			low = middle + 1;
		else
			high = middle;
	}
	return low == 0 ? SEGMENT_START : p->points[low - 1].at;
}

/* The payload of the record after this one, as far as it can be told: what it begins with names the last entry of this.
 */
static struct str
payload_after(struct str bytes, const struct segment_record *rec)
{
	struct str rest = str_slice(bytes, rec->total, bytes.n);
	struct segment_record after = { 0 };

	return segment_peek_record(rest, &after) == OK ? str_slice(rest, SEGMENT_RECORD_HEAD, rest.n) : STR("");
}

/* Does the entry at the front still name this leaf? */
static bool
names(struct str payload, const struct hash *leaf)
{
	struct str line = { 0 };
	struct hash prev = { 0 };

	return tile_next_entry(&payload, &line) == OK && entry_prev(line, &prev) == OK && hash_eq(&prev, leaf);
}

uint64_t
wal_part_blame(struct str bytes, uint64_t next)
{
	struct segment_record rec = { 0 };
	struct hash leaf = { 0 }, prev = { 0 };
	struct str payload, line = { 0 };

	if (segment_peek_record(bytes, &rec) != OK || rec.first != next)
		return next;
	payload = str_slice(bytes, SEGMENT_RECORD_HEAD, rec.total - 4);
	for (uint64_t i = 0; i < rec.count; i++) {
		enum status st = tile_next_entry(&payload, &line);

		/* Fewer entries than the head says: it is the head that is wrong, and the record is named by its first.
		 */
		if (st == E_END)
			return next;
		if (st != OK || entry_prev(line, &prev) != OK)
			return next + i;
		/* Two neighbours disagree: the one that the entry after still agrees with is the sound one. */
		if (i > 0 && !hash_eq(&prev, &leaf)) {
			leaf = hash_leaf(line);
			return names(payload.n > 0 ? payload : payload_after(bytes, &rec), &leaf) ? next + i - 1
												  : next + i;
		}
		leaf = hash_leaf(line);
	}
	return next + rec.count - 1;
}
