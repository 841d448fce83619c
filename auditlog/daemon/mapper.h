/*
 * mapper.h: writes the log.map entries (tagmap.h) and answers what a map says about a tag. A thread of its own, beside
 * the path of acknowledgements: it reads entries that are durable, and appends as anybody else does.
 *
 * A map is written every interval when something other than maps has been written since, when somebody asks for a newer
 * one, and as soon as the month changes: first the closing one of the month that is over. Memory does not grow with the
 * log (mapfile.h). Nothing that it keeps on disk is needed: without index/maps/ it reads the entries of the month
 * again.
 */
#ifndef AUDITLOG_DAEMON_MAPPER_H
#define AUDITLOG_DAEMON_MAPPER_H

#include "auditlog/base/msg.h"
#include "auditlog/daemon/batch.h"
#include "auditlog/daemon/entries.h"
#include "auditlog/daemon/mapanswer.h"
#include "auditlog/daemon/progress.h"

/* Questions that wait; more are E_BUSY. */
#define MAPPER_WAITING_MAX 64

/* Borrowed. */
struct mapper_parts {
	int dirfd;
	struct wal *wal;
	struct progress *progress;
	struct batch_queue *queue;
	struct outbox *outbox;
	struct index *index;
	int64_t interval_us; /* 0: when asked only */
};

struct mapper;

/* Starts the thread. */
MUST_USE enum status mapper_new(const struct mapper_parts *parts, struct mapper **out);
/* After the writer has ended and its answers are delivered: refuses what waits and ends the thread. NULL is fine. */
void mapper_stop(struct mapper *m);
void mapper_free(struct mapper *m);
/*
 * The loop thread. The answer (MAPPED) comes through the outbox. Errors: E_NOT_FOUND the log has no entries in that
 * month; E_TOO_LARGE; E_UNAVAILABLE ask again.
 */
MUST_USE enum status mapper_put(struct mapper *m, const struct msg_request *req, const struct mapanswer_ask *ask);

#endif
