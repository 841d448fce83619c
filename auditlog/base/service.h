/* service.h: what every daemon of this project does when it starts and when it ends. */
#ifndef AUDITLOG_BASE_SERVICE_H
#define AUDITLOG_BASE_SERVICE_H

#include <event2/event.h>
#include <stddef.h>

#include "auditlog/base/status.h"

#define SERVICE_PATH_MAX    4096
#define SERVICE_SIGNALS_MAX 8

struct service_signal {
	int number;
	event_callback_fn call;
};

/* Events of signals; starts as {0}. */
struct service_signals {
	struct event *event[SERVICE_SIGNALS_MAX];
};

/* Calls are made on the loop of base, with ctx. SIGPIPE is ignored from now on. E_NOMEM. End it in any case. */
MUST_USE enum status service_listen(struct service_signals *s, struct event_base *base,
				    const struct service_signal *rows, size_t count, void *ctx);
void service_deafen(struct service_signals *s);

/* The directory of a path, put into dir and returned: "." without any slash. */
const char *service_directory(const char *path, char dir[SERVICE_PATH_MAX]);

/*
 * After privdrop_finish(): may we write this directory? E_DENIED after saying so in the operator's log: what --init
 * made as root still has to be given to the user that the configuration names.
 */
MUST_USE enum status service_may_write(const char *path);

#endif
