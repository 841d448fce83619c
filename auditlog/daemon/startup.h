/* startup.h: is this log whole, and is it the newest? Asked at every start, and again after every fault. */
#ifndef AUDITLOG_DAEMON_STARTUP_H
#define AUDITLOG_DAEMON_STARTUP_H

#include "auditlog/base/msg.h"
#include "auditlog/core/note.h"
#include "auditlog/daemon/assembly_exit.h"
#include "auditlog/daemon/ids.h"
#include "auditlog/daemon/index.h"
#include "auditlog/daemon/progress.h"
#include "auditlog/daemon/tip.h"
#include "auditlog/daemon/wal.h"

/* Borrowed. */
struct startup {
	const char *log_dir; /* for messages */
	const char *signer_path;
	int dirfd;
	struct note_key key;
	int64_t signer_wait_us;
	struct msg_client *signer;
	struct progress *progress;
	struct wal *wal;
	struct ids *ids;
	struct index *index;
};

/*
 * Reads the log, compares it with the checkpoint and with what the signer remembers, fills the window of idempotency,
 * and makes the write-ahead log ready. ASSEMBLY_FINE, or the status to exit with; the reason is logged.
 */
MUST_USE enum assembly_exit startup_read(struct startup *s, struct tip *tip, uint64_t *published);
/* Rule R4: as struct writer wants it; ctx is a struct startup. */
MUST_USE enum status startup_again(void *ctx, const struct tip *known, struct tip *found);

#endif
