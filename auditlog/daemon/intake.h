/*
 * intake.h: the socket of auditlogd: who may speak is decided by the kernel's word on who it is, what may be said is a
 * table. Runs on the loop thread; hands appends to the writer and questions to the reader.
 */
#ifndef AUDITLOG_DAEMON_INTAKE_H
#define AUDITLOG_DAEMON_INTAKE_H

#include "auditlog/daemon/batch.h"
#include "auditlog/daemon/mapper.h"
#include "auditlog/daemon/progress.h"
#include "auditlog/daemon/query.h"

struct intake_parts {
	struct event_base *base;
	const char *socket;
	const uid_t *uids; /* copied */
	size_t uid_count;
	size_t peers_most;     /* 0 = 256 */
	size_t job_bytes_most; /* what one request may take in the write-ahead log */
	struct batch_queue *queue;
	struct query *query;
	struct mapper *mapper;
	struct progress *progress;
};

struct intake;

MUST_USE enum status intake_open(const struct intake_parts *parts, struct intake **out);
/* No reply may be outstanding in the outbox any more. */
void intake_free(struct intake *in);

#endif
