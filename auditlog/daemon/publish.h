/*
 * publish.h: from durable entries to a signed checkpoint that everybody can read, in the background. Appends do not
 * wait for it: when the signer is silent the published log gets stale, says so in STATUS, and nothing else.
 */
#ifndef AUDITLOG_DAEMON_PUBLISH_H
#define AUDITLOG_DAEMON_PUBLISH_H

#include "auditlog/base/clock.h"
#include "auditlog/base/msg.h"
#include "auditlog/client/signing.h"
#include "auditlog/core/note.h"
#include "auditlog/daemon/batch.h"
#include "auditlog/daemon/heads.h"
#include "auditlog/daemon/ids.h"
#include "auditlog/daemon/progress.h"
#include "auditlog/daemon/prune.h"
#include "auditlog/daemon/wal.h"

/* Between two checkpoints at least. */
#define PUBLISH_INTERVAL_US (SECOND_US / 5)

struct publish_parts {
	int dirfd; /* the log directory; the mode of what is published is 0644 */
	struct wal *wal;
	struct progress *progress;
	struct heads *heads; /* where checkpoints go */
	struct msg_client *signer;
	struct note_key key;       /* the log's own: its name is the origin */
	uint64_t published;        /* size of the checkpoint that is there, 0 when there is none */
	struct hash root;          /* its root */
	int64_t signer_wait_us;    /* for one answer; 0 = 1 s */
	struct batch_queue *queue; /* for entries about damage and about the log's own keys; may be NULL */
	struct ids *ids;           /* with queue: the log may change its key; NULL: it does not */
	struct prune *prune;       /* its steps are made between two rounds; NULL: everything is kept */
	/* publish_run() found that the signer follows another log under our key; NULL: nobody is told. */
	void (*on_rival)(void);
};

struct publish;

MUST_USE enum status publish_new(const struct publish_parts *parts, struct publish **out);
void publish_free(struct publish *p);

/*
 * Once, up to what is durable now: tiles and bundles, signature, checkpoint, and what is not needed any more is
 * removed. E_UNAVAILABLE, E_TIMEOUT: the signer does not answer. E_DENIED: it refuses. E_CONFLICT: it has signed
 * another log under our key. E_CORRUPT: what is published already differs from the entries; the text of
 * PROGRESS_PUBLISHER names the entry.
 */
MUST_USE enum status publish_once(struct publish *p);
/* The thread: at once when something came after a pause, else at most every PUBLISH_INTERVAL_US. Ends with
 * progress_stop(), after a last publish_once(). */
void publish_run(struct publish *p);

#endif
