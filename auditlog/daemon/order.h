/*
 * order.h: what becomes of each request of a batch, decided before anything is written: repeated ids get the receipt
 * they had, stale decisions are left out (fence.h), new entries get index, time, prev, leaf hash and their place in the
 * tree. One thread: the writer's.
 */
#ifndef AUDITLOG_DAEMON_ORDER_H
#define AUDITLOG_DAEMON_ORDER_H

#include "auditlog/daemon/batch.h"
#include "auditlog/daemon/entries.h"
#include "auditlog/daemon/ids.h"
#include "auditlog/daemon/tip.h"
#include "auditlog/daemon/wal.h"

/* Borrowed for the writer's life. */
struct order_parts {
	struct wal *wal;
	struct ids *ids;
	int dirfd;
};

struct order {
	struct order_parts parts;
	struct entries entries; /* for looking at a repeated entry */
	struct buf line;
	struct fence fence;

	/* The batch under construction. */
	struct tip tip; /* behind its last entry: what is true once it is durable */
	uint64_t first; /* index of its first new entry */
	uint32_t count; /* of new entries that stand in the record */
	uint32_t seen;  /* count, and those of the job that is being looked at */
	int64_t now_us;
	struct batch_item *fresh[BATCH_ENTRIES_MAX]; /* the new entries, borrowed from their jobs */
};

/* o is all zero; size is how many entries the log has. */
MUST_USE enum status order_open(struct order *o, const struct order_parts *parts, uint64_t size);
/* Also when order_open() failed. */
void order_close(struct order *o);
/* After a fault: what was ordered and not written is forgotten. */
void order_restart(struct order *o, uint64_t size);

/*
 * Composes the record of the write-ahead log behind tip. Jobs that cannot be written get their result (E_CONFLICT,
 * E_UNAVAILABLE) or are marked stale; of the others all entries stand in the record, or had been stored before.
 */
MUST_USE enum status order_batch(struct order *o, const struct tip *tip, struct batch_job *jobs);
/* Receipts for a job of the batch, once it is durable. */
void order_receipts(const struct order *o, const struct receipt_key *key, struct batch_job *job);

#endif
