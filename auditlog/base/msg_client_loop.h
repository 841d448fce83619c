/*
 * msg_client_loop.h: the two halves of a client of messages. msg_client.c is called by whoever has a request,
 * msg_client_loop.c is its thread, the only one that touches the socket.
 */
#ifndef AUDITLOG_BASE_MSG_CLIENT_LOOP_H
#define AUDITLOG_BASE_MSG_CLIENT_LOOP_H

#include <pthread.h>

#include "auditlog/base/msg_io.h"
#include "auditlog/base/waiting.h"

/*
 * Callers put frames into `queue` under the lock and ring the eventfd; the thread moves them to `out` and is the only
 * one that touches the socket. So a burst of requests leaves in one write, and no caller ever waits for the peer.
 */
struct msg_client {
	struct sockaddr_un at;
	pthread_t thread;
	int bell;

	pthread_mutex_t lock; /* protects what follows */
	struct evbuffer *queue;
	struct waiting_table waiting;
	uint64_t last_id;
	bool rung;
	bool up;
	bool stopping;
	bool adopted;  /* there is no way to connect again */
	size_t unsent; /* bytes in `out`, as of the thread's last look */

	struct event_base *base; /* the thread's alone from here on */
	int fd;
	struct evbuffer *in, *out;
	struct event *ring, *readable, *writable, *sweep, *reconnect;
	int64_t backoff_us;
};

static inline void
msg_client_lock(struct msg_client *c)
{
	(void)pthread_mutex_lock(&c->lock);
}

static inline void
msg_client_unlock(struct msg_client *c)
{
	(void)pthread_mutex_unlock(&c->lock);
}

/* Makes what the thread works with. What there is of it on failure goes with msg_client_dismantle(). */
MUST_USE enum status msg_client_prepare(struct msg_client *c);
/* The first attempt at once, so that a request right after msg_client_new() finds a connection; it goes on trying. */
MUST_USE enum status msg_client_connect(struct msg_client *c);
/* A socket that is connected already. Takes the descriptor on OK. */
MUST_USE enum status msg_client_take_socket(struct msg_client *c, int fd);
/* Until the bell rings and c->stopping is set; whoever waits then hears E_UNAVAILABLE. */
MUST_USE enum status msg_client_start(struct msg_client *c);
/* Frees c and all it has, once the thread has ended or when it never began. */
void msg_client_dismantle(struct msg_client *c);

#endif
