/*
 * post.h: what threads hand to a loop: functions that are to run on its thread, in the order in which they came.
 * Internal to authd/http.
 */
#ifndef AUTHD_HTTP_POST_H
#define AUTHD_HTTP_POST_H

#include <pthread.h>

#include "auditlog/base/status.h"

/* One of them; lies in whatever it is about, which must stay until it has run. */
struct post {
	struct post *next;
	void (*fn)(void *arg);
	void *arg;
};

struct post_queue {
	int fd; /* readable when something waits; the loop watches it */
	pthread_mutex_t lock;
	struct post *first, **last; /* guarded by it */
};

/* E_SYSTEM: no descriptor; then there is nothing to close. */
MUST_USE enum status post_queue_open(struct post_queue *q);
void post_queue_close(struct post_queue *q);
/* Any thread. */
void post_queue_put(struct post_queue *q, struct post *p);
/* Runs what waits, on the loop's thread. What comes meanwhile makes fd readable again. */
void post_queue_run(struct post_queue *q);

#endif
