#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include "auditlog/base/clock.h"
#include "auditlog/base/log.h"
#include "auditlog/base/msg_io.h"

#define WAITING_MAX 65536
#define QUEUE_MAX   ((size_t)64 << 20)
#define BUCKETS     4096
/* How late a deadline may be noticed. */
#define SWEEP_US         20000
#define BACKOFF_LEAST_US 50000
#define BACKOFF_MOST_US  1000000

/* A request on its way. */
struct waiting {
	struct waiting *next;
	uint64_t id;
	int64_t deadline_us;
	msg_done *done;
	void *arg;
};

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
	struct waiting *bucket[BUCKETS];
	struct waiting *spare;
	size_t waiting_count;
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

static void
lock(struct msg_client *c)
{
	(void)pthread_mutex_lock(&c->lock);
}

static void
unlock(struct msg_client *c)
{
	(void)pthread_mutex_unlock(&c->lock);
}

static struct timeval
timeval_of(int64_t us)
{
	return (struct timeval){ .tv_sec = us / SECOND_US, .tv_usec = us % SECOND_US };
}

/* ---- requests that wait; all under the lock ---- */

static struct waiting *
waiting_take(struct msg_client *c, uint64_t id)
{
	for (struct waiting **at = &c->bucket[id % BUCKETS]; *at != NULL; at = &(*at)->next) {
		struct waiting *w = *at;

		if (w->id != id)
			continue;
		*at = w->next;
		c->waiting_count--;
		return w;
	}
	return NULL;
}

static void
waiting_put(struct msg_client *c, struct waiting *w)
{
	struct waiting **head = &c->bucket[w->id % BUCKETS];

	w->next = *head;
	*head = w;
	c->waiting_count++;
}

static struct waiting *
waiting_new(struct msg_client *c)
{
	struct waiting *w = c->spare;

	if (w == NULL)
		return malloc(sizeof(*w));
	c->spare = w->next;
	return w;
}

static void
waiting_recycle(struct msg_client *c, struct waiting *w)
{
	w->next = c->spare;
	c->spare = w;
}

/* Takes out everything that is due before now_us, as a list. INT64_MAX takes all. */
static struct waiting *
waiting_due(struct msg_client *c, int64_t now_us)
{
	struct waiting *due = NULL;

	for (size_t i = 0; i < BUCKETS && c->waiting_count > 0; i++) {
		struct waiting **at = &c->bucket[i];

		while (*at != NULL) {
			struct waiting *w = *at;

			if (now_us != INT64_MAX && w->deadline_us > now_us) {
				at = &w->next;
				continue;
			}
			*at = w->next;
			c->waiting_count--;
			w->next = due;
			due = w;
		}
	}
	return due;
}

/* ---- the thread ---- */

/* Tells them, without the lock: a done function may send the next request. */
static void
end_all(struct msg_client *c, struct waiting *list, enum status st)
{
	while (list != NULL) {
		struct waiting *w = list;

		list = w->next;
		w->done(w->arg, st, 0, STR(""));
		lock(c);
		waiting_recycle(c, w);
		unlock(c);
	}
}

static void
end_due(struct msg_client *c, int64_t now_us, enum status st)
{
	struct waiting *due;

	lock(c);
	due = waiting_due(c, now_us);
	unlock(c);
	end_all(c, due, st);
}

static void
drop_bytes(struct evbuffer *b)
{
	(void)evbuffer_drain(b, evbuffer_get_length(b));
}

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
	lock(c);
	c->up = false;
	c->unsent = 0;
	drop_bytes(c->queue);
	unlock(c);
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

	lock(c);
	w = waiting_take(c, head->id);
	unlock(c);
	if (w == NULL) /* came after its deadline */
		return;
	w->done(w->arg, st, st == OK ? head->type : 0, payload);
	lock(c);
	waiting_recycle(c, w);
	unlock(c);
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

	lock(c);
	(void)evbuffer_add_buffer(c->out, c->queue);
	unlock(c);
	st = msg_io_write(c->fd, c->out);
	lock(c);
	c->unsent = evbuffer_get_length(c->out);
	unlock(c);
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

	lock(c);
	needed = c->waiting_count > 0;
	unlock(c);
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
	lock(c);
	c->rung = false;
	stopping = c->stopping;
	unlock(c);
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

/* Takes the descriptor on OK. */
static enum status
take_socket(struct msg_client *c, int fd)
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
	lock(c);
	c->up = true;
	unlock(c);
	return OK;
}

static enum status
try_connect(struct msg_client *c)
{
	enum status st;
	int fd;

	TRY(connect_to(&c->at, &fd));
	st = take_socket(c, fd);
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

static enum status
start_thread(struct msg_client *c)
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

static enum status
prepare(struct msg_client *c)
{
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

/* The first attempt at once, so that a request right after msg_client_new() finds a connection. */
static enum status
first_connect(struct msg_client *c)
{
	struct timeval rest = timeval_of(BACKOFF_LEAST_US);

	if (try_connect(c) == OK)
		return OK;
	log_warn(E_UNAVAILABLE, "msg.unreachable", "socket=%s", c->at.sun_path);
	return event_add(c->reconnect, &rest) == 0 ? OK : E_NOMEM;
}

static void
dismantle(struct msg_client *c)
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
	while (c->spare != NULL) {
		struct waiting *w = c->spare;

		c->spare = w->next;
		free(w);
	}
	(void)pthread_mutex_destroy(&c->lock);
	free(c);
}

static struct msg_client *
client_alloc(void)
{
	struct msg_client *c = calloc(1, sizeof(*c));

	if (c == NULL)
		return NULL;
	c->fd = c->bell = -1;
	c->backoff_us = BACKOFF_LEAST_US;
	(void)pthread_mutex_init(&c->lock, NULL);
	return c;
}

enum status
msg_client_new(const char *path, struct msg_client **out)
{
	struct msg_client *c = client_alloc();
	enum status st;

	if (c == NULL)
		return E_NOMEM;
	st = msg_io_address(path, &c->at);
	if (st == OK)
		st = prepare(c);
	if (st == OK)
		st = first_connect(c);
	if (st == OK)
		st = start_thread(c);
	if (st != OK) {
		dismantle(c);
		return st;
	}
	*out = c;
	return OK;
}

enum status
msg_client_adopt(int fd, struct msg_client **out)
{
	struct msg_client *c = client_alloc();
	enum status st;

	if (c == NULL)
		return E_NOMEM;
	c->adopted = true;
	st = evutil_make_socket_nonblocking(fd) == 0 ? prepare(c) : E_SYSTEM;
	if (st == OK)
		st = take_socket(c, fd);
	if (st == OK)
		st = start_thread(c);
	if (st != OK) {
		c->fd = -1; /* the caller's still */
		dismantle(c);
		return st;
	}
	*out = c;
	return OK;
}

static void
ring(const struct msg_client *c)
{
	const uint64_t one = 1;

	(void)!write(c->bell, &one, sizeof(one));
}

void
msg_client_free(struct msg_client *c)
{
	if (c == NULL)
		return;
	lock(c);
	c->stopping = true;
	unlock(c);
	ring(c);
	(void)pthread_join(c->thread, NULL);
	dismantle(c);
}

bool
msg_client_up(struct msg_client *c)
{
	bool up;

	lock(c);
	up = c->up;
	unlock(c);
	return up;
}

/* ---- requests ---- */

/* Under the lock. When the peer is away only the waiting request is put: the thread ends it. */
static enum status
enqueue(struct msg_client *c, uint16_t type, struct str payload, struct waiting *w)
{
	if (c->stopping)
		return E_UNAVAILABLE;
	if (c->waiting_count >= WAITING_MAX ||
	    c->unsent + evbuffer_get_length(c->queue) + MSG_HEADER_LEN + payload.n > QUEUE_MAX)
		return E_BUSY;
	w->id = c->last_id + 1;
	if (c->up)
		TRY(msg_io_put(c->queue, type, w->id, payload));
	c->last_id = w->id;
	waiting_put(c, w);
	return OK;
}

enum status
msg_client_send(struct msg_client *c, uint16_t type, struct str payload, int64_t timeout_us, msg_done *done, void *arg)
{
	int64_t deadline_us = clock_mono_us() + timeout_us;
	struct waiting *w;
	bool wake = false;
	enum status st;

	if (payload.n > MSG_PAYLOAD_MAX)
		return E_TOO_LARGE;
	lock(c);
	w = waiting_new(c);
	if (w == NULL) {
		unlock(c);
		return E_NOMEM;
	}
	w->deadline_us = deadline_us;
	w->done = done;
	w->arg = arg;
	st = enqueue(c, type, payload, w);
	if (st != OK)
		waiting_recycle(c, w);
	else if (!c->rung)
		wake = c->rung = true;
	unlock(c);
	if (wake)
		ring(c);
	return st;
}

/* A caller that waits. Lives on its stack: done is called exactly once, and before msg_client_call returns. */
struct call {
	pthread_mutex_t lock;
	pthread_cond_t ended;
	bool over;
	enum status st;
	uint16_t type;
	struct buf *reply;
};

static void
on_reply(void *arg, enum status st, uint16_t type, struct str payload)
{
	struct call *call = arg;

	(void)pthread_mutex_lock(&call->lock);
	if (call->reply != NULL)
		buf_put(call->reply, payload);
	call->type = type;
	call->st = st == OK && call->reply != NULL ? buf_status(call->reply) : st;
	call->over = true;
	(void)pthread_cond_signal(&call->ended);
	(void)pthread_mutex_unlock(&call->lock);
}

enum status
msg_client_call(struct msg_client *c, uint16_t type, struct str payload, int64_t timeout_us, uint16_t *reply_type,
		struct buf *reply)
{
	struct call call = { .lock = PTHREAD_MUTEX_INITIALIZER, .ended = PTHREAD_COND_INITIALIZER, .reply = reply };

	TRY(msg_client_send(c, type, payload, timeout_us, on_reply, &call));
	(void)pthread_mutex_lock(&call.lock);
	while (!call.over)
		(void)pthread_cond_wait(&call.ended, &call.lock);
	(void)pthread_mutex_unlock(&call.lock);
	(void)pthread_mutex_destroy(&call.lock);
	(void)pthread_cond_destroy(&call.ended);
	if (call.st == OK && reply_type != NULL)
		*reply_type = call.type;
	return call.st;
}
