#include "auditlog/signer/front.h"

#include <errno.h>
#include <event2/buffer.h>
#include <event2/event.h>
#include <event2/http.h>
#include <event2/keyvalq_struct.h>
#include <event2/listener.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "auditlog/base/clock.h"
#include "auditlog/base/log.h"
#include "auditlog/base/privdrop.h"
#include "auditlog/base/service.h"
#include "auditlog/client/signing.h"

#define CORE_WAIT_US    (5 * SECOND_US)
#define HEADERS_MAX     8192
#define BACKLOG         64
#define ADDRESSES_MAX   8
#define UNIX_PREFIX     "unix:"
#define EXIT_FRONT      1
#define CHECKPOINT_TAIL "/checkpoint"

struct front {
	const struct front_options *opt;
	struct event_base *base;
	struct evhttp *http;
	struct msg_client *core;
	struct evconnlistener *listener[ADDRESSES_MAX];
	size_t listeners;
	bool resting; /* no descriptor was left */
	/* What each descriptor is: one of ours, or a connection since when. */
	bool ours[FRONT_FDS];
	ino_t inode[FRONT_FDS];
	int64_t since_us[FRONT_FDS];
};

/* ---- addresses ---- */

static bool
is_unix(struct str address)
{
	return str_starts(address, STR(UNIX_PREFIX "/"));
}

/* Into a socket address of libevent's reading, with a port. */
static enum status
parse_tcp(struct str address, struct sockaddr_storage *out, int *len)
{
	char text[64];
	size_t colon = address.n;
	uint64_t port = 0;

	while (colon > 0 && address.p[colon - 1] != ':')
		colon--;
	if (colon == 0 || address.n >= sizeof(text) ||
	    str_to_u64(str_slice(address, colon, address.n), UINT16_MAX, &port) != OK || port == 0)
		return E_INVALID;
	(void)snprintf(text, sizeof(text), "%.*s", STR_ARG(address));
	*len = sizeof(*out);
	return evutil_parse_sockaddr_port(text, (struct sockaddr *)out, len) == 0 ? OK : E_INVALID;
}

enum status
front_check_address(struct str address)
{
	struct sockaddr_storage at;
	struct sockaddr_un un;
	int len;

	if (is_unix(address))
		return address.n - strlen(UNIX_PREFIX) < sizeof(un.sun_path) ? OK : E_INVALID;
	return parse_tcp(address, &at, &len);
}

enum status
front_check_prefix(struct str prefix)
{
	static const char *const allowed = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._~/";

	if (prefix.n == 0)
		return OK;
	if (!str_only(prefix, allowed) || prefix.p[0] != '/' || prefix.p[prefix.n - 1] == '/')
		return E_INVALID;
	return str_find(prefix, STR("//")) == prefix.n ? OK : E_INVALID;
}

/* ---- answers ---- */

static void
answer(struct evhttp_request *rq, int code, const char *type, struct str body)
{
	struct evkeyvalq *headers = evhttp_request_get_output_headers(rq);
	struct evbuffer *out = evbuffer_new();

	/* One request a connection: what follows on it is nobody's business, and it can be judged by its age. */
	(void)evhttp_add_header(headers, "Connection", "close");
	(void)evhttp_add_header(headers, "Content-Type", type);
	(void)evhttp_add_header(headers, "Cache-Control", "no-store");
	if (code == 405)
		(void)evhttp_add_header(headers, "Allow", "GET, POST");
	if (out != NULL)
		(void)evbuffer_add(out, body.p, body.n);
	evhttp_send_reply(rq, code, NULL, out);
	if (out != NULL)
		evbuffer_free(out);
}

static void
answer_text(struct evhttp_request *rq, int code, const char *text)
{
	answer(rq, code, "text/plain; charset=utf-8", str_of(text));
}

/* What the core said, as HTTP. */
static void
answer_reply(struct evhttp_request *rq, enum status st, uint16_t type, struct str reply)
{
	uint16_t code = 0;

	if (st == OK && type == SIGNING_SIGNED)
		answer(rq, 200, "text/plain; charset=utf-8", reply);
	else if (st == OK && type == SIGNING_REFUSED && buf_get_u16(&reply, &code) == OK && code != SIGNING_FAULT)
		answer(rq, code, code == SIGNING_OTHER_SIZE ? "text/x.tlog.size" : "text/plain; charset=utf-8", reply);
	else
		answer_text(rq, 503, "try again later\n");
}

static void
forward(struct front *f, struct evhttp_request *rq, uint16_t type, struct str payload)
{
	CLEANUP(buf_clear) struct buf reply = BUF(SIGNING_REQUEST_MAX + 64);
	uint16_t got = 0;
	enum status st = msg_client_call(f->core, type, payload, CORE_WAIT_US, &got, &reply);

	answer_reply(rq, st, got, buf_str(&reply));
}

/* ---- requests ---- */

static void
add_checkpoint(struct front *f, struct evhttp_request *rq)
{
	struct evbuffer *in = evhttp_request_get_input_buffer(rq);
	size_t n = evbuffer_get_length(in);
	const unsigned char *body = n > 0 && n <= SIGNING_REQUEST_MAX ? evbuffer_pullup(in, -1) : NULL;

	if (body == NULL)
		answer_text(rq, n == 0 ? 400 : 413, "expected: old size, proof, checkpoint\n");
	else
		forward(f, rq, SIGNING_CHECKPOINT, str_from(body, n));
}

static void
give_checkpoint(struct front *f, struct evhttp_request *rq, struct str hex)
{
	struct hash origin;

	if (hash_from_hex(hex, &origin) != OK)
		answer_text(rq, 404, "no such checkpoint\n");
	else
		forward(f, rq, SIGNING_NOTE, hash_str(&origin));
}

/* Behind the prefix, without the slash that follows it. */
static bool
cut_prefix(const struct front *f, struct evhttp_request *rq, struct str *rest)
{
	const struct evhttp_uri *uri = evhttp_request_get_evhttp_uri(rq);
	struct str path = str_of(uri != NULL ? evhttp_uri_get_path(uri) : NULL), prefix = str_of(f->opt->prefix);

	if (!str_starts(path, prefix) || path.n == prefix.n || path.p[prefix.n] != '/')
		return false;
	*rest = str_slice(path, prefix.n + 1, path.n);
	return true;
}

static void
on_request(struct evhttp_request *rq, void *arg)
{
	enum evhttp_cmd_type method = evhttp_request_get_command(rq);
	struct str rest = { 0 };

	if (!cut_prefix(arg, rq, &rest))
		answer_text(rq, 404, "there is nothing here\n");
	else if (str_is(rest, "add-checkpoint") && method == EVHTTP_REQ_POST)
		add_checkpoint(arg, rq);
	else if (str_ends(rest, STR(CHECKPOINT_TAIL)) && method == EVHTTP_REQ_GET)
		give_checkpoint(arg, rq, str_slice(rest, 0, rest.n - strlen(CHECKPOINT_TAIL)));
	else if (str_is(rest, "add-checkpoint") || str_ends(rest, STR(CHECKPOINT_TAIL)))
		answer_text(rq, 405, "not with this method\n");
	else
		answer_text(rq, 404, "there is nothing here\n");
}

/* ---- a connection's age ---- */

/*
 * The library has a deadline for silence, none for a request, and none for how many there are. A descriptor that came
 * after the start is a connection; its inode says whether it is still the same one.
 */
static void
judge_descriptor(struct front *f, int fd, int64_t now_us)
{
	struct stat st;

	if (f->ours[fd] || fstat(fd, &st) != 0 || !S_ISSOCK(st.st_mode)) {
		f->inode[fd] = 0;
		return;
	}
	if (f->inode[fd] != st.st_ino) {
		f->inode[fd] = st.st_ino;
		f->since_us[fd] = now_us;
	} else if (now_us - f->since_us[fd] >= FRONT_LIFE_S * SECOND_US) {
		(void)shutdown(fd, SHUT_RDWR); /* the library reads the end, and closes */
	}
}

static void
on_tick(evutil_socket_t number, short what, void *arg)
{
	struct front *f = arg;
	int64_t now_us = clock_mono_us();

	(void)number;
	(void)what;
	for (int fd = 0; fd < FRONT_FDS; fd++)
		judge_descriptor(f, fd, now_us);
	for (size_t i = 0; f->resting && i < f->listeners; i++)
		(void)evconnlistener_enable(f->listener[i]);
	f->resting = false;
	if (!msg_client_up(f->core))
		(void)event_base_loopbreak(f->base);
}

/* No descriptor is left: connections wait in the kernel until the next tick. */
static void
on_accept_error(struct evconnlistener *listener, void *arg)
{
	struct front *f = arg;

	(void)evconnlistener_disable(listener);
	f->resting = true;
}

static void
note_ours(struct front *f)
{
	struct stat st;

	for (int fd = 0; fd < FRONT_FDS; fd++)
		f->ours[fd] = fstat(fd, &st) == 0;
}

/* ---- start ---- */

static struct evconnlistener *
listen_unix(struct front *f, const char *path)
{
	struct sockaddr_un at = { .sun_family = AF_UNIX };
	struct evconnlistener *l;
	struct stat st;

	(void)snprintf(at.sun_path, sizeof(at.sun_path), "%s", path);
	/* One that an earlier front left: the core has the lock, so there is no other. A file of that name stays. */
	if (lstat(path, &st) == 0 && S_ISSOCK(st.st_mode))
		(void)unlink(path);
	l = evconnlistener_new_bind(f->base, NULL, NULL, LEV_OPT_CLOSE_ON_FREE | LEV_OPT_CLOSE_ON_EXEC, BACKLOG,
				    (struct sockaddr *)&at, sizeof(at));
	/* Who may ask a witness is everybody. */
	if (l != NULL && chmod(path, 0666) != 0) {
		evconnlistener_free(l);
		return NULL;
	}
	return l;
}

static struct evconnlistener *
listen_tcp(struct front *f, struct str address)
{
	const unsigned flags = LEV_OPT_CLOSE_ON_FREE | LEV_OPT_CLOSE_ON_EXEC | LEV_OPT_REUSEABLE;
	struct sockaddr_storage at;
	int len;

	if (parse_tcp(address, &at, &len) != OK)
		return NULL;
	return evconnlistener_new_bind(f->base, NULL, NULL, flags, BACKLOG, (struct sockaddr *)&at, len);
}

static enum status
listen_at(struct front *f, const char *address)
{
	struct str a = str_of(address);
	struct evconnlistener *l = is_unix(a) ? listen_unix(f, address + strlen(UNIX_PREFIX)) : listen_tcp(f, a);

	if (l == NULL || evhttp_bind_listener(f->http, l) == NULL) {
		log_error(E_IO, "front.listen", "address=%s errno=%d", address, errno);
		if (l != NULL)
			evconnlistener_free(l);
		return E_IO;
	}
	evconnlistener_set_error_cb(l, on_accept_error);
	f->listener[f->listeners++] = l;
	return OK;
}

static enum status
open_http(struct front *f)
{
	const struct rlimit few = { FRONT_FDS, FRONT_FDS };

	f->base = event_base_new();
	f->http = f->base != NULL ? evhttp_new(f->base) : NULL;
	if (f->http == NULL)
		return E_NOMEM;
	evhttp_set_max_headers_size(f->http, HEADERS_MAX);
	evhttp_set_max_body_size(f->http, (ev_ssize_t)SIGNING_REQUEST_MAX);
	evhttp_set_timeout(f->http, FRONT_LIFE_S);
	evhttp_set_allowed_methods(f->http, EVHTTP_REQ_GET | EVHTTP_REQ_POST | EVHTTP_REQ_HEAD | EVHTTP_REQ_PUT |
						EVHTTP_REQ_DELETE | EVHTTP_REQ_OPTIONS | EVHTTP_REQ_PATCH);
	evhttp_set_gencb(f->http, on_request, f);
	if (f->opt->listen->n > ADDRESSES_MAX)
		return E_TOO_LARGE;
	for (size_t i = 0; i < f->opt->listen->n; i++)
		TRY(listen_at(f, f->opt->listen->item[i]));
	return setrlimit(RLIMIT_NOFILE, &few) == 0 ? OK : E_SYSTEM;
}

static enum status
confine(const struct front *f)
{
	/* Not one path: sockets are open already, and it has no business with files. */
	const struct service_bounds bounds = { .profile = SANDBOX_SIGNER, .mode = f->opt->sandbox };

	TRY(privdrop_finish(f->opt->user));
	/* After the change of user, which would undo it. Who was orphaned before that has lost the socketpair too; and
	 * so has who hears nothing because Landlock lets the core send no signal to us: on_tick() sees that. */
	if (prctl(PR_SET_PDEATHSIG, SIGKILL) != 0 || getppid() != f->opt->parent)
		return E_SYSTEM;
	return service_enter_sandbox(&bounds, "front.sandbox");
}

static enum status
serve(struct front *f)
{
	const struct timeval every = { .tv_sec = 1 };
	struct event *tick;
	enum status st;

	/* Its life hangs on the core's: signals for the whole group are the core's to answer. */
	(void)signal(SIGTERM, SIG_IGN);
	(void)signal(SIGINT, SIG_IGN);
	(void)signal(SIGHUP, SIG_IGN);
	(void)signal(SIGPIPE, SIG_IGN);
	TRY(open_http(f));
	TRY(confine(f));
	TRY(msg_client_adopt(f->opt->core, &f->core));
	tick = event_new(f->base, -1, EV_PERSIST, on_tick, f);
	st = tick != NULL && event_add(tick, &every) == 0 ? OK : E_NOMEM;
	note_ours(f);
	for (size_t i = 0; st == OK && i < f->opt->listen->n; i++)
		log_info("front.ready", "address=%s", f->opt->listen->item[i]);
	if (st == OK)
		(void)event_base_dispatch(f->base);
	if (tick != NULL)
		event_free(tick);
	return st;
}

int
front_run(const struct front_options *opt)
{
	struct front *f = calloc(1, sizeof(*f));
	enum status st = E_NOMEM;

	if (f != NULL) {
		f->opt = opt;
		st = serve(f);
	}
	if (st != OK)
		log_error(st, "front.failed", "what=\"the witness's network side ends\"");
	if (f != NULL) {
		msg_client_free(f->core);
		if (f->http != NULL)
			evhttp_free(f->http);
		if (f->base != NULL)
			event_base_free(f->base);
		free(f);
	}
	return st == OK ? 0 : EXIT_FRONT;
}
