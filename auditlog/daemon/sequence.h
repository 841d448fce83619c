/*
 * sequence.h: what waits becomes entries, is made durable, and is receipted. One thread: the writer's (writer.h).
 */
#ifndef AUDITLOG_DAEMON_SEQUENCE_H
#define AUDITLOG_DAEMON_SEQUENCE_H

#include "auditlog/daemon/batch.h"
#include "auditlog/daemon/entries.h"
#include "auditlog/daemon/ids.h"
#include "auditlog/daemon/index.h"
#include "auditlog/daemon/progress.h"
#include "auditlog/daemon/tip.h"
#include "auditlog/daemon/wal.h"

/* Borrowed for the writer's life. */
struct sequence_parts {
	struct batch_queue *queue;
	struct outbox *outbox;
	struct progress *progress;
	struct wal *wal;
	struct ids *ids;
	struct index *index; /* may be NULL: then nobody is told about tags */
	const struct receipt_key *key;
	int dirfd;
};

struct sequence;

MUST_USE enum status sequence_new(const struct sequence_parts *parts, const struct tip *tip, struct sequence **out);
void sequence_free(struct sequence *s);

/*
 * One batch, from the queue to its receipts. E_END: the queue is closed and empty. E_TIMEOUT: nothing came before the
 * deadline (clock_mono_us). E_LIMITED: no space, nothing was written. Anything else: a fault; whether the batch was
 * written is unknown, and nothing may be written before sequence_restart(). Whatever it is, everybody who waited in the
 * batch has an answer.
 */
MUST_USE enum status sequence_batch(struct sequence *s, int64_t deadline_us);
/* Writes an entry of the log itself, at once. Statuses as above. */
MUST_USE enum status
sequence_own(struct sequence *s, enum entry_event event, const struct entry_fact *facts, size_t count);
/* Tells everybody who waits in the queue that it cannot be now. */
void sequence_refuse_waiting(struct sequence *s);

/* What receipts were given for; after a fault, what was found instead. */
void sequence_tip(const struct sequence *s, struct tip *out);
void sequence_restart(struct sequence *s, const struct tip *tip);

#endif
