/* wal_inner.h: what the files of the write-ahead log share: wal.c writes, wal_replay.c and wal_read.c read. */
#ifndef AUDITLOG_DAEMON_WAL_INNER_H
#define AUDITLOG_DAEMON_WAL_INNER_H

#include <pthread.h>

#include "auditlog/daemon/wal.h"
#include "auditlog/daemon/wal_part.h"

/* The next segment while it has no head and no number yet. */
#define WAL_SPARE "spare"
/* "0000000042" and its NUL. */
#define WAL_NAME_LEN  10
#define WAL_NAME_ROOM 24

struct wal {
	struct wal_options opt;
	struct wal_io io;
	_Atomic uint64_t keep_free;
	int dirfd;         /* wal/ */
	int sparefd;       /* -1 when there is none */
	struct hash chain; /* hash of the last record */
	struct buf record;
	struct wal_part *last; /* the writer's own way to the segment that it writes, which is never pruned */

	pthread_mutex_t lock; /* guards what follows: readers and the pruner are other threads */
	struct wal_part **parts;
	size_t count, cap;
	uint64_t next;
	bool ready; /* replayed, and made ready to append */
};

void wal_put_name(char name[WAL_NAME_ROOM], uint64_t number);
/* Takes the part on OK. */
MUST_USE enum status wal_add_part(struct wal *w, struct wal_part *part);
/* Forgets every segment; readers that hold one keep it until they are done. */
void wal_drop_parts(struct wal *w);

#endif
