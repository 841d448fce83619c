/*
 * premises.h: what auditlogd must have in hand before it is confined, because it has a descriptor or lies elsewhere:
 * the directory of the log, its lock, the keys.
 */
#ifndef AUDITLOG_DAEMON_PREMISES_H
#define AUDITLOG_DAEMON_PREMISES_H

#include "auditlog/client/receipt.h"
#include "auditlog/core/note.h"
#include "auditlog/daemon/assembly_exit.h"
#include "auditlog/daemon/settings.h"

struct premises {
	int dirfd, lockfd; /* -1: not there */
	struct note_key key;
	struct receipt_key *receipt_key;
};

/*
 * check_only leaves the lock alone, so that a configuration can be tried while a daemon runs. ASSEMBLY_FINE, or the
 * status to exit with (the reason is logged). premises_close() in any case.
 */
MUST_USE enum assembly_exit premises_open(const struct settings *conf, bool check_only, struct premises *out);
/* Twice is fine. */
void premises_close(struct premises *p);

#endif
