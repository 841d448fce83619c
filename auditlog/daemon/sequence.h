/*
 * sequence.h: the writer. One thread turns what waits into entries, makes them durable, and hands out receipts.
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
	/*
	 * After a fault (rule R4): read the log again from the disk. `known` is what receipts were given for; OK when all of
	 * it is there, with the tip that was found. E_CORRUPT: it is not, and the daemon must end.
	 */
	enum status (*recover)(void *ctx, const struct tip *known, struct tip *found);
	void *recover_ctx;
};

struct sequence;

MUST_USE enum status sequence_new(const struct sequence_parts *parts, const struct tip *tip, struct sequence **out);
void sequence_free(struct sequence *s);

/*
 * One batch, from the queue to its receipts. E_END: the queue is closed and empty. E_TIMEOUT: nothing came. E_LIMITED: no
 * space, nothing was written. Anything else: a fault; whether the batch was written is unknown. Whatever it is, everybody
 * who waited in the batch has an answer.
 */
MUST_USE enum status sequence_batch(struct sequence *s);
/* Writes an entry of the log itself, at once. Statuses as above. */
MUST_USE enum status sequence_own(struct sequence *s, enum entry_event event, const struct entry_fact *facts, size_t count);

/*
 * The writer's thread: batches, faults and recovery, until the queue is closed (OK), or the log turns out to be damaged
 * (E_CORRUPT).
 */
MUST_USE enum status sequence_run(struct sequence *s);

#endif
