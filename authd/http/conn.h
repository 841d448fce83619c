/*
 * conn.h: one client connection on one loop thread: bytes in, requests one at a time and in order, responses out. Every
 * state has a deadline, which conn_sweep() enforces: handshake, whole request (not silence between bytes), handling is
 * bounded by the handler, response written, idle between requests.
 */
#ifndef AUTHD_HTTP_CONN_H
#define AUTHD_HTTP_CONN_H

#include <stdatomic.h>
#include <sys/queue.h>

#include "authd/http/server.h"

struct conn;
TAILQ_HEAD(conn_list, conn);

/* What the connections of one loop thread share. Counters are read by other threads. */
struct conn_home {
	const struct server_options *opt; /* defaults filled in */
	struct event_base *base;
	struct fiber_loop *fibers;
	struct conn_list conns;
	size_t open;
	bool draining;
	void (*closed)(struct conn_home *home); /* a connection ended; may be NULL */
	_Atomic uint64_t accepted, live, requests, refused, timeouts, busy, handshake_failures;
};

/* What the listener knows about the other side. */
struct conn_origin {
	enum server_kind kind;
	char peer[HTTP_PEER_MOST];
	uid_t uid;
};

/* Takes fd over (closes it on failure too). */
MUST_USE enum status conn_open(struct conn_home *home, int fd, const struct conn_origin *origin);
/* Closes what is past its deadline; call a few times a second. */
void conn_sweep(struct conn_home *home);
/* Closes idle connections now; the others close after their response. */
void conn_drain(struct conn_home *home);
/* Closes all of them. Handlers still running finish later and their responses are dropped. */
void conn_close_all(struct conn_home *home);

#endif
