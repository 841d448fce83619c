#include "authd/http/exchange.h"

#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>

#include "auditlog/base/clock.h"
#include "authd/http/fiber.h"
#include "authd/http/problem.h"

/*
 * Lives in worker_arg memory: the fiber has one reference and a worker that runs the handler another. A handler that
 * its client gave up on may outlive the server, so it holds nothing of the server's.
 */
struct exchange {
	server_handler *handle;
	void *ctx;
	struct http_request *req;
	struct http_response rsp;
};

static bool
is_address(struct str s, char text[HTTP_PEER_MOST])
{
	unsigned char bytes[sizeof(struct in6_addr)];

	if (s.n == 0 || s.n >= HTTP_PEER_MOST)
		return false;
	memcpy(text, s.p, s.n);
	text[s.n] = '\0';
	return inet_pton(AF_INET, text, bytes) == 1 || inet_pton(AF_INET6, text, bytes) == 1;
}

/* Only the last element was written by our own proxy; the ones before it are whatever the client said. */
static void
fill_forwarded(struct http_request *req)
{
	struct str list = http_header(req, "x-forwarded-for"), last = { 0 };
	char text[HTTP_PEER_MOST];

	while (list.n > 0 && str_next(&list, ',', &last))
		continue;
	if (is_address(str_trim(last), text))
		memcpy(req->peer, text, sizeof(text));
	req->tls = str_is(http_header(req, "x-forwarded-proto"), "https");
}

void
exchange_fill(struct http_request *req, const struct conn_origin *origin, struct http_cert *cert)
{
	memcpy(req->peer, origin->peer, sizeof(req->peer));
	req->tls = origin->kind == SERVER_TLS;
	req->admin = origin->kind == SERVER_ADMIN;
	req->uid = origin->uid;
	if (cert != NULL) {
		atomic_fetch_add(&cert->references, 1);
		req->cert = cert;
	}
	if (origin->kind == SERVER_PROXY)
		fill_forwarded(req);
	req->lang = i18n_choose(req);
}

static void
exchange_clear(void *arg)
{
	struct exchange *x = arg;

	http_request_clear(x->req);
	free(x->req);
	response_clear(&x->rsp);
}

struct exchange *
exchange_new(const struct server_options *opt, struct http_request *req)
{
	struct exchange *x = worker_arg_new(sizeof(*x), exchange_clear);

	if (x == NULL) {
		http_request_clear(req);
		free(req);
		return NULL;
	}
	x->handle = opt->handle;
	x->ctx = opt->ctx;
	x->req = req;
	response_init(&x->rsp);
	return x;
}

void
exchange_drop(struct exchange *x)
{
	worker_arg_drop(x);
}

const struct http_request *
exchange_request(const struct exchange *x)
{
	return x->req;
}

static enum status
handle(void *arg, void *worker_ctx)
{
	struct exchange *x = arg;

	(void)worker_ctx; /* handlers find it with worker_context() */
	x->handle(x->ctx, x->req, &x->rsp);
	return OK;
}

/* Each wait of a handler has its own deadline; together they have this one (R2). */
static enum status
handle_fast(struct exchange *x, const struct server_options *opt)
{
	enum status st;

	fiber_limit(clock_mono_us() + opt->fast_us);
	st = handle(x, NULL);
	fiber_limit(0);
	return st;
}

const struct http_response *
exchange_run(struct exchange *x, const struct server_options *opt, struct http_response *instead, bool *busy)
{
	enum server_class class = opt->classify == NULL ? SERVER_FAST : opt->classify(opt->ctx, x->req);
	enum status st;

	if (class == SERVER_FAST)
		st = handle_fast(x, opt);
	else
		st = worker_run(opt->pool, handle, x, class == SERVER_LONG ? opt->long_us : opt->slow_us);
	*busy = st != OK;
	if (st == OK)
		return &x->rsp;
	problem_respond(x->req, PROBLEM_AUTO, st, instead);
	return instead;
}
