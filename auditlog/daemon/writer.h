/*
 * writer.h: the life of the writer's thread: batch after batch, through faults and full disks, to the end.
 */
#ifndef AUDITLOG_DAEMON_WRITER_H
#define AUDITLOG_DAEMON_WRITER_H

#include "auditlog/daemon/sequence.h"

/* Borrowed. */
struct writer {
	struct sequence *sequence;
	struct batch_queue *queue;
	struct progress *progress;
	struct wal *wal;
	/*
	 * After a fault (rule R4): read the log again from the disk. `known` is what receipts were given for; OK when
	 * all of it is there, with the tip that was found. E_CORRUPT: it is not, and the daemon must end.
	 */
	enum status (*recover)(void *ctx, const struct tip *known, struct tip *found);
	void *recover_ctx;

	int64_t reserve_at_us; /* when to ask for the next segment again; starts as 0 */
};

/*
 * Until the queue is closed and what waits is written (OK), the queue is closed during a fault (the fault), or the log
 * turns out to be damaged (E_CORRUPT).
 */
MUST_USE enum status writer_run(struct writer *w);

#endif
