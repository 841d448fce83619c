/* assembly.h: auditlogd put together: what is opened in which order, and how it ends. */
#ifndef AUDITLOG_DAEMON_ASSEMBLY_H
#define AUDITLOG_DAEMON_ASSEMBLY_H

#include <event2/event.h>

#include "auditlog/daemon/assembly_exit.h"
#include "auditlog/daemon/settings.h"

struct assembly;

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
