/*
 * prune.h: a log that keeps its entries for a time (auditlogd.8, `retention`). Once a day, what is older goes, by whole
 * bundles; hash tiles stay, so that everything can still be proved (pruned.h).
 *
 * 1. the entry log.pruned  2. it is under a signed checkpoint, and where witnesses are asked under one with their
 * quorum  3. the file minimum-index, durable  4. bundles are removed. A power failure between any two leaves a log that
 * verifies: before 3 nothing is missing, after it a start goes on with 4.
 *
 * What is never removed, however old: the newest PRUNE_WINDOW entries before the write-ahead log (ids that may come
 * again are compared with them), what index/ has not stored yet, the month of the newest entry and the one before it
 * (their maps are still made).
 */
#ifndef AUDITLOG_DAEMON_PRUNE_H
#define AUDITLOG_DAEMON_PRUNE_H

#include "auditlog/daemon/batch.h"
#include "auditlog/daemon/ids.h"
#include "auditlog/daemon/index.h"
#include "auditlog/daemon/wal.h"

#define PRUNE_WINDOW IDS_WINDOW

/* Borrowed. */
struct prune_parts {
	int dirfd;
	struct wal *wal;
	struct index *index; /* may be NULL: then there is nothing that it lacks */
	struct batch_queue *queue;
	struct ids *ids;
	int64_t retention_us; /* 0: what was begun is finished, and no more */
	uint64_t window;      /* PRUNE_WINDOW */
	bool witnessed;       /* there is a quorum to wait for */
};

struct prune;

/* E_CORRUPT: minimum-index is damaged. */
MUST_USE enum status prune_new(const struct prune_parts *parts, struct prune **out);
void prune_free(struct prune *p);
/*
 * The publisher's thread, after each round: `published` entries are under the present checkpoint. now_us is the time of
 * day. Does one step; what fails is logged and tried again later.
 */
void prune_step(struct prune *p, uint64_t published, int64_t now_us);
/* Entries below it are not kept. */
uint64_t prune_minimum(const struct prune *p);

#endif
