#include "auditlog/base/msg.h"

#include <stdlib.h>
#include <unistd.h>

#include "auditlog/base/clock.h"
#include "auditlog/base/msg_client_loop.h"

#define WAITING_MAX 65536
#define QUEUE_MAX   ((size_t)64 << 20)

/* ---- life ---- */

static struct msg_client *
client_alloc(void)
{
	struct msg_client *c = calloc(1, sizeof(*c));

	if (c == NULL)
		return NULL;
	c->fd = c->bell = -1;
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
		st = msg_client_prepare(c);
	if (st == OK)
		st = msg_client_connect(c);
	if (st == OK)
		st = msg_client_start(c);
	if (st != OK) {
		msg_client_dismantle(c);
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
	st = evutil_make_socket_nonblocking(fd) == 0 ? msg_client_prepare(c) : E_SYSTEM;
	if (st == OK)
		st = msg_client_take_socket(c, fd);
	if (st == OK)
		st = msg_client_start(c);
	if (st != OK) {
		c->fd = -1; /* the caller's still */
		msg_client_dismantle(c);
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
	msg_client_lock(c);
	c->stopping = true;
	msg_client_unlock(c);
	ring(c);
	(void)pthread_join(c->thread, NULL);
	msg_client_dismantle(c);
}

bool
msg_client_up(struct msg_client *c)
{
	bool up;

	msg_client_lock(c);
	up = c->up;
	msg_client_unlock(c);
	return up;
}

/* ---- requests ---- */

/* Under the lock. When the peer is away only the waiting request is put: the thread ends it. */
static enum status
enqueue(struct msg_client *c, uint16_t type, struct str payload, struct waiting *w)
{
	if (c->stopping)
		return E_UNAVAILABLE;
	if (c->waiting.count >= WAITING_MAX ||
	    c->unsent + evbuffer_get_length(c->queue) + MSG_HEADER_LEN + payload.n > QUEUE_MAX)
		return E_BUSY;
	w->id = c->last_id + 1;
	if (c->up)
		TRY(msg_io_put(c->queue, type, w->id, payload));
	c->last_id = w->id;
	waiting_put(&c->waiting, w);
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
	msg_client_lock(c);
	w = waiting_new(&c->waiting);
	if (w == NULL) {
		msg_client_unlock(c);
		return E_NOMEM;
	}
	w->deadline_us = deadline_us;
	w->done = done;
	w->arg = arg;
	st = enqueue(c, type, payload, w);
	if (st != OK)
		waiting_recycle(&c->waiting, w);
	else if (!c->rung)
		wake = c->rung = true;
	msg_client_unlock(c);
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
