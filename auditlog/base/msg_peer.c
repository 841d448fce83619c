#include "auditlog/base/msg_peer.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "auditlog/base/log.h"
#include "auditlog/base/msg_io.h"

struct msg_peer {
	struct msg_server *server;
	uint64_t serial; /* generation << 16 | slot: finds the peer, and never somebody who took the slot later */
	int fd;
	uid_t uid;
	pid_t pid;
	struct evbuffer *in, *out;
	struct event *readable, *writable;
	struct event *flush; /* made active by the first reply of a loop turn, so that all of them leave in one write */
	bool flushing;
	bool reading;       /* on_readable is on the stack: closing waits for it */
	const char *doomed; /* why it is to be closed, NULL while it is not */
};

static void
free_event(struct event *e)
{
	if (e != NULL)
		event_free(e);
}

void
msg_peer_free(struct msg_peer *p)
{
	free_event(p->readable);
	free_event(p->writable);
	free_event(p->flush);
	if (p->in != NULL)
		evbuffer_free(p->in);
	if (p->out != NULL)
		evbuffer_free(p->out);
	(void)close(p->fd);
	free(p);
}

static void
peer_close(struct msg_peer *p)
{
	if (p->doomed != NULL)
		log_warn(OK, "msg.peer_closed", "socket=%s uid=%u pid=%d reason=%s", p->server->path, (unsigned)p->uid,
			 (int)p->pid, p->doomed);
	p->server->peers[p->serial & MSG_PEERS_LIMIT] = NULL;
	msg_peer_free(p);
}

/* Closes now, or as soon as its own callback is through with it. */
static void
peer_doom(struct msg_peer *p, const char *why)
{
	if (p->doomed == NULL)
		p->doomed = why;
	if (!p->reading)
		peer_close(p);
}

static const struct msg_row *
row_of(const struct msg_server *s, const struct msg_io_head *head)
{
	for (size_t i = 0; i < s->opt.row_count; i++)
		if (s->rows[i].type == head->type)
			return &s->rows[i];
	return NULL;
}

/* One complete frame. E_END when it is not complete yet; everything else but OK has doomed the peer. */
static enum status
serve_frame(struct msg_peer *p)
{
	struct msg_server *s = p->server;
	struct msg_io_head head;
	const struct msg_row *row;
	struct msg_request req;
	struct str payload;
	enum status st = msg_io_peek(p->in, &head);

	if (st == E_END)
		return E_END;
	row = st == OK ? row_of(s, &head) : NULL;
	/* Judged by the header, before the payload is waited for: a claimed size costs no memory. */
	if (row == NULL || head.payload < row->least || head.payload > row->most) {
		peer_doom(p, st != OK ? "bad_length" : row == NULL ? "unknown_type" : "size_out_of_range");
		return E_INVALID;
	}
	TRY(msg_io_payload(p->in, &head, &payload));
	req = (struct msg_request){ s, p->serial, head.id, head.type, p->uid, p->pid };
	st = row->handle(s->opt.ctx, &req, payload);
	msg_io_drop(p->in, &head);
	if (st != OK)
		peer_doom(p, "refused_by_handler");
	return st;
}

static void
on_readable(evutil_socket_t fd, short what, void *arg)
{
	struct msg_peer *p = arg;
	enum status st = msg_io_read(fd, p->in);

	(void)what;
	if (st == E_BUSY)
		return;
	if (st == E_END) {
		peer_close(p);
		return;
	}
	if (st != OK) {
		peer_doom(p, "read_failed");
		return;
	}
	p->reading = true;
	while (p->doomed == NULL && (st = serve_frame(p)) == OK)
		;
	p->reading = false;
	if (p->doomed == NULL && st != E_END)
		p->doomed = "no_memory";
	if (p->doomed != NULL)
		peer_close(p);
}

static void
flush(struct msg_peer *p)
{
	enum status st = msg_io_write(p->fd, p->out);

	if (st == E_BUSY)
		(void)event_add(p->writable, NULL);
	else if (st != OK)
		peer_close(p); /* gone; that is no news */
}

static void
on_flush(evutil_socket_t fd, short what, void *arg)
{
	struct msg_peer *p = arg;

	(void)fd;
	(void)what;
	p->flushing = false;
	if (!event_pending(p->writable, EV_WRITE, NULL))
		flush(p);
}

static void
on_writable(evutil_socket_t fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	flush(arg);
}

static enum status
peer_start(struct msg_peer *p)
{
	struct event_base *base = p->server->base;

	p->in = evbuffer_new();
	p->out = evbuffer_new();
	p->readable = event_new(base, p->fd, EV_READ | EV_PERSIST, on_readable, p);
	p->writable = event_new(base, p->fd, EV_WRITE, on_writable, p);
	p->flush = event_new(base, -1, 0, on_flush, p);
	if (p->in == NULL || p->out == NULL || p->readable == NULL || p->writable == NULL || p->flush == NULL ||
	    event_add(p->readable, NULL) != 0)
		return E_NOMEM;
	return OK;
}

enum status
msg_peer_new(struct msg_server *s, int fd, const struct ucred *who, uint64_t serial, struct msg_peer **out)
{
	struct msg_peer *p = calloc(1, sizeof(*p));

	if (p == NULL) {
		(void)close(fd);
		return E_NOMEM;
	}
	*p = (struct msg_peer){ .server = s, .serial = serial, .fd = fd, .uid = who->uid, .pid = who->pid };
	if (peer_start(p) != OK) {
		msg_peer_free(p);
		return E_NOMEM;
	}
	*out = p;
	return OK;
}

struct msg_peer *
msg_peer_find(const struct msg_server *s, uint64_t serial)
{
	size_t slot = serial & MSG_PEERS_LIMIT;
	struct msg_peer *p = slot < s->opt.peers_most ? s->peers[slot] : NULL;

	return p == NULL || p->serial != serial || p->doomed != NULL ? NULL : p;
}

void
msg_reply(const struct msg_request *req, uint16_t type, struct str payload)
{
	struct msg_server *s = req->server;
	struct msg_peer *p = msg_peer_find(s, req->peer_serial);

	if (p == NULL)
		return;
	if (evbuffer_get_length(p->out) + MSG_HEADER_LEN + payload.n > s->opt.queue_most) {
		peer_doom(p, "reads_too_slowly");
		return;
	}
	if (msg_io_put(p->out, type, req->id, payload) != OK) {
		peer_doom(p, "reply_failed");
		return;
	}
	if (!p->flushing) {
		p->flushing = true;
		event_active(p->flush, 0, 0);
	}
}

void
msg_reply_error(const struct msg_request *req, enum status st, const char *text)
{
	char payload[2 + MSG_IO_ERROR_TEXT_MAX];
	size_t n = text != NULL ? strnlen(text, MSG_IO_ERROR_TEXT_MAX) : 0;

	payload[0] = (char)((unsigned)st >> 8);
	payload[1] = (char)((unsigned)st & 255);
	if (n > 0)
		memcpy(payload + 2, text, n);
	msg_reply(req, MSG_TYPE_ERROR, str_from(payload, 2 + n));
}
