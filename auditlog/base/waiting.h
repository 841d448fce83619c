/*
 * waiting.h: requests that wait for an answer, by number, each with a deadline. Not thread-safe: msg_client.c holds its
 * lock around every call.
 */
#ifndef AUDITLOG_BASE_WAITING_H
#define AUDITLOG_BASE_WAITING_H

#include "auditlog/base/msg.h"

#define WAITING_BUCKETS 4096

struct waiting {
	struct waiting *next;
	uint64_t id;
	int64_t deadline_us; /* clock_mono_us */
	msg_done *done;
	void *arg;
};

/* All zero is empty. */
struct waiting_table {
	struct waiting *bucket[WAITING_BUCKETS];
	struct waiting *spare; /* kept for the next ones */
	size_t count;          /* that wait */
};

/* One that is in no list yet: the caller's until waiting_put() or waiting_recycle(). NULL: no memory. */
struct waiting *waiting_new(struct waiting_table *t);
/* Keeps it for the next waiting_new(). */
void waiting_recycle(struct waiting_table *t, struct waiting *w);
/* It waits from now on; the table has it. */
void waiting_put(struct waiting_table *t, struct waiting *w);
/* Takes out the one with this id; NULL when it waits no longer. */
struct waiting *waiting_take(struct waiting_table *t, uint64_t id);
/* Takes out everything whose deadline is now_us or before, as a list. INT64_MAX takes all. */
struct waiting *waiting_due(struct waiting_table *t, int64_t now_us);
/* Frees the spare ones; nobody waits any more. */
void waiting_clear(struct waiting_table *t);

#endif
