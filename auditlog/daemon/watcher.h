/*
 * watcher.h: one witness of the policy and the thread that asks it, through the courier, about the checkpoint of each
 * round. Whatever the witness does, the others neither wait for it nor see more of it than that it did not cosign.
 */
#ifndef AUDITLOG_DAEMON_WATCHER_H
#define AUDITLOG_DAEMON_WATCHER_H

#include "auditlog/base/msg.h"
#include "auditlog/core/quorum.h"
#include "auditlog/daemon/round.h"

/* How often it is asked in a round: the second time with the size that it said. */
#define WATCHER_TRIES 2

/* Borrowed for the watcher's life. */
struct watcher_parts {
	struct round *round;
	struct msg_client *courier;
	const struct quorum_node *node;
	uint16_t number;    /* that the courier knows it by */
	int dirfd;          /* the log directory, to prove from */
	int64_t timeout_us; /* for one answer */
};

struct watcher;

MUST_USE enum status watcher_start(const struct watcher_parts *parts, struct watcher **out);
/* Waits for the thread to end, which it does after round_stop() and its last answer. NULL is fine. */
void watcher_free(struct watcher *w);

#endif
