/* assembly.h: auditlogd put together: what is opened in which order, and how it ends. */
#ifndef AUDITLOG_DAEMON_ASSEMBLY_H
#define AUDITLOG_DAEMON_ASSEMBLY_H

#include <event2/event.h>

#include "auditlog/base/sandbox.h"
#include "auditlog/daemon/settings.h"

/* Exit statuses of auditlogd. A supervisor should not restart after 4 or 5 without a person having looked. */
enum assembly_exit {
	ASSEMBLY_FINE = 0,
	ASSEMBLY_FAULT = 1,    /* see the log */
	ASSEMBLY_USAGE = 2,    /* command line or configuration */
	ASSEMBLY_OLD_COPY = 4, /* the log is shorter than what was signed, or the signer has signed another one */
	ASSEMBLY_DAMAGE = 5,   /* an entry is damaged or missing; the message names it */
	ASSEMBLY_LOCKED = 6,   /* another process writes this log */
	ASSEMBLY_NO_SIGNER = 7 /* the signer did not say what it remembers */
};

struct assembly;

/*
 * First of all, before anything else is opened: the courier that carries requests to witnesses (courier.h), when the
 * settings name any. E_TOO_LARGE: more witnesses than it serves, or too long a path.
 */
MUST_USE enum status assembly_fork(const struct settings *conf, enum sandbox_mode sandbox);

/*
 * Opens what has a file descriptor: directory, lock, keys. Then the process may be confined. The settings outlive the
 * assembly. check_only leaves the lock alone, so that a configuration can be tried while a daemon runs; then nothing
 * but assembly_free() may follow. ASSEMBLY_FINE, or the status to exit with (the reason is logged).
 */
MUST_USE enum assembly_exit assembly_open(const struct settings *conf, bool check_only, struct assembly **out);
/* Reads the log, compares it with what was signed, starts the threads, opens the socket. Statuses as above. */
MUST_USE enum assembly_exit assembly_start(struct assembly *s, struct event_base *base);
/* Takes over what can be changed while it runs: keep_free and queue_bytes. The new settings need not stay. */
void assembly_adopt(struct assembly *s, const struct settings *fresh);
/* No more appends; the loop breaks when what waits is written. */
void assembly_drain(struct assembly *s);
/* Ends the threads after the loop has ended: a last checkpoint, the last replies. The status to exit with. */
enum assembly_exit assembly_stop(struct assembly *s);
void assembly_free(struct assembly *s);

#endif
