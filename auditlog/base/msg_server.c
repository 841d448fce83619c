#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "auditlog/base/log.h"
#include "auditlog/base/msg_io.h"

#define PEERS_DEFAULT 256
#define PEERS_LIMIT   65535
#define QUEUE_DEFAULT ((size_t)64 << 20)
#define BACKLOG       128
/* After "too many open files" accepting rests for so long, or the loop would spin on the listener. */
static const struct timeval accept_rest = { .tv_usec = 100000 };

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

struct msg_server {
	struct event_base *base;
	struct msg_server_options opt;
	char *path;
	uid_t *uids;
	struct msg_row *rows;
	int fd;
	struct event *acceptable, *rested;
	struct msg_peer **peers;
	uint64_t generation;
};

static void
free_event(struct event *e)
{
	if (e != NULL)
		event_free(e);
}

static void
peer_free(struct msg_peer *p)
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
	p->server->peers[p->serial & PEERS_LIMIT] = NULL;
	peer_free(p);
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

static bool
may_connect(const struct msg_server *s, uid_t uid)
{
	if (uid == 0 || uid == geteuid())
		return true;
	for (size_t i = 0; i < s->opt.uid_count; i++)
		if (s->uids[i] == uid)
			return true;
	return false;
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

/* Takes the descriptor, whatever comes of it. */
static void
peer_new(struct msg_server *s, int fd, const struct ucred *who)
{
	struct msg_peer *p = NULL;
	size_t slot = 0;

	while (slot < s->opt.peers_most && s->peers[slot] != NULL)
		slot++;
	if (slot < s->opt.peers_most)
		p = calloc(1, sizeof(*p));
	if (p == NULL) {
		log_warn(E_LIMITED, "msg.refused", "socket=%s uid=%u reason=too_many_peers", s->path,
			 (unsigned)who->uid);
		(void)close(fd);
		return;
	}
	p->server = s;
	p->fd = fd;
	p->uid = who->uid;
	p->pid = who->pid;
	p->serial = ++s->generation << 16 | slot;
	if (peer_start(p) != OK) {
		log_warn(E_NOMEM, "msg.refused", "socket=%s uid=%u reason=no_memory", s->path, (unsigned)who->uid);
		peer_free(p);
		return;
	}
	s->peers[slot] = p;
}

static void
admit(struct msg_server *s, int fd)
{
	struct ucred who = { 0 };
	socklen_t n = sizeof(who);

	if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &who, &n) != 0 || n != sizeof(who) || !may_connect(s, who.uid)) {
		log_warn(E_DENIED, "msg.refused", "socket=%s uid=%u pid=%d", s->path, (unsigned)who.uid, (int)who.pid);
		(void)close(fd);
		return;
	}
	peer_new(s, fd, &who);
}

static void
on_acceptable(evutil_socket_t fd, short what, void *arg)
{
	struct msg_server *s = arg;
	int peer = accept4(fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);

	(void)what;
	if (peer >= 0) {
		admit(s, peer);
		return;
	}
	if (errno != EMFILE && errno != ENFILE && errno != ENOMEM && errno != ENOBUFS)
		return;
	log_warn(E_LIMITED, "msg.accept", "socket=%s errno=%d", s->path, errno);
	(void)event_del(s->acceptable);
	(void)event_add(s->rested, &accept_rest);
}

static void
on_rested(evutil_socket_t fd, short what, void *arg)
{
	struct msg_server *s = arg;

	(void)fd;
	(void)what;
	(void)event_add(s->acceptable, NULL);
}

/* A socket file that nobody listens on goes away; one that is alive, or no socket at all, is not ours to remove. */
static enum status
clear_path(const struct sockaddr_un *at)
{
	struct stat st;
	int probe, refused;

	if (lstat(at->sun_path, &st) != 0)
		return errno == ENOENT ? OK : E_IO;
	if (!S_ISSOCK(st.st_mode))
		return E_CONFLICT;
	probe = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (probe < 0)
		return E_SYSTEM;
	refused = connect(probe, (const struct sockaddr *)at, sizeof(*at)) != 0 && errno == ECONNREFUSED;
	(void)close(probe);
	if (!refused)
		return E_CONFLICT;
	return unlink(at->sun_path) == 0 ? OK : E_IO;
}

static enum status
listen_at(struct msg_server *s)
{
	struct sockaddr_un at;

	TRY(msg_io_address(s->path, &at));
	TRY(clear_path(&at));
	s->fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (s->fd < 0)
		return E_SYSTEM;
	/* The mode before listen(): nobody connects while the umask alone decides. */
	if (bind(s->fd, (const struct sockaddr *)&at, sizeof(at)) != 0)
		return errno == EADDRINUSE ? E_CONFLICT : errno == EACCES ? E_DENIED : E_IO;
	if (chmod(s->path, s->opt.mode) != 0 || listen(s->fd, BACKLOG) != 0)
		return E_IO;
	return OK;
}

static enum status
copy_array(const void *from, size_t count, size_t size, void **out)
{
	if (count == 0)
		return OK;
	*out = calloc(count, size);
	if (*out == NULL)
		return E_NOMEM;
	memcpy(*out, from, count * size);
	return OK;
}

static enum status
take_options(struct msg_server *s, const struct msg_server_options *opt)
{
	void *uids = NULL, *rows = NULL;
	enum status st;

	s->opt = *opt;
	if (s->opt.peers_most == 0)
		s->opt.peers_most = PEERS_DEFAULT;
	if (s->opt.queue_most == 0)
		s->opt.queue_most = QUEUE_DEFAULT;
	if (s->opt.peers_most > PEERS_LIMIT)
		return E_INVALID;
	st = copy_array(opt->uids, opt->uid_count, sizeof(*opt->uids), &uids);
	s->uids = uids;
	TRY(st);
	st = copy_array(opt->rows, opt->row_count, sizeof(*opt->rows), &rows);
	s->rows = rows;
	TRY(st);
	s->peers = calloc(s->opt.peers_most, sizeof(struct msg_peer *));
	return s->peers != NULL ? str_dup(str_of(opt->path != NULL ? opt->path : "socketpair"), &s->path) : E_NOMEM;
}

static enum status
start(struct msg_server *s)
{
	TRY(listen_at(s));
	s->acceptable = event_new(s->base, s->fd, EV_READ | EV_PERSIST, on_acceptable, s);
	s->rested = evtimer_new(s->base, on_rested, s);
	if (s->acceptable == NULL || s->rested == NULL || event_add(s->acceptable, NULL) != 0)
		return E_NOMEM;
	return OK;
}

enum status
msg_server_new(struct event_base *base, const struct msg_server_options *opt, struct msg_server **out)
{
	struct msg_server *s = calloc(1, sizeof(*s));
	enum status st;

	if (s == NULL)
		return E_NOMEM;
	s->base = base;
	s->fd = -1;
	st = take_options(s, opt);
	if (st == OK && opt->path != NULL)
		st = start(s);
	if (st != OK) {
		msg_server_free(s);
		return st;
	}
	*out = s;
	return OK;
}

void
msg_server_adopt(struct msg_server *s, int fd)
{
	if (evutil_make_socket_nonblocking(fd) == 0)
		admit(s, fd);
	else
		(void)close(fd);
}

void
msg_reply(const struct msg_request *req, uint16_t type, struct str payload)
{
	struct msg_server *s = req->server;
	size_t slot = req->peer_serial & PEERS_LIMIT;
	struct msg_peer *p = slot < s->opt.peers_most ? s->peers[slot] : NULL;

	if (p == NULL || p->serial != req->peer_serial || p->doomed != NULL)
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

void
msg_server_free(struct msg_server *s)
{
	if (s == NULL)
		return;
	for (size_t i = 0; s->peers != NULL && i < s->opt.peers_most; i++)
		if (s->peers[i] != NULL)
			peer_free(s->peers[i]);
	free_event(s->acceptable);
	free_event(s->rested);
	if (s->fd >= 0) {
		(void)close(s->fd);
		/* Ours to remove only if we got as far as listening. */
		if (s->acceptable != NULL)
			(void)unlink(s->path);
	}
	free(s->peers);
	free(s->rows);
	free(s->uids);
	free(s->path);
	free(s);
}
