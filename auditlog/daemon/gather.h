/*
 * gather.h: collects cosignatures of witnesses for what is published, in rounds, beside everything else: no append, no
 * receipt and no checkpoint waits for it. In a round every witness of the policy is asked about the same checkpoint,
 * each by a thread of its own (watcher.h, round.h), so that one that is slow, lies or talks nonsense keeps nobody else
 * back and changes nothing but a number. A quorum makes it `checkpoint.witnessed` (heads.h).
 *
 * When the quorum is missing for long it says so: in STATUS, in the operator's log, and as entries log.fault and
 * log.recovered of the kind witness_quorum.
 */
#ifndef AUDITLOG_DAEMON_GATHER_H
#define AUDITLOG_DAEMON_GATHER_H

#include "auditlog/base/clock.h"
#include "auditlog/core/quorum.h"
#include "auditlog/daemon/batch.h"
#include "auditlog/daemon/courier.h"
#include "auditlog/daemon/heads.h"
#include "auditlog/daemon/progress.h"

/* Between the beginnings of two rounds; after one without a quorum. */
#define GATHER_ROUND_US SECOND_US
#define GATHER_RETRY_US (5 * SECOND_US)

struct gather_parts {
	int dirfd; /* the log directory, to read */
	struct heads *heads;
	struct progress *progress;
	struct batch_queue *queue;
	const struct quorum *quorum;
	const char *courier; /* its socket */
	int64_t timeout_us;  /* for one answer of a witness */
	int64_t refresh_us;  /* how old a quorum may get before it is asked for again */
	int64_t alarm_us;    /* without a quorum for so long is a fault */
	int64_t limit_us;    /* without any witness for so long nothing new should happen; 0: never */
};

struct gather;

/* The witnesses with an address, in the order of the policy: what the courier numbers. At most COURIER_WITNESSES_MAX:
 * E_TOO_LARGE. */
MUST_USE enum status gather_witnesses(const struct quorum *q, const struct quorum_node **out, size_t *count);
/* Starts the threads. */
MUST_USE enum status gather_start(const struct gather_parts *parts, struct gather **out);
/* Ends them and the courier. NULL is fine. */
void gather_stop(struct gather *g);

#endif
