/* entries.h: any durable entry by its index: from the write-ahead log while it is there, from its bundle afterwards. */
#ifndef AUDITLOG_DAEMON_ENTRIES_H
#define AUDITLOG_DAEMON_ENTRIES_H

#include "auditlog/client/logread.h"
#include "auditlog/daemon/wal.h"

/* One thread at a time; each thread that reads has its own. */
struct entries {
	struct wal *wal;
	struct logread *log;
};

/* Borrows the wal. */
MUST_USE enum status entries_open(struct entries *e, struct wal *wal, int dirfd);
void entries_close(struct entries *e);
/*
 * Appends the line. E_NOT_FOUND when the log is not that long; E_EXPIRED when the entry was pruned (pruned.h); E_BUSY
 * while it is being read anew; E_CORRUPT, E_IO.
 */
MUST_USE enum status entries_get(struct entries *e, uint64_t index, struct buf *line);
/* Entries below it are not kept. Reads a file. */
MUST_USE enum status entries_minimum(struct entries *e, uint64_t *out);

#endif
