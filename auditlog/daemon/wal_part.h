/* wal_part.h: one open segment, shared by the writer and by readers; the last to let go closes it. */
#ifndef AUDITLOG_DAEMON_WAL_PART_H
#define AUDITLOG_DAEMON_WAL_PART_H

#include <stdatomic.h>
#include <stdbool.h>

#include "auditlog/daemon/segment.h"

/* Bytes between two remembered places: what a reader walks at most. */
#define WAL_PART_STEP ((size_t)16 << 10)

struct wal_point {
	uint64_t index;
	size_t at;
};

struct wal_part {
	struct segment_head head;
	int fd;
	size_t size;    /* of the file as far as it may be written */
	size_t end;     /* behind the last whole record */
	size_t written; /* every byte below was written at least once since the room was taken: wal.c zeroes ahead */
	bool torn;      /* something that is no record stands behind the end */
	atomic_uint refs;
	struct wal_point *points; /* rising */
	size_t count, cap;
};

/* Opens and reads the head. E_CORRUPT when it has none. cold: as wal_scan(). The caller holds the one reference. */
MUST_USE enum status wal_part_open(int dirfd, const char *name, bool cold, struct wal_part **out);
/* A fresh one; takes the descriptor on OK. */
MUST_USE enum status wal_part_new(int fd, const struct segment_head *head, size_t size, struct wal_part **out);
void wal_part_hold(struct wal_part *p);
/* NULL is fine. */
void wal_part_drop(struct wal_part *p);
void wal_part_dropp(struct wal_part **p);

/* The whole file. */
MUST_USE enum status wal_part_load(const struct wal_part *p, struct buf *out);
/*
 * The record at `at`. When it ends before index `from`, only its numbers (payload.p == NULL); else all of it, checked,
 * in *bytes. E_CORRUPT, E_IO.
 */
MUST_USE enum status
wal_part_read(const struct wal_part *p, size_t at, uint64_t from, struct buf *bytes, struct segment_record *out);

/*
 * Remembers that entry `index` begins in the record at `at`, when the last such place is far enough away. Without
 * memory it does not, and a reader walks further.
 */
void wal_part_point(struct wal_part *p, uint64_t index, size_t at);
/* The remembered place nearest before an entry. */
size_t wal_part_near(const struct wal_part *p, uint64_t index);

/* Which entry of a broken record at the front of these bytes is to blame, as far as the hash chain can tell. */
uint64_t wal_part_blame(struct str bytes, uint64_t next);

#endif
