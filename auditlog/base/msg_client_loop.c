#include "auditlog/base/msg_client_loop.h"

#include <signal.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include "auditlog/base/clock.h"
#include "auditlog/base/log.h"

/* How late a deadline may be noticed. */
#define SWEEP_US         20000
#define BACKOFF_LEAST_US 50000
#define BACKOFF_MOST_US  1000000

static struct timeval
timeval_of(int64_t us)
{
	return (struct timeval){ .tv_sec = us / SECOND_US, .tv_usec = us % SECOND_US };
}

/* ---- how requests end ---- */

/* Tells them, without the lock: a done function may send the next request. */
static void
end_all(struct msg_client *c, struct waiting *list, enum status st)
{
	while (list != NULL) {
		struct waiting *w = list;

		list = w->next;
		w->done(w->arg, st, 0, STR(""));
		msg_client_lock(c);
		waiting_recycle(&c->waiting, w);
		msg_client_unlock(c);
	}
}

static void
end_due(struct msg_client *c, int64_t now_us, enum status st)
{
	struct waiting *due;

	msg_client_lock(c);
	due = waiting_due(&c->waiting, now_us);
	msg_client_unlock(c);
	end_all(c, due, st);
}

static void
drop_bytes(struct evbuffer *b)
{
	(void)evbuffer_drain(b, evbuffer_get_length(b));
}

/* ---- the connection ---- */

/* The connection is gone: whatever was on its way ends here, because nobody can tell what the peer has done. */
static void
disconnect(struct msg_client *c, enum status why)
{
	struct timeval rest = timeval_of(c->backoff_us);

	if (c->fd >= 0) {
		log_warn(why, "msg.disconnected", "socket=%s", c->at.sun_path);
		event_free(c->readable);
		event_free(c->writable);
		c->readable = c->writable = NULL;
		(void)close(c->fd);
		c->fd = -1;
	}
	msg_client_lock(c);
	c->up = false;
	c->unsent = 0;
	drop_bytes(c->queue);
	msg_client_unlock(c);
	drop_bytes(c->in);
	drop_bytes(c->out);
	if (!c->adopted)
		(void)event_add(c->reconnect, &rest);
	c->backoff_us = c->backoff_us * 2 > BACKOFF_MOST_US ? BACKOFF_MOST_US : c->backoff_us * 2;
	end_due(c, INT64_MAX, E_UNAVAILABLE);
}

/* An error answer: its status stands for it, its text for the payload. What makes no sense is E_SYSTEM. */
static enum status
error_of(struct str *payload)
{
	uint16_t code;

	if (buf_get_u16(payload, &code) != OK || code == OK || code >= STATUS_COUNT ||
	    payload->n > MSG_IO_ERROR_TEXT_MAX)
		return E_SYSTEM;
	return (enum status)code;
}

static void
deliver(struct msg_client *c, const struct msg_io_head *head, struct str payload)
{
	enum status st = head->type == MSG_TYPE_ERROR ? error_of(&payload) : OK;
	struct waiting *w;

	msg_client_lock(c);
	w = waiting_take(&c->waiting, head->id);
	msg_client_unlock(c);
	if (w == NULL) /* came after its deadline */
		return;
	w->done(w->arg, st, st == OK ? head->type : 0, payload);
	msg_client_lock(c);
	waiting_recycle(&c->waiting, w);
	msg_client_unlock(c);
}

static void
on_readable(evutil_socket_t fd, short what, void *arg)
{
	struct msg_client *c = arg;
	struct msg_io_head head;
	struct str payload;
	enum status st = msg_io_read(fd, c->in);

	(void)what;
	if (st == E_BUSY)
		return;
	while (st == OK) {
		st = msg_io_peek(c->in, &head);
		if (st == OK)
			st = msg_io_payload(c->in, &head, &payload);
		if (st == E_END)
			return; /* the rest is still under way */
		if (st == OK) {
			deliver(c, &head, payload);
			msg_io_drop(c->in, &head);
		}
	}
	disconnect(c, st);
}

static void
send_queued(struct msg_client *c)
{
	enum status st;

	msg_client_lock(c);
	(void)evbuffer_add_buffer(c->out, c->queue);
	msg_client_unlock(c);
	st = msg_io_write(c->fd, c->out);
	msg_client_lock(c);
	c->unsent = evbuffer_get_length(c->out);
	msg_client_unlock(c);
	if (st == E_BUSY)
		(void)event_add(c->writable, NULL);
	else if (st != OK)
		disconnect(c, st);
}

static void
on_writable(evutil_socket_t fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	send_queued(arg);
}

static void
arm_sweep(struct msg_client *c)
{
	struct timeval every = timeval_of(SWEEP_US);
	bool needed;

	msg_client_lock(c);
	needed = c->waiting.count > 0;
	msg_client_unlock(c);
	if (needed && !event_pending(c->sweep, EV_TIMEOUT, NULL))
		(void)event_add(c->sweep, &every);
}

static void
on_sweep(evutil_socket_t fd, short what, void *arg)
{
	struct msg_client *c = arg;

	(void)fd;
	(void)what;
	end_due(c, clock_mono_us(), E_TIMEOUT);
	arm_sweep(c);
}

static void
on_ring(evutil_socket_t fd, short what, void *arg)
{
	struct msg_client *c = arg;
	uint64_t rings;
	bool stopping;

	(void)what;
	(void)!read(fd, &rings, sizeof(rings));
	msg_client_lock(c);
	c->rung = false;
	stopping = c->stopping;
	msg_client_unlock(c);
	if (stopping) {
		(void)event_base_loopbreak(c->base);
		return;
	}
	if (c->fd < 0)
		end_due(c, INT64_MAX, E_UNAVAILABLE);
	else if (!event_pending(c->writable, EV_WRITE, NULL))
		send_queued(c);
	arm_sweep(c);
}

/* A unix connect is over at once, one way or the other: EAGAIN means that the peer's backlog is full. */
static enum status
connect_to(const struct sockaddr_un *at, int *out)
{
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

	if (fd < 0)
		return E_SYSTEM;
	if (connect(fd, (const struct sockaddr *)at, sizeof(*at)) != 0) {
		(void)close(fd);
		return E_UNAVAILABLE;
	}
	*out = fd;
	return OK;
}

enum status
msg_client_take_socket(struct msg_client *c, int fd)
{
	c->readable = event_new(c->base, fd, EV_READ | EV_PERSIST, on_readable, c);
	c->writable = event_new(c->base, fd, EV_WRITE, on_writable, c);
	if (c->readable == NULL || c->writable == NULL || event_add(c->readable, NULL) != 0) {
		if (c->readable != NULL)
			event_free(c->readable);
		if (c->writable != NULL)
			event_free(c->writable);
		c->readable = c->writable = NULL;
		return E_NOMEM;
	}
	c->fd = fd;
	c->backoff_us = BACKOFF_LEAST_US;
	msg_client_lock(c);
	c->up = true;
	msg_client_unlock(c);
	return OK;
}

static enum status
try_connect(struct msg_client *c)
{
	enum status st;
	int fd;

	TRY(connect_to(&c->at, &fd));
	st = msg_client_take_socket(c, fd);
	if (st != OK)
		(void)close(fd);
	return st;
}

static void
on_reconnect(evutil_socket_t fd, short what, void *arg)
{
	struct msg_client *c = arg;
	enum status st = try_connect(c);

	(void)fd;
	(void)what;
	if (st != OK)
		disconnect(c, st);
	else
		log_info("msg.connected", "socket=%s", c->at.sun_path);
}

static void *
run(void *arg)
{
	struct msg_client *c = arg;

	(void)event_base_dispatch(c->base);
	end_due(c, INT64_MAX, E_UNAVAILABLE);
	return NULL;
}

/* ---- life ---- */

enum status
msg_client_start(struct msg_client *c)
{
	sigset_t all, before;
	int err;

	/* Signals belong to the program's own thread. */
	(void)sigfillset(&all);
	(void)pthread_sigmask(SIG_SETMASK, &all, &before);
	err = pthread_create(&c->thread, NULL, run, c);
	(void)pthread_sigmask(SIG_SETMASK, &before, NULL);
	return err == 0 ? OK : E_SYSTEM;
}

enum status
msg_client_prepare(struct msg_client *c)
{
	c->backoff_us = BACKOFF_LEAST_US;
	c->bell = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
	c->base = event_base_new();
	c->queue = evbuffer_new();
	c->in = evbuffer_new();
	c->out = evbuffer_new();
	if (c->bell < 0 || c->base == NULL || c->queue == NULL || c->in == NULL || c->out == NULL)
		return E_NOMEM;
	c->ring = event_new(c->base, c->bell, EV_READ | EV_PERSIST, on_ring, c);
	c->sweep = evtimer_new(c->base, on_sweep, c);
	c->reconnect = evtimer_new(c->base, on_reconnect, c);
	if (c->ring == NULL || c->sweep == NULL || c->reconnect == NULL || event_add(c->ring, NULL) != 0)
		return E_NOMEM;
	return OK;
}

enum status
msg_client_connect(struct msg_client *c)
{
	struct timeval rest = timeval_of(BACKOFF_LEAST_US);

	if (try_connect(c) == OK)
		return OK;
	log_warn(E_UNAVAILABLE, "msg.unreachable", "socket=%s", c->at.sun_path);
	return event_add(c->reconnect, &rest) == 0 ? OK : E_NOMEM;
}

void
msg_client_dismantle(struct msg_client *c)
{
	struct event *const events[] = { c->ring, c->readable, c->writable, c->sweep, c->reconnect };
	struct evbuffer *const buffers[] = { c->queue, c->in, c->out };

	for (size_t i = 0; i < ARRAY_LEN(events); i++)
		if (events[i] != NULL)
			event_free(events[i]);
	for (size_t i = 0; i < ARRAY_LEN(buffers); i++)
		if (buffers[i] != NULL)
			evbuffer_free(buffers[i]);
	if (c->base != NULL)
		event_base_free(c->base);
	if (c->fd >= 0)
		(void)close(c->fd);
	if (c->bell >= 0)
		(void)close(c->bell);
	waiting_clear(&c->waiting);
	(void)pthread_mutex_destroy(&c->lock);
	free(c);
}
