#include "authd/http/conn.h"

#include <stdlib.h>
#include <unistd.h>

#include "auditlog/base/clock.h"
#include "auditlog/base/log.h"
#include "authd/http/exchange.h"
#include "authd/http/fiber.h"
#include "authd/http/http_parse.h"
#include "authd/http/problem.h"
#include "authd/http/wire.h"

#define BODY_MOST_DEFAULT ((size_t)64 << 10)
/* Read ahead of a request that is being answered: enough for a pipelined head, not a store for bodies. */
#define AHEAD_MOST ((size_t)16 << 10)
/* After a last response: how long and how much we still read, so that unread bytes do not become a reset that takes the
 * response with it. */
#define LINGER_US    SECOND_US
#define LINGER_BYTES ((size_t)256 << 10)

enum conn_state { CONN_HANDSHAKE, CONN_IDLE, CONN_READING, CONN_HANDLING, CONN_WRITING, CONN_LINGER };

struct conn {
	TAILQ_ENTRY(conn) link;
	struct conn_home *home;
	struct wire wire;
	struct http_parser *parser;
	struct http_cert *cert;
	struct conn_origin origin;
	enum conn_state state;
	int64_t deadline_us;
	int64_t started_us; /* first byte of the request */
	bool got_head;
	bool eof;        /* the client sends no more */
	bool last;       /* close after the response that is being written */
	bool paused;     /* reading is off: enough lies ahead */
	bool processing; /* process() is at work further up the stack and will go on */
	size_t lingered; /* bytes thrown away */
	unsigned references;
	struct exchange *exchange;
};

static bool
is_open(const struct conn *c)
{
	return c->wire.bev != NULL;
}

static void
release(struct conn *c)
{
	if (--c->references > 0)
		return;
	http_parser_free(c->parser);
	http_cert_drop(c->cert);
	free(c);
}

static void
close_conn(struct conn *c)
{
	struct conn_home *home = c->home;

	if (!is_open(c))
		return;
	wire_close(&c->wire, c->state != CONN_HANDSHAKE && c->state != CONN_LINGER);
	TAILQ_REMOVE(&home->conns, c, link);
	home->open--;
	atomic_fetch_sub(&home->live, 1);
	release(c);
	if (home->closed != NULL)
		home->closed(home);
}

static void
enter(struct conn *c, enum conn_state state, int64_t limit_us)
{
	c->state = state;
	c->deadline_us = clock_mono_us() + limit_us;
}

/* ---- responses ---- */

static void
linger(struct conn *c)
{
	if (c->eof) {
		close_conn(c);
		return;
	}
	wire_end_sending(&c->wire);
	enter(c, CONN_LINGER, LINGER_US);
	wire_took(&c->wire, wire_waiting(&c->wire));
	wire_read_on(&c->wire);
}

/* The response has left: wait for the next request, or end. */
static void
written(struct conn *c)
{
	if (c->last || c->home->draining) {
		linger(c);
		return;
	}
	enter(c, CONN_IDLE, c->home->opt->idle_us);
	if (c->paused) {
		c->paused = false;
		wire_read_on(&c->wire);
	}
}

static void
answer(struct conn *c, const struct http_request *req, const struct http_response *rsp)
{
	CLEANUP(buf_clear) struct buf head = BUF(RESPONSE_BODY_MOST);
	bool body_follows = false;
	bool keep = req != NULL && req->keep_alive && !rsp->close && !c->eof && !c->home->draining && !c->last;
	enum status st;

	c->last = !keep;
	response_encode(rsp, req, keep, &head, &body_follows);
	enter(c, CONN_WRITING, c->home->opt->write_us);
	st = buf_status(&head);
	if (st == OK)
		st = wire_send(&c->wire, buf_str(&head));
	if (st == OK && body_follows)
		st = wire_send(&c->wire, buf_str(&rsp->body));
	if (st != OK)
		close_conn(c);
	else if (wire_is_sent(&c->wire))
		written(c);
}

/* The parser has refused, or the request took too long: say so, and that was it. */
static void
refuse(struct conn *c, int http, const char *why)
{
	const struct http_request *req = c->got_head ? http_parser_request(c->parser) : NULL;
	struct http_response rsp;

	atomic_fetch_add(&c->home->refused, 1);
	log_debug("http.refused", "peer=%s status=%d why=\"%s\"", c->origin.peer, http, why);
	response_init(&rsp);
	problem_respond_http(req, http, why, &rsp);
	c->last = true;
	answer(c, req, &rsp);
	response_clear(&rsp);
}

/* ---- requests ---- */

static void go_on(struct conn *c);

/* A fiber: from the complete request to the response in the output buffer. */
static void
serve(void *arg)
{
	struct conn *c = arg;
	const struct server_options *opt = c->home->opt;
	struct exchange *x = c->exchange;
	struct http_response instead;
	const struct http_response *rsp;
	bool busy = false;

	response_init(&instead);
	rsp = exchange_run(x, opt, &instead, &busy);
	if (busy)
		atomic_fetch_add(&c->home->busy, 1);
	if (opt->finished != NULL)
		opt->finished(opt->ctx, exchange_request(x), rsp, clock_mono_us() - c->started_us);
	c->exchange = NULL;
	if (is_open(c))
		answer(c, exchange_request(x), rsp);
	response_clear(&instead);
	exchange_drop(x);
	go_on(c);
	release(c);
}

static void
start_exchange(struct conn *c)
{
	struct http_request *req = http_parser_take(c->parser);

	atomic_fetch_add(&c->home->requests, 1);
	c->got_head = false;
	c->state = CONN_HANDLING;
	c->deadline_us = INT64_MAX; /* the handler has deadlines of its own */
	c->exchange = exchange_new(c->home->opt, req);
	if (c->exchange == NULL) {
		close_conn(c);
		return;
	}
	c->references++;
	if (fiber_spawn(c->home->fibers, serve, c) == OK)
		return;
	atomic_fetch_add(&c->home->busy, 1);
	exchange_drop(STEAL(&c->exchange));
	refuse(c, 503, "too many requests at once");
	release(c);
}

static void
on_head(struct conn *c, bool more_input)
{
	const struct server_options *opt = c->home->opt;
	struct http_request *req = http_parser_request(c->parser);

	c->got_head = true;
	req->started_us = c->started_us;
	exchange_fill(req, &c->origin, c->cert);
	http_parser_body_most(c->parser, opt->body_most == NULL ? BODY_MOST_DEFAULT : opt->body_most(opt->ctx, req));
	if (http_parser_wants_continue(c->parser) && !more_input)
		bufferevent_write(c->wire.bev, "HTTP/1.1 100 Continue\r\n\r\n", 25);
}

static void
on_progress(struct conn *c, enum http_progress progress, bool more_input)
{
	const char *why;
	int http;

	switch (progress) {
	case HTTP_MORE:
		break;
	case HTTP_GOT_HEAD:
		on_head(c, more_input);
		break;
	case HTTP_COMPLETE:
		start_exchange(c);
		break;
	case HTTP_REFUSED:
		http = http_parser_refusal(c->parser, &why);
		refuse(c, http, why);
		break;
	}
}

/*
 * Feeds the parser what lies in the input, until a request is complete or the input is used up. The caller holds a
 * reference, because the connection may be closed on the way.
 */
static void
process(struct conn *c)
{
	enum http_progress progress = HTTP_MORE;

	while (is_open(c) && (c->state == CONN_IDLE || c->state == CONN_READING)) {
		struct str in = wire_peek(&c->wire), rest = in;

		if (in.n == 0 && progress != HTTP_GOT_HEAD)
			break;
		if (c->state == CONN_IDLE) {
			enter(c, CONN_READING, c->home->opt->request_us);
			c->started_us = clock_mono_us();
		}
		progress = http_parse(c->parser, &rest);
		wire_took(&c->wire, in.n - rest.n);
		on_progress(c, progress, rest.n > 0);
	}
}

/*
 * After anything that may have made the connection ready for another request. A handler that did not wait ends up here
 * from within process(), which goes on by itself: a thousand pipelined requests are a loop and no recursion.
 */
static void
go_on(struct conn *c)
{
	if (c->processing || !is_open(c))
		return;
	c->references++;
	c->processing = true;
	process(c);
	c->processing = false;
	/* Nothing more will come, and what had come was no whole request. */
	if (c->eof && (c->state == CONN_IDLE || c->state == CONN_READING))
		close_conn(c);
	release(c);
}

/* ---- events ---- */

static void
on_read(struct bufferevent *bev, void *arg)
{
	struct conn *c = arg;
	size_t n = wire_waiting(&c->wire);

	(void)bev;
	switch (c->state) {
	case CONN_HANDSHAKE:
		break;
	case CONN_IDLE:
	case CONN_READING:
		go_on(c);
		break;
	case CONN_HANDLING:
	case CONN_WRITING:
		if (n > AHEAD_MOST) {
			wire_rest(&c->wire);
			c->paused = true;
		}
		break;
	case CONN_LINGER:
		wire_took(&c->wire, n);
		c->lingered += n;
		if (c->lingered > LINGER_BYTES)
			close_conn(c);
		break;
	}
}

static void
on_written(struct bufferevent *bev, void *arg)
{
	struct conn *c = arg;

	(void)bev;
	if (c->state != CONN_WRITING || !wire_is_sent(&c->wire))
		return;
	c->references++;
	written(c);
	go_on(c);
	release(c);
}

static void
on_connected(struct conn *c)
{
	if (tls_client_cert(c->wire.ssl, &c->cert) != OK) {
		close_conn(c);
		return;
	}
	enter(c, CONN_IDLE, c->home->opt->idle_us);
}

static void
on_event(struct bufferevent *bev, short what, void *arg)
{
	struct conn *c = arg;

	if (what & BEV_EVENT_CONNECTED) {
		on_connected(c);
		return;
	}
	if (c->state == CONN_HANDSHAKE)
		atomic_fetch_add(&c->home->handshake_failures, 1);
	/* Half-closed: the client has said all it wants to, and still listens. */
	if ((what & BEV_EVENT_EOF) && (c->state == CONN_HANDLING || c->state == CONN_WRITING)) {
		c->eof = true;
		/* libevent stops writing to a TLS peer that has said its goodbye. */
		bufferevent_enable(bev, EV_WRITE);
		return;
	}
	close_conn(c);
}

/* ---- from outside ---- */

static enum status
make_conn(struct conn_home *home, int fd, const struct conn_origin *origin, struct conn **out)
{
	struct conn *c = calloc(1, sizeof(*c));
	enum status st;

	if (c == NULL)
		return E_NOMEM;
	c->home = home;
	c->origin = *origin;
	c->references = 1;
	st = http_parser_new(&c->parser);
	if (st == OK)
		st = wire_open(home->base, fd, origin->kind == SERVER_TLS ? home->opt->tls : NULL, &c->wire);
	if (st != OK) {
		release(c);
		return st;
	}
	*out = c;
	return OK;
}

enum status
conn_open(struct conn_home *home, int fd, const struct conn_origin *origin)
{
	struct conn *c;
	enum status st = make_conn(home, fd, origin, &c);

	if (st != OK) {
		close(fd);
		return st;
	}
	TAILQ_INSERT_TAIL(&home->conns, c, link);
	home->open++;
	atomic_fetch_add(&home->accepted, 1);
	atomic_fetch_add(&home->live, 1);
	if (c->wire.ssl != NULL)
		enter(c, CONN_HANDSHAKE, home->opt->handshake_us);
	else
		enter(c, CONN_IDLE, home->opt->idle_us);
	bufferevent_setcb(c->wire.bev, on_read, on_written, on_event, c);
	bufferevent_enable(c->wire.bev, EV_READ | EV_WRITE);
	return OK;
}

static void
on_deadline(struct conn *c)
{
	if (c->state == CONN_HANDSHAKE)
		atomic_fetch_add(&c->home->handshake_failures, 1);
	if (c->state == CONN_READING || c->state == CONN_WRITING)
		atomic_fetch_add(&c->home->timeouts, 1);
	if (c->state == CONN_READING)
		refuse(c, 408, "the request took too long");
	else
		close_conn(c);
}

void
conn_sweep(struct conn_home *home)
{
	int64_t now = clock_mono_us();
	struct conn *c, *next;

	for (c = TAILQ_FIRST(&home->conns); c != NULL; c = next) {
		next = TAILQ_NEXT(c, link);
		if (now >= c->deadline_us)
			on_deadline(c);
	}
}

void
conn_drain(struct conn_home *home)
{
	struct conn *c, *next;

	home->draining = true;
	for (c = TAILQ_FIRST(&home->conns); c != NULL; c = next) {
		next = TAILQ_NEXT(c, link);
		if (c->state == CONN_IDLE || c->state == CONN_HANDSHAKE)
			close_conn(c);
	}
}

void
conn_close_all(struct conn_home *home)
{
	while (!TAILQ_EMPTY(&home->conns))
		close_conn(TAILQ_FIRST(&home->conns));
}
