/*
 * runs.h: the index of a log directory on disk (index/): sorted files that are written once, and the list that names
 * them. auditlogd writes it (daemon/index_db.h); the auditor's tool may read it as a hint. Nothing in it is evidence:
 * all of it follows from the entries, and whoever asks looks at the entries that it names.
 *
 * A file is a run of records (16 bytes of key, u64 index; big-endian, rising), key being the id of an entry, or one of
 * its tags or the key of its by.service (append.h). Entries come to the runs of a kind in the order of the log: those
 * of a later run are newer. Eight runs of a level become one of the next, so that each record is written few times,
 * always in a row: in a tree of pages every tag would touch a page of its own.
 */
#ifndef AUDITLOG_CLIENT_RUNS_H
#define AUDITLOG_CLIENT_RUNS_H

#include "auditlog/core/hash.h"

#define RUNS_KEY_LEN    16
#define RUNS_RECORD_LEN ((size_t)RUNS_KEY_LEN + 8)
/* Runs of a kind. With runs of 2^24 records and more, which are merged no further, that is 4 * 10^9 entries. */
#define RUNS_MAX 256
/* The list's name and the longest of a run, in the log directory; with the NUL. */
#define RUNS_LIST      "index/runs"
#define RUNS_NAME_ROOM 40

enum runs_kind { RUNS_BY_ID, RUNS_BY_TAG, RUNS_KINDS };

struct runs_file {
	uint64_t number, count;
	unsigned level; /* 0: as it was first written */
	int fd;
};

struct runs {
	struct hash origin;   /* SHA-256(origin) of the log */
	uint64_t size;        /* entries below are in it */
	uint64_t next_number; /* of a file */
	struct runs_of {
		struct runs_file file[RUNS_MAX + 1]; /* oldest first; one more while it takes the place of eight */
		size_t count;
	} of[RUNS_KINDS];
};

/* "index/tag-0000000012". */
void runs_put_name(char name[RUNS_NAME_ROOM], enum runs_kind kind, uint64_t number);
/* The list as bytes. */
void runs_put(struct buf *out, const struct runs *r);

/*
 * Reads the list below a log directory and opens its runs. E_NOT_FOUND: there is none. E_CORRUPT: it, or a run, is
 * damaged or missing. Close it in any case but that it was not OK.
 */
MUST_USE enum status runs_open(int dirfd, struct runs *out);
void runs_close(struct runs *r);

/* A record as it stands in a file. */
struct runs_record {
	uint8_t b[RUNS_RECORD_LEN];
};

struct runs_record runs_record_of(const uint8_t key[RUNS_KEY_LEN], uint64_t index);
uint64_t runs_record_index(const struct runs_record *r);
/* So many records from `position` on. E_IO. */
MUST_USE enum status runs_read(const struct runs_file *f, uint64_t position, struct runs_record *out, size_t count);
/* The position of the first record that is not below this one; f->count when there is none. E_IO. */
MUST_USE enum status runs_find(const struct runs_file *f, const struct runs_record *at, uint64_t *position);
/* Indices of a key that are below `before`, newest first, at most `limit`. E_IO. */
MUST_USE enum status runs_newest(const struct runs_of *runs, const uint8_t key[RUNS_KEY_LEN], uint64_t before,
				 size_t limit, uint64_t *out, size_t *count);

#endif
