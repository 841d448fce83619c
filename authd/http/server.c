#include "authd/http/server.h"

#include <event2/event_struct.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "auditlog/base/clock.h"
#include "auditlog/base/log.h"
#include "authd/http/conn.h"
#include "authd/http/fiber.h"
#include "authd/http/listener.h"

#define THREADS_MOST        256
#define LISTENERS_MOST      16
#define CONNECTIONS_DEFAULT 4096
#define SWEEP_US            (SECOND_US / 4)
#define ACCEPTS_IN_A_ROW    64

struct loop;

/* One listening socket as one loop sees it. */
struct port {
	struct loop *loop;
	const struct server_listener *listener;
	int fd;
	struct event event;
};

struct loop {
	struct server *server;
	pthread_t thread;
	bool started;
	struct event_base *base;
	struct fiber_loop *fibers;
	struct conn_home home;
	struct port ports[LISTENERS_MOST];
	struct event sweep;
	bool paused;            /* not accepting for now */
	int64_t drain_until_us; /* 0: not draining */
	enum status ended;      /* OK, or E_TIMEOUT when handlers were left behind */
};

struct server {
	struct server_options opt;
	struct server_listener listeners[LISTENERS_MOST];
	uint16_t ports[LISTENERS_MOST];
	struct loop *loops;
	unsigned loop_count;
};

/* ---- accepting ---- */

static void
pause_accepting(struct loop *l)
{
	if (!l->paused)
		for (size_t i = 0; i < l->server->opt.listener_count; i++)
			event_del(&l->ports[i].event);
	l->paused = true;
}

static void
go_on_accepting(struct loop *l)
{
	if (!l->paused || l->home.draining || l->home.open >= l->server->opt.connections_most)
		return;
	for (size_t i = 0; i < l->server->opt.listener_count; i++)
		if (event_add(&l->ports[i].event, NULL) != 0)
			log_error(E_NOMEM, "server.accept", "listener=%zu", i);
	l->paused = false;
}

static void
on_closed(struct conn_home *home)
{
	struct loop *l = (struct loop *)(void *)((char *)home - offsetof(struct loop, home));

	go_on_accepting(l);
}

static void
on_accept(evutil_socket_t listen_fd, short what, void *arg)
{
	struct port *port = arg;
	struct loop *l = port->loop;

	(void)what;
	for (int i = 0; i < ACCEPTS_IN_A_ROW && !l->paused; i++) {
		struct conn_origin origin;
		int fd = -1;
		enum status st = listener_accept(&l->server->opt, port->listener, listen_fd, &fd, &origin);

		if (st == E_END)
			return;
		if (st == OK)
			st = conn_open(&l->home, fd, &origin);
		if (st == E_DENIED)
			log_warn(st, "server.accept", "listener=%s uid=%u", port->listener->address,
				 (unsigned)origin.uid);
		/* Out of descriptors or memory, or full: connections wait in the kernel's queue; the sweep goes on. */
		if (st == E_BUSY || st == E_NOMEM || l->home.open >= l->server->opt.connections_most)
			pause_accepting(l);
	}
}

/* ---- loops ---- */

static void
end_when_drained(struct loop *l)
{
	bool over = clock_mono_us() >= l->drain_until_us;

	if (over)
		conn_close_all(&l->home);
	if (l->home.open > 0 || (fiber_loop_count(l->fibers) > 0 && !over))
		return;
	l->ended = fiber_loop_count(l->fibers) > 0 ? E_TIMEOUT : OK;
	event_base_loopbreak(l->base);
}

static void
on_sweep(evutil_socket_t fd, short what, void *arg)
{
	struct loop *l = arg;

	(void)fd;
	(void)what;
	conn_sweep(&l->home);
	if (l->drain_until_us != 0)
		end_when_drained(l);
	else
		go_on_accepting(l);
}

static void
start_draining(void *arg)
{
	struct loop *l = arg;
	struct timeval soon = { .tv_usec = 10000 };

	l->drain_until_us = clock_mono_us() + l->server->opt.drain_us;
	pause_accepting(l);
	conn_drain(&l->home);
	event_del(&l->sweep);
	if (event_add(&l->sweep, &soon) != 0)
		event_base_loopbreak(l->base);
}

static void *
loop_main(void *arg)
{
	struct loop *l = arg;

	if (event_base_dispatch(l->base) < 0)
		log_error(E_SYSTEM, "server.loop", "loop ended");
	return NULL;
}

static enum status
make_base(struct event_base **out)
{
	struct event_config *cfg = event_config_new();

	if (cfg == NULL)
		return E_NOMEM;
	/* Each base belongs to one thread. The change list spares two system calls a response. */
	event_config_set_flag(cfg, EVENT_BASE_FLAG_NOLOCK | EVENT_BASE_FLAG_EPOLL_USE_CHANGELIST);
	*out = event_base_new_with_config(cfg);
	event_config_free(cfg);
	return *out != NULL ? OK : E_NOMEM;
}

static enum status
open_ports(struct loop *l, const struct loop *first)
{
	struct server *s = l->server;

	for (size_t i = 0; i < s->opt.listener_count; i++) {
		const struct server_listener *listener = &s->listeners[i];
		struct port *port = &l->ports[i];

		port->loop = l;
		port->listener = listener;
		/* A unix socket is one; its threads take turns. TCP: one each, and the kernel deals them out. */
		if (l != first && (listener->kind == SERVER_PROXY || listener->kind == SERVER_ADMIN))
			port->fd = fcntl(first->ports[i].fd, F_DUPFD_CLOEXEC, 0);
		else
			TRY(listener_open(listener, &s->ports[i], &port->fd));
		if (port->fd < 0)
			return E_SYSTEM;
		if (event_assign(&port->event, l->base, port->fd, EV_READ | EV_PERSIST, on_accept, port) != 0 ||
		    event_add(&port->event, NULL) != 0)
			return E_SYSTEM;
	}
	return OK;
}

static enum status
make_loop(struct loop *l)
{
	struct timeval every = { .tv_usec = SWEEP_US };

	TRY(make_base(&l->base));
	TRY(fiber_loop_new(l->base, l->server->opt.connections_most * 2, &l->fibers));
	l->home.opt = &l->server->opt;
	l->home.base = l->base;
	l->home.fibers = l->fibers;
	l->home.closed = on_closed;
	TAILQ_INIT(&l->home.conns);
	if (event_assign(&l->sweep, l->base, -1, EV_PERSIST, on_sweep, l) != 0 || event_add(&l->sweep, &every) != 0)
		return E_NOMEM;
	return open_ports(l, &l->server->loops[0]);
}

static void
free_loop(struct loop *l)
{
	if (l->base == NULL)
		return;
	conn_close_all(&l->home);
	for (size_t i = 0; i < LISTENERS_MOST; i++) {
		if (l->ports[i].fd < 0)
			continue;
		if (event_initialized(&l->ports[i].event))
			event_del(&l->ports[i].event);
		close(l->ports[i].fd);
	}
	if (event_initialized(&l->sweep))
		event_del(&l->sweep);
	if (fiber_loop_free(l->fibers) != OK)
		log_error(E_SYSTEM, "server.free", "fibers=%zu", fiber_loop_count(l->fibers));
	event_base_free(l->base);
}

/* ---- the server ---- */

static void
set_defaults(struct server_options *o)
{
	long cpus = sysconf(_SC_NPROCESSORS_ONLN);

	if (o->threads == 0)
		o->threads = cpus > 0 ? (unsigned)cpus : 1;
	if (o->connections_most == 0)
		o->connections_most = CONNECTIONS_DEFAULT;
	o->handshake_us = o->handshake_us > 0 ? o->handshake_us : 5 * SECOND_US;
	o->request_us = o->request_us > 0 ? o->request_us : 10 * SECOND_US;
	o->idle_us = o->idle_us > 0 ? o->idle_us : 30 * SECOND_US;
	o->write_us = o->write_us > 0 ? o->write_us : 10 * SECOND_US;
	o->fast_us = o->fast_us > 0 ? o->fast_us : 2 * SECOND_US;
	o->long_us = o->long_us > 0 ? o->long_us : 25 * SECOND_US;
	o->slow_us = o->slow_us > 0 ? o->slow_us : 5 * SECOND_US;
	o->drain_us = o->drain_us > 0 ? o->drain_us : 5 * SECOND_US;
}

static enum status
check_options(const struct server_options *o)
{
	if (o->listener_count == 0 || o->listener_count > LISTENERS_MOST || o->handle == NULL ||
	    o->threads > THREADS_MOST || (o->classify != NULL && o->pool == NULL))
		return E_INVALID;
	for (size_t i = 0; i < o->listener_count; i++)
		if (o->listeners[i].kind == SERVER_TLS && o->tls == NULL)
			return E_INVALID;
	return OK;
}

static enum status
make_loops(struct server *s)
{
	s->loops = calloc(s->opt.threads, sizeof(*s->loops));
	if (s->loops == NULL)
		return E_NOMEM;
	s->loop_count = s->opt.threads;
	for (unsigned i = 0; i < s->loop_count; i++) {
		s->loops[i].server = s;
		for (size_t p = 0; p < LISTENERS_MOST; p++)
			s->loops[i].ports[p].fd = -1;
	}
	for (unsigned i = 0; i < s->loop_count; i++)
		TRY(make_loop(&s->loops[i]));
	return OK;
}

enum status
server_new(const struct server_options *opt, struct server **out)
{
	struct server *s;
	enum status st;

	TRY(check_options(opt));
	s = calloc(1, sizeof(*s));
	if (s == NULL)
		return E_NOMEM;
	s->opt = *opt;
	set_defaults(&s->opt);
	for (size_t i = 0; i < opt->listener_count; i++) {
		s->listeners[i] = opt->listeners[i];
		s->ports[i] = opt->listeners[i].port;
	}
	s->opt.listeners = s->listeners;
	/* A client that goes away while we write is an error return, not a signal. */
	signal(SIGPIPE, SIG_IGN);
	st = make_loops(s);
	if (st != OK) {
		server_free(s);
		return st;
	}
	*out = s;
	return OK;
}

/* Signals are for the main thread. */
static enum status
start_loop(struct loop *l, unsigned number)
{
	sigset_t all, before;
	char name[16];
	int failed;

	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	failed = pthread_create(&l->thread, NULL, loop_main, l);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	if (failed)
		return E_SYSTEM;
	l->started = true;
	snprintf(name, sizeof(name), "http-%u", number);
	pthread_setname_np(l->thread, name);
	return OK;
}

enum status
server_start(struct server *s)
{
	for (unsigned i = 0; i < s->loop_count; i++)
		TRY(start_loop(&s->loops[i], i));
	return OK;
}

enum status
server_stop(struct server *s)
{
	enum status st = OK;

	for (unsigned i = 0; i < s->loop_count; i++)
		if (s->loops[i].started)
			TRY(fiber_post(s->loops[i].fibers, start_draining, &s->loops[i]));
	for (unsigned i = 0; i < s->loop_count; i++) {
		if (!s->loops[i].started)
			continue;
		pthread_join(s->loops[i].thread, NULL);
		s->loops[i].started = false;
		if (s->loops[i].ended != OK)
			st = s->loops[i].ended;
	}
	return st;
}

void
server_free(struct server *s)
{
	if (s == NULL)
		return;
	for (unsigned i = 0; i < s->loop_count; i++)
		free_loop(&s->loops[i]);
	free(s->loops);
	free(s);
}

uint16_t
server_port(const struct server *s, size_t i)
{
	return s->ports[i];
}

struct server_counters
server_counters(const struct server *s)
{
	struct server_counters sum = { 0 };

	for (unsigned i = 0; i < s->loop_count; i++) {
		const struct conn_home *h = &s->loops[i].home;

		sum.accepted += atomic_load(&h->accepted);
		sum.open += atomic_load(&h->live);
		sum.requests += atomic_load(&h->requests);
		sum.refused += atomic_load(&h->refused);
		sum.timeouts += atomic_load(&h->timeouts);
		sum.busy += atomic_load(&h->busy);
		sum.handshake_failures += atomic_load(&h->handshake_failures);
	}
	return sum;
}
