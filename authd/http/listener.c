#include "authd/http/listener.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#define BACKLOG 1024

union address {
	struct sockaddr any;
	struct sockaddr_in v4;
	struct sockaddr_in6 v6;
	struct sockaddr_un local;
	struct sockaddr_storage storage;
};

static void
closep(const int *fd)
{
	if (*fd >= 0)
		(void)close(*fd);
}

static enum status
set_flag(int fd, int level, int name)
{
	int on = 1;

	return setsockopt(fd, level, name, &on, sizeof(on)) == 0 ? OK : E_SYSTEM;
}

/* ---- TCP ---- */

static enum status
parse_address(const char *text, uint16_t port, union address *a, socklen_t *n)
{
	memset(a, 0, sizeof(*a));
	if (inet_pton(AF_INET, text, &a->v4.sin_addr) == 1) {
		a->v4.sin_family = AF_INET;
		a->v4.sin_port = htons(port);
		*n = sizeof(a->v4);
		return OK;
	}
	if (inet_pton(AF_INET6, text, &a->v6.sin6_addr) == 1) {
		a->v6.sin6_family = AF_INET6;
		a->v6.sin6_port = htons(port);
		*n = sizeof(a->v6);
		return OK;
	}
	return E_INVALID;
}

static bool
is_loopback(const union address *a)
{
	if (a->any.sa_family == AF_INET)
		return ntohl(a->v4.sin_addr.s_addr) >> 24 == 127;
	return IN6_IS_ADDR_LOOPBACK(&a->v6.sin6_addr);
}

static enum status
bound_port(int fd, uint16_t *port)
{
	union address a;
	socklen_t n = sizeof(a);

	if (getsockname(fd, &a.any, &n) != 0)
		return E_SYSTEM;
	*port = ntohs(a.any.sa_family == AF_INET ? a.v4.sin_port : a.v6.sin6_port);
	return OK;
}

static enum status
open_tcp(const struct server_listener *l, uint16_t *port, int *out)
{
	CLEANUP(closep) int fd = -1;
	union address a;
	socklen_t n;

	TRY(parse_address(l->address, *port, &a, &n));
	if (l->kind == SERVER_PLAIN && !is_loopback(&a))
		return E_DENIED;
	fd = socket(a.any.sa_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return E_SYSTEM;
	TRY(set_flag(fd, SOL_SOCKET, SO_REUSEADDR));
	TRY(set_flag(fd, SOL_SOCKET, SO_REUSEPORT));
	/* Accepted sockets inherit it. Without it a response waits for the client's delayed acknowledgement. */
	TRY(set_flag(fd, IPPROTO_TCP, TCP_NODELAY));
	if (a.any.sa_family == AF_INET6)
		TRY(set_flag(fd, IPPROTO_IPV6, IPV6_V6ONLY));
	if (bind(fd, &a.any, n) != 0 || listen(fd, BACKLOG) != 0)
		return errno == EADDRINUSE ? E_CONFLICT : E_SYSTEM;
	TRY(bound_port(fd, port));
	*out = fd;
	fd = -1;
	return OK;
}

/* ---- unix ---- */

static enum status
local_address(const char *path, union address *a)
{
	memset(a, 0, sizeof(*a));
	a->local.sun_family = AF_UNIX;
	if (strlen(path) >= sizeof(a->local.sun_path))
		return E_TOO_LARGE;
	strcpy(a->local.sun_path, path);
	return OK;
}

/* A file that nobody listens behind is what a killed process leaves. */
static enum status
remove_stale(const union address *a)
{
	CLEANUP(closep) int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	if (fd < 0)
		return E_SYSTEM;
	if (connect(fd, &a->any, sizeof(a->local)) == 0 || errno == EAGAIN)
		return E_CONFLICT;
	if (errno == ECONNREFUSED)
		return unlink(a->local.sun_path) == 0 ? OK : E_SYSTEM;
	return errno == ENOENT ? OK : E_CONFLICT;
}

static enum status
open_unix(const struct server_listener *l, int *out)
{
	CLEANUP(closep) int fd = -1;
	union address a;
	mode_t before;
	int bound;

	TRY(local_address(l->address, &a));
	TRY(remove_stale(&a));
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return E_SYSTEM;
	/* Nobody gets in between bind and chmod. */
	before = umask(0177);
	bound = bind(fd, &a.any, sizeof(a.local));
	umask(before);
	if (bound != 0 || chmod(l->address, l->mode != 0 ? l->mode : 0660) != 0 || listen(fd, BACKLOG) != 0)
		return E_SYSTEM;
	*out = fd;
	fd = -1;
	return OK;
}

enum status
listener_open(const struct server_listener *l, uint16_t *port, int *fd)
{
	if (l->kind == SERVER_TLS || l->kind == SERVER_PLAIN)
		return open_tcp(l, port, fd);
	return open_unix(l, fd);
}

/* ---- accepting ---- */

static bool
may_administer(const struct server_options *opt, uid_t uid)
{
	if (uid == 0 || uid == geteuid())
		return true;
	for (size_t i = 0; i < opt->admin_uid_count; i++)
		if (opt->admin_uids[i] == uid)
			return true;
	return false;
}

static enum status
know_unix_peer(const struct server_options *opt, int fd, struct conn_origin *origin)
{
	struct ucred cred;
	socklen_t n = sizeof(cred);

	strcpy(origin->peer, "unix");
	if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &cred, &n) != 0)
		return E_SYSTEM;
	origin->uid = cred.uid;
	return origin->kind == SERVER_PROXY || may_administer(opt, cred.uid) ? OK : E_DENIED;
}

static void
know_tcp_peer(const union address *a, struct conn_origin *origin)
{
	const void *bytes = a->any.sa_family == AF_INET ? (const void *)&a->v4.sin_addr : &a->v6.sin6_addr;

	if (inet_ntop(a->any.sa_family, bytes, origin->peer, sizeof(origin->peer)) == NULL)
		strcpy(origin->peer, "unknown");
}

static enum status
of_errno(int err)
{
	if (err == EAGAIN)
		return E_END;
	if (err == EMFILE || err == ENFILE || err == ENOBUFS || err == ENOMEM)
		return E_BUSY;
	return E_DENIED; /* the client has gone already, and the like: on to the next */
}

enum status
listener_accept(const struct server_options *opt, const struct server_listener *l, int listen_fd, int *out,
		struct conn_origin *origin)
{
	CLEANUP(closep) int fd = -1;
	union address a;
	socklen_t n = sizeof(a);

	*origin = (struct conn_origin){ .kind = l->kind };
	fd = accept4(listen_fd, &a.any, &n, SOCK_CLOEXEC | SOCK_NONBLOCK);
	if (fd < 0)
		return of_errno(errno);
	if (l->kind == SERVER_TLS || l->kind == SERVER_PLAIN)
		know_tcp_peer(&a, origin);
	else
		TRY(know_unix_peer(opt, fd, origin));
	*out = fd;
	fd = -1;
	return OK;
}
