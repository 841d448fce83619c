/* rival.h: has somebody else a log signed under our key, grown from a copy of ours? */
#ifndef AUDITLOG_DAEMON_RIVAL_H
#define AUDITLOG_DAEMON_RIVAL_H

#include <stdbool.h>

#include "auditlog/client/logread.h"
#include "auditlog/client/signing.h"

struct rival_question {
	struct msg_client *signer;
	int64_t wait_us;
	struct str origin;
	struct logread *log;       /* our published files: tiles for every size up to that of tree */
	const struct merkle *tree; /* ours; not smaller than any that we had signed */
};

/*
 * Asks the signer which tree it signed last. True when that is certainly none of ours; false when it is, or when nobody
 * can tell: the signer does not answer, our own tiles are damaged.
 */
bool rival_signed(const struct rival_question *q);

#endif
