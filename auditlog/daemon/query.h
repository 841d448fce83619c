/* query.h: READ, FIND and BY_TAG, answered by a thread of their own: reading may have to wait for a disk. */
#ifndef AUDITLOG_DAEMON_QUERY_H
#define AUDITLOG_DAEMON_QUERY_H

#include "auditlog/base/msg.h"
#include "auditlog/client/append.h"
#include "auditlog/daemon/entries.h"
#include "auditlog/daemon/ids.h"
#include "auditlog/daemon/index.h"
#include "auditlog/daemon/outbox.h"

/* Questions that wait; more are E_BUSY. */
#define QUERY_WAITING_MAX 4096

struct query_ask {
	uint16_t type; /* APPEND_FIND, APPEND_READ, APPEND_BY_TAG */
	struct uuid id;
	uint64_t index; /* READ: which; BY_TAG: before */
	uint16_t limit;
	char tag[APPEND_TAG_LEN];
};

struct query_parts {
	struct outbox *outbox;
	struct wal *wal;
	struct ids *ids;
	struct index *index;
	int dirfd;
};

struct query;

/* Starts the thread. */
MUST_USE enum status query_new(const struct query_parts *parts, struct query **out);
/* Answers what waits, then ends the thread; what is asked from then on is E_UNAVAILABLE. NULL is fine. */
void query_stop(struct query *q);
void query_free(struct query *q);
/* The loop thread. The answer comes through the outbox. */
MUST_USE enum status query_put(struct query *q, const struct msg_request *req, const struct query_ask *ask);

#endif
