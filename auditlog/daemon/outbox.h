/*
 * outbox.h: from any thread back to the loop: things that are done and wait to be delivered there. Only the loop thread
 * touches sockets.
 */
#ifndef AUDITLOG_DAEMON_OUTBOX_H
#define AUDITLOG_DAEMON_OUTBOX_H

#include <event2/event.h>

#include "auditlog/base/status.h"

/* First member of whatever is delivered. deliver runs on the loop thread and owns the item from then on. */
struct outbox_item {
	struct outbox_item *next;
	void (*deliver)(struct outbox_item *item);
};

struct outbox;

MUST_USE enum status outbox_new(struct event_base *base, struct outbox **out);
/* Delivers what is left first. */
void outbox_free(struct outbox *o);
/* A list (linked by next) of items, in order. Any thread; wakes the loop once. NULL is fine. */
void outbox_put(struct outbox *o, struct outbox_item *list);
/* Delivers now what is waiting. The loop thread only. */
void outbox_drain(struct outbox *o);

#endif
