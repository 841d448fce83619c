/*
 * wal.h: the write-ahead log: the directory wal/ with one file per segment, of which the last is written to. What
 * stands here, flushed, is what a receipt promises; tiles and bundles are derived from it later.
 *
 * One thread writes (open, replay, prepare, commit, prune by its leave); any thread may read and prune.
 */
#ifndef AUDITLOG_DAEMON_WAL_H
#define AUDITLOG_DAEMON_WAL_H

#include <stdbool.h>
#include <sys/types.h>

#include "auditlog/daemon/segment.h"

#define WAL_SEGMENT_LEAST ((size_t)256 << 10)
/* Below the smallest number that four printable characters make: no entry can look like the head of a record. */
#define WAL_SEGMENT_MOST ((size_t)256 << 20)
/* The most that one record takes, if a segment has room for it. */
#define WAL_RECORD_MAX ((size_t)8 << 20)
/* The end of each segment, for the log's own entries when the disk is full. */
#define WAL_URGENT_BYTES ((size_t)32 << 10)

/* The calls whose failure must be survived, so that tests can make them fail. NULL members are the kernel's. */
struct wal_io {
	ssize_t (*pwrite)(int fd, const void *p, size_t n, off_t at);
	int (*fdatasync)(int fd);
	int (*fallocate)(int fd, int mode, off_t at, off_t n);
};

struct wal_options {
	int dirfd;            /* the log directory; wal/ is made when missing */
	struct hash origin;   /* SHA-256(origin): a segment of another log is refused */
	size_t segment_bytes; /* WAL_SEGMENT_LEAST .. WAL_SEGMENT_MOST */
	uint64_t keep_free;   /* bytes of the file system that segments leave to tiles and to the operator */
	const struct wal_io *io;
};

struct wal;

/* Any thread. */
void wal_set_keep_free(struct wal *w, uint64_t bytes);
MUST_USE enum status wal_new(const struct wal_options *opt, struct wal **out);
void wal_free(struct wal *w);
/* The most that a record may take here. */
size_t wal_record_most(const struct wal *w);

/* Who a replay tells about each entry, in order. A status other than OK ends the replay with it. */
typedef enum status wal_visit(void *ctx, uint64_t index, struct str line, const struct hash *leaf);

/* What a replay found wrong, for a person. */
struct wal_report {
	uint64_t first;     /* first index in the directory (0 for a new log) */
	uint64_t next;      /* one past the last whole entry */
	uint64_t torn;      /* bytes of an unfinished record at the very end: cut off by wal_start() */
	uint64_t bad_index; /* E_CORRUPT, or torn > 0: the entry that is damaged or missing */
	char what[160];     /* E_CORRUPT: why */
};

/*
 * Opens the segments that are there and reads their heads; what an earlier call opened is dropped. cold: the page cache
 * is dropped first, so that what is read is what the disk has (rule R4). E_CORRUPT with report: a segment is missing or
 * has no right head. A new log has first == next == 0 and no segment.
 */
MUST_USE enum status wal_scan(struct wal *w, bool cold, struct wal_report *report);
/*
 * Reads every record: checksums, order, the chain of records. A bad record is torn only when nothing right comes after
 * it in the last segment; anywhere else it is E_CORRUPT with report, naming the entry.
 */
MUST_USE enum status wal_replay(struct wal *w, wal_visit *visit, void *ctx, struct wal_report *report);
/*
 * Makes ready to append after a replay: cuts the torn tail, syncs. fresh: goes on in a new segment, whatever room is
 * left (after a failed flush nothing more goes into the file that it concerned). E_LIMITED: no space.
 */
MUST_USE enum status wal_start(struct wal *w, bool fresh);

/*
 * Makes sure that a record of this size (all included, at most wal_record_most()) has its place on disk, changing
 * segments when it must. urgent may use the last part of a segment, which is kept for the log's own entries about a
 * full disk. E_LIMITED: no space; any other failure is a fault.
 */
MUST_USE enum status wal_prepare(struct wal *w, size_t record, bool urgent);
/* Makes the next segment ahead of its need. E_LIMITED: no space. Cheap when there is one. */
MUST_USE enum status wal_reserve(struct wal *w);
/*
 * The record under construction: segment_open_record() was called, entries are to be put behind. Borrowed until the
 * commit.
 */
struct buf *wal_record(struct wal *w);
/*
 * Writes it with one pwrite and one fdatasync, and looks whether the file is still there. After anything but OK nothing
 * is known: wal_scan(cold), wal_replay, wal_start(fresh). E_INVALID when it was not prepared.
 */
MUST_USE enum status wal_commit(struct wal *w, uint32_t count, const struct hash *last_leaf);

/* ---- reading; any thread ---- */

/*
 * Indices [first, next) can be read here. False between wal_scan() and wal_start(), while *next is not known yet: then
 * the readers below say E_BUSY.
 */
bool wal_range(struct wal *w, uint64_t *first, uint64_t *next);
/* Appends the entry line. E_NOT_FOUND outside the range; E_CORRUPT, E_IO, E_BUSY. */
MUST_USE enum status wal_read(struct wal *w, uint64_t index, struct buf *line);
/* Every entry of [from, to), in order; leaf is NULL. Statuses as wal_read(), or the visitor's. */
MUST_USE enum status wal_visit_range(struct wal *w, uint64_t from, uint64_t to, wal_visit *visit, void *ctx);
/* Removes segments of which every entry is below `covered`; the one being written stays. */
MUST_USE enum status wal_prune(struct wal *w, uint64_t covered);

#endif
