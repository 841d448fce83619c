/*
 * server.h: listeners, loop threads and the way of a request from a socket to the one handler and back. The handler
 * never sees a socket: it gets a complete request and fills a response.
 */
#ifndef AUTHD_HTTP_SERVER_H
#define AUTHD_HTTP_SERVER_H

#include "authd/http/http_request.h"
#include "authd/http/response.h"
#include "authd/http/tls.h"
#include "authd/http/worker.h"

struct server;

enum server_class {
	SERVER_FAST, /* in a fiber on the loop thread: memory and awaits only */
	SERVER_SLOW, /* the whole handler on a worker, where awaiting blocks */
	SERVER_LONG  /* the same, for what reads much (an export): each of its waits has its deadline, all have long_us
		      */
};

/* Answers. Runs in a fiber or on a worker; both are its own to finish: it must respond within its deadlines. */
typedef void server_handler(void *ctx, const struct http_request *req, struct http_response *rsp);
/* Before the body is read: method, path and headers are there. Must not block. */
typedef enum server_class server_classify(void *ctx, const struct http_request *req);
typedef size_t server_body_most(void *ctx, const struct http_request *req);
/* Once per answer, after it was made: for metrics and the request log. took_us from the first byte on. rsp->status is
 * set. */
typedef void
server_finished(void *ctx, const struct http_request *req, const struct http_response *rsp, int64_t took_us);

enum server_kind {
	SERVER_TLS,   /* TCP with TLS */
	SERVER_PLAIN, /* TCP without; only loopback addresses are taken */
	SERVER_PROXY, /* unix socket of our own reverse proxy: the last X-Forwarded-For element is the peer,
		       * X-Forwarded-Proto: https means TLS */
	SERVER_ADMIN  /* unix socket for root, our own uid and admin_uids; requests have admin and uid set */
};

struct server_listener {
	enum server_kind kind;
	const char *address; /* TCP: numeric address ("0.0.0.0", "::1"); unix: path */
	uint16_t port;       /* 0: any free */
	mode_t mode;         /* unix: of the socket file, 0 = 0660 */
};

struct server_options {
	const struct server_listener *listeners;
	size_t listener_count;
	struct tls *tls;          /* needed by SERVER_TLS; borrowed */
	struct worker_pool *pool; /* needed when classify may say SLOW; borrowed */
	server_handler *handle;
	server_classify *classify;   /* NULL: all FAST */
	server_body_most *body_most; /* NULL: 64 KiB */
	server_finished *finished;   /* may be NULL */
	void *ctx;                   /* lives until pool has been freed: a SLOW handler that was given up on goes on */
	const uid_t *admin_uids;
	size_t admin_uid_count;
	unsigned threads;        /* loop threads, 0 = one per CPU */
	size_t connections_most; /* per thread, 0 = 4096; then accepting pauses */
	int64_t handshake_us;    /* 0 = 5 s */
	int64_t request_us;      /* first byte to last byte of a request, 0 = 10 s */
	int64_t idle_us;         /* between requests, 0 = 30 s */
	int64_t write_us;        /* last byte of a response out, 0 = 10 s */
	int64_t fast_us;         /* all waits of a FAST handler together, 0 = 2 s */
	int64_t slow_us;         /* a SLOW handler, queueing included, 0 = 5 s; then 503 */
	int64_t long_us;         /* a LONG handler, queueing included, 0 = 25 s */
	int64_t drain_us;        /* 0 = 5 s */
};

struct server_counters {
	uint64_t accepted, open, requests, refused, timeouts, busy, handshake_failures;
};

/* Opens the listeners (so that privileges may be dropped next); serves nothing yet. */
MUST_USE enum status server_new(const struct server_options *opt, struct server **out);
/* Starts the loop threads. */
MUST_USE enum status server_start(struct server *s);
/*
 * Stops accepting, closes idle connections, lets requests in flight finish, joins the threads. E_TIMEOUT when some had
 * not finished after drain_us: their connections are closed and the server must not be freed (end the process).
 */
MUST_USE enum status server_stop(struct server *s);
/* After server_stop gave OK, or without server_start. NULL is fine. */
void server_free(struct server *s);
/* The port that listener i got. */
uint16_t server_port(const struct server *s, size_t i);
/* Summed over the threads; any thread. */
struct server_counters server_counters(const struct server *s);

#endif
