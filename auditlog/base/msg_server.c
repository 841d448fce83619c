#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "auditlog/base/log.h"
#include "auditlog/base/msg_io.h"
#include "auditlog/base/msg_peer.h"

#define PEERS_DEFAULT 256
#define QUEUE_DEFAULT ((size_t)64 << 20)
#define BACKLOG       128
/* After "too many open files" accepting rests for so long, or the loop would spin on the listener. */
static const struct timeval accept_rest = { .tv_usec = 100000 };

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

/* Takes the descriptor, whatever comes of it. */
static void
let_in(struct msg_server *s, int fd, const struct ucred *who)
{
	size_t slot = 0;

	while (slot < s->opt.peers_most && s->peers[slot] != NULL)
		slot++;
	if (slot == s->opt.peers_most) {
		log_warn(E_LIMITED, "msg.refused", "socket=%s uid=%u reason=too_many_peers", s->path,
			 (unsigned)who->uid);
		(void)close(fd);
		return;
	}
	if (msg_peer_new(s, fd, who, ++s->generation << 16 | slot, &s->peers[slot]) != OK)
		log_warn(E_NOMEM, "msg.refused", "socket=%s uid=%u reason=no_memory", s->path, (unsigned)who->uid);
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
	let_in(s, fd, &who);
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
	if (s->opt.peers_most > MSG_PEERS_LIMIT)
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
msg_server_free(struct msg_server *s)
{
	if (s == NULL)
		return;
	for (size_t i = 0; s->peers != NULL && i < s->opt.peers_most; i++)
		if (s->peers[i] != NULL)
			msg_peer_free(s->peers[i]);
	if (s->acceptable != NULL)
		event_free(s->acceptable);
	if (s->rested != NULL)
		event_free(s->rested);
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
