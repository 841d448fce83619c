#include "auditlog/daemon/courier.h"

#include <curl/curl.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "auditlog/base/clock.h"
#include "auditlog/base/log.h"
#include "auditlog/base/msg.h"
#include "auditlog/base/privdrop.h"
#include "auditlog/base/service.h"
#include "auditlog/client/signing.h"

#define LOOK_S       1 /* how often it looks whether its parent is still there */
#define RESTART_MS   1000
#define EXIT_FOR_BAD 3 /* what cannot be started now cannot be started in a second */
#define PATHS_MAX    6

struct courier {
	const struct courier_options *opt;
	pid_t keeper;
	int lifeline;
	struct event_base *base;
	struct msg_server *server;
	struct event *timer, *look, *life;
	CURLM *multi;
};

/* One letter under way. */
struct letter {
	struct courier *courier;
	struct msg_request req;
	CURL *curl;
	struct curl_slist *headers;
	struct buf text, answer, url;
};

/* ---- letters ---- */

static void
letter_free(struct letter *l)
{
	if (l->curl != NULL)
		curl_easy_cleanup(l->curl);
	curl_slist_free_all(l->headers);
	buf_clear(&l->text);
	buf_clear(&l->answer);
	buf_clear(&l->url);
	free(l);
}

static void
reply(const struct msg_request *req, unsigned http, struct str body)
{
	CLEANUP(buf_clear) struct buf out = BUF(2 + COURIER_ANSWER_MAX);

	buf_put_u16(&out, (uint16_t)http);
	buf_put(&out, body);
	msg_reply(req, COURIER_ANSWER, buf_str(&out));
}

static size_t
on_body(char *data, size_t size, size_t count, void *arg)
{
	struct letter *l = arg;

	buf_put_bytes(&l->answer, data, size * count);
	return buf_status(&l->answer) == OK ? size * count : 0;
}

static bool
address(struct letter *l, const struct courier_options *opt)
{
	const long timeout_ms = (long)(opt->timeout_us / 1000);
	CURLcode bad = CURLE_OK;

	l->headers = curl_slist_append(l->headers, "Content-Type: text/plain; charset=utf-8");
	l->headers = curl_slist_append(l->headers, "Expect:");
	bad |= curl_easy_setopt(l->curl, CURLOPT_URL, l->url.p);
	bad |= curl_easy_setopt(l->curl, CURLOPT_PROTOCOLS_STR, "https,http");
	bad |= curl_easy_setopt(l->curl, CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
	bad |= curl_easy_setopt(l->curl, CURLOPT_FOLLOWLOCATION, 0L);
	bad |= curl_easy_setopt(l->curl, CURLOPT_NOSIGNAL, 1L);
	bad |= curl_easy_setopt(l->curl, CURLOPT_NOPROXY, "*");
	bad |= curl_easy_setopt(l->curl, CURLOPT_TIMEOUT_MS, timeout_ms);
	bad |= curl_easy_setopt(l->curl, CURLOPT_USERAGENT, "auditlogd/" OMBUD_VERSION);
	bad |= curl_easy_setopt(l->curl, CURLOPT_HTTPHEADER, l->headers);
	bad |= curl_easy_setopt(l->curl, CURLOPT_POSTFIELDSIZE, (long)l->text.n);
	bad |= curl_easy_setopt(l->curl, CURLOPT_POSTFIELDS, l->text.p);
	bad |= curl_easy_setopt(l->curl, CURLOPT_WRITEFUNCTION, on_body);
	bad |= curl_easy_setopt(l->curl, CURLOPT_WRITEDATA, l);
	bad |= curl_easy_setopt(l->curl, CURLOPT_PRIVATE, l);
	if (opt->ca != NULL)
		bad |= curl_easy_setopt(l->curl, CURLOPT_CAINFO, opt->ca);
	return bad == CURLE_OK && l->headers != NULL;
}

static struct letter *
letter_new(struct courier *c, const struct msg_request *req, size_t witness, struct str text)
{
	struct letter *l = calloc(1, sizeof(*l));

	if (l == NULL)
		return NULL;
	*l = (struct letter){ .courier = c, .req = *req, .curl = curl_easy_init() };
	l->text = BUF(SIGNING_REQUEST_MAX);
	l->answer = BUF(COURIER_ANSWER_MAX);
	l->url = BUF(4096);
	buf_put(&l->text, text);
	buf_printf(&l->url, "%s/add-checkpoint", c->opt->url[witness]);
	buf_put_char(&l->url, '\0');
	if (l->curl != NULL && buf_status(&l->text) == OK && buf_status(&l->url) == OK && address(l, c->opt) &&
	    curl_multi_add_handle(c->multi, l->curl) == CURLM_OK)
		return l;
	letter_free(l);
	return NULL;
}

static enum status
handle_post(void *ctx, const struct msg_request *req, struct str payload)
{
	struct courier *c = ctx;
	uint16_t witness = 0;

	TRY(buf_get_u16(&payload, &witness));
	if (witness >= c->opt->count)
		return E_INVALID;
	if (letter_new(c, req, witness, payload) == NULL)
		reply(req, 0, STR(""));
	return OK;
}

static enum status
handle_quit(void *ctx, const struct msg_request *req, struct str payload)
{
	struct courier *c = ctx;

	(void)req;
	(void)payload;
	(void)event_base_loopbreak(c->base);
	return OK;
}

static const struct msg_row ROWS[] = {
	{ COURIER_POST, 3, 2 + SIGNING_REQUEST_MAX, handle_post },
	{ COURIER_QUIT, 0, 0, handle_quit },
};

/* ---- its life ---- */

static void
deliver(const struct courier *c, const CURLMsg *m)
{
	struct letter *l = NULL;
	long http = 0;

	if (curl_easy_getinfo(m->easy_handle, CURLINFO_PRIVATE, (char **)&l) != CURLE_OK || l == NULL)
		return;
	if (m->data.result == CURLE_OK)
		(void)curl_easy_getinfo(l->curl, CURLINFO_RESPONSE_CODE, &http);
	(void)curl_multi_remove_handle(c->multi, l->curl);
	reply(&l->req, http > 0 && http < 1000 ? (unsigned)http : 0, http > 0 ? buf_str(&l->answer) : STR(""));
	letter_free(l);
}

static void
deliver_all(const struct courier *c)
{
	const CURLMsg *m;
	int left;

	while ((m = curl_multi_info_read(c->multi, &left)) != NULL)
		if (m->msg == CURLMSG_DONE)
			deliver(c, m);
}

/* ---- libcurl on our loop ---- */

static void
on_ready(evutil_socket_t fd, short what, void *arg)
{
	const struct courier *c = arg;
	int running, flags = (what & EV_READ ? CURL_CSELECT_IN : 0) | (what & EV_WRITE ? CURL_CSELECT_OUT : 0);

	(void)curl_multi_socket_action(c->multi, fd, flags, &running);
	deliver_all(c);
}

static void
on_timer(evutil_socket_t fd, short what, void *arg)
{
	const struct courier *c = arg;
	int running;

	(void)fd;
	(void)what;
	(void)curl_multi_socket_action(c->multi, CURL_SOCKET_TIMEOUT, 0, &running);
	deliver_all(c);
}

static int
want_socket(CURL *curl, curl_socket_t fd, int what, void *arg, void *before)
{
	struct courier *c = arg;
	short flags = (short)((what & CURL_POLL_IN ? EV_READ : 0) | (what & CURL_POLL_OUT ? EV_WRITE : 0));
	struct event *e = NULL;

	(void)curl;
	if (before != NULL)
		event_free(before);
	if (what != CURL_POLL_REMOVE) {
		e = event_new(c->base, fd, (short)(flags | EV_PERSIST), on_ready, c);
		if (e == NULL || event_add(e, NULL) != 0)
			return -1;
	}
	return curl_multi_assign(c->multi, fd, e) == CURLM_OK ? 0 : -1;
}

static int
want_timer(CURLM *multi, long ms, void *arg)
{
	const struct courier *c = arg;
	struct timeval at = { .tv_sec = ms / 1000, .tv_usec = ms % 1000 * 1000 };

	(void)multi;
	if (ms < 0)
		return event_del(c->timer);
	return event_add(c->timer, &at);
}

static void
on_look(evutil_socket_t fd, short what, void *arg)
{
	const struct courier *c = arg;

	(void)fd;
	(void)what;
	if (getppid() != c->keeper)
		(void)event_base_loopbreak(c->base);
}

/* Nobody ever writes to it: auditlogd is gone. */
static void
on_orphaned(evutil_socket_t fd, short what, void *arg)
{
	const struct courier *c = arg;

	(void)fd;
	(void)what;
	(void)event_base_loopbreak(c->base);
}

/* ---- its life ---- */

static enum status
open_all(struct courier *c)
{
	const struct timeval every = { .tv_sec = LOOK_S };
	struct msg_server_options opt = { .path = c->opt->path,
					  .mode = 0600,
					  .rows = ROWS,
					  .row_count = ARRAY_LEN(ROWS),
					  .ctx = c,
					  .peers_most = 2 };

	if (curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK)
		return E_SYSTEM;
	c->base = event_base_new();
	c->multi = curl_multi_init();
	if (c->base == NULL || c->multi == NULL)
		return E_NOMEM;
	c->timer = evtimer_new(c->base, on_timer, c);
	c->look = event_new(c->base, -1, EV_PERSIST, on_look, c);
	c->life = event_new(c->base, c->lifeline, EV_READ, on_orphaned, c);
	if (c->timer == NULL || c->look == NULL || event_add(c->look, &every) != 0 || c->life == NULL ||
	    event_add(c->life, NULL) != 0)
		return E_NOMEM;
	if (curl_multi_setopt(c->multi, CURLMOPT_SOCKETFUNCTION, want_socket) != CURLM_OK ||
	    curl_multi_setopt(c->multi, CURLMOPT_SOCKETDATA, c) != CURLM_OK ||
	    curl_multi_setopt(c->multi, CURLMOPT_TIMERFUNCTION, want_timer) != CURLM_OK ||
	    curl_multi_setopt(c->multi, CURLMOPT_TIMERDATA, c) != CURLM_OK)
		return E_SYSTEM;
	return msg_server_new(c->base, &opt, &c->server);
}

/* To read: how names are looked up, which authorities are trusted, and the libraries that do both. */
static enum status
confine(const struct courier *c)
{
	const char *const wanted[] = { "/etc", "/usr", "/lib", "/lib64", "/run/systemd/resolve", c->opt->ca };
	struct sandbox_path paths[PATHS_MAX];
	struct service_bounds bounds = { .profile = SANDBOX_COURIER, .mode = c->opt->sandbox, .paths = paths };

	for (size_t i = 0; i < ARRAY_LEN(wanted); i++)
		if (wanted[i] != NULL && access(wanted[i], R_OK) == 0)
			paths[bounds.path_count++] = (struct sandbox_path){ wanted[i], SANDBOX_READ };
	return service_enter_sandbox(&bounds, "courier.sandbox");
}

NORETURN static void
be_courier(const struct courier_options *opt, pid_t keeper, int lifeline)
{
	struct courier c = { .opt = opt, .keeper = keeper, .lifeline = lifeline };
	enum status st = prctl(PR_SET_PDEATHSIG, SIGKILL) == 0 ? open_all(&c) : E_SYSTEM;

	if (st == OK)
		st = confine(&c);
	if (st != OK) {
		log_error(st, "courier.failed", "socket=%s", opt->path);
		_exit(EXIT_FOR_BAD);
	}
	log_info("courier.ready", "witnesses=%zu", opt->count);
	(void)event_base_dispatch(c.base);
	_exit(0);
}

/* Waits, and says whether auditlogd is gone. */
static bool
orphaned(int lifeline, int wait_ms)
{
	struct pollfd at = { .fd = lifeline, .events = POLLIN };

	return poll(&at, 1, wait_ms) > 0;
}

/*
 * Does nothing but wait and begin again. It reads nothing from anybody. That auditlogd died is seen at the end of a
 * pipe and not by PR_SET_PDEATHSIG: a parent confined by Landlock may send no signal out of its domain, not even that
 * one.
 */
NORETURN static void
be_keeper(const struct courier_options *opt, int lifeline)
{
	pid_t me = getpid();
	int how = 0;

	if (privdrop_finish(opt->user) != OK)
		_exit(EXIT_FOR_BAD);
	for (;;) {
		pid_t pid = fork();

		if (pid == 0)
			be_courier(opt, me, lifeline);
		if (pid < 0 || waitpid(pid, &how, 0) != pid)
			_exit(EXIT_FOR_BAD);
		if (WIFEXITED(how) && (WEXITSTATUS(how) == 0 || WEXITSTATUS(how) == EXIT_FOR_BAD))
			_exit(WEXITSTATUS(how));
		log_error(E_SYSTEM, "courier.died", "signal=%d", WIFSIGNALED(how) ? WTERMSIG(how) : 0);
		if (orphaned(lifeline, RESTART_MS))
			_exit(0);
	}
}

enum status
courier_start(const struct courier_options *opt)
{
	int line[2];
	pid_t pid;

	if (pipe2(line, O_CLOEXEC) != 0)
		return E_SYSTEM;
	pid = fork();
	if (pid == 0) {
		(void)close(line[1]);
		be_keeper(opt, line[0]);
	}
	(void)close(line[0]); /* the other end stays open as long as this process lives */
	return pid > 0 ? OK : E_SYSTEM;
}
