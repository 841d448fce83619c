/* service.h: auditlogd put together: what is opened in which order, and how it ends. */
#ifndef AUDITLOG_DAEMON_SERVICE_H
#define AUDITLOG_DAEMON_SERVICE_H

#include <event2/event.h>

#include "auditlog/daemon/settings.h"

/* Exit statuses of auditlogd. A supervisor should not restart after 4 or 5 without a person having looked. */
enum service_exit {
	SERVICE_FINE = 0,
	SERVICE_FAULT = 1,    /* see the log */
	SERVICE_USAGE = 2,    /* command line or configuration */
	SERVICE_OLD_COPY = 4, /* the log is shorter than what was signed */
	SERVICE_DAMAGE = 5,   /* an entry is damaged or missing; the message names it */
	SERVICE_LOCKED = 6,   /* another process writes this log */
	SERVICE_NO_SIGNER = 7 /* the signer did not say what it remembers */
};

struct service;

/*
 * Opens what has a file descriptor: directory, lock, keys. Then the process may be confined. The settings outlive the
 * service. SERVICE_FINE, or the status to exit with (the reason is logged).
 */
MUST_USE enum service_exit service_open(const struct settings *conf, struct service **out);
/* Reads the log, compares it with what was signed, starts the threads, opens the socket. Statuses as above. */
MUST_USE enum service_exit service_start(struct service *s, struct event_base *base);
/* No more appends; the loop breaks when what waits is written. */
void service_drain(struct service *s);
/* Ends the threads after the loop has ended: a last checkpoint, the last replies. The status to exit with. */
enum service_exit service_stop(struct service *s);
void service_free(struct service *s);

#endif
