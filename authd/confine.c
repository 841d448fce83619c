#include "authd/confine.h"

#include <string.h>
#include <unistd.h>

#include "auditlog/base/service.h"

/* Paths as they are collected, and the directories that had to be cut out of a file's path. */
struct reach {
	struct sandbox_path paths[SANDBOX_PATHS_MAX];
	size_t n;
	char database_dir[SERVICE_PATH_MAX], socket_dir[SERVICE_PATH_MAX];
};

/* One too many is out of reach, which is the safe side; there are 19 at most. */
static void
add(struct reach *r, const char *path, enum sandbox_access access)
{
	if (path != NULL && r->n < SANDBOX_PATHS_MAX)
		r->paths[r->n++] = (struct sandbox_path){ path, access };
}

/* SQLite makes files beside its own, and a socket is made in its directory. */
static void
add_directory_of(struct reach *r, const char *file, char dir[SERVICE_PATH_MAX])
{
	if (strrchr(file, '/') != NULL)
		add(r, service_directory(file, dir), SANDBOX_READ_WRITE);
}

/* What calling others by name and checking their certificates reads. Not every system has all of it. */
static void
add_outbound(struct reach *r, const struct config_outbound *c)
{
	static const char *const needed[] = {
		"/etc/resolv.conf", "/etc/hosts", "/etc/nsswitch.conf",         "/etc/host.conf",
		"/etc/gai.conf",    "/etc/ssl",   "/usr/share/ca-certificates",
	};

	for (size_t i = 0; i < ARRAY_LEN(needed); i++)
		if (access(needed[i], F_OK) == 0)
			add(r, needed[i], SANDBOX_READ);
	add(r, c->ca, SANDBOX_READ);
}

static void
collect(const struct config *c, struct reach *r)
{
	const char *const read[] = {
		c->log.dir,       c->policies,       c->tls.certificate,    c->tls.key,
		c->tls.client_ca, c->tls.client_crl, "/usr/share/zoneinfo", "/etc/localtime",
	};

	for (size_t i = 0; i < ARRAY_LEN(read); i++)
		add(r, read[i], SANDBOX_READ);
	if (c->log.vkey[0] == '/') /* else it is the key itself */
		add(r, c->log.vkey, SANDBOX_READ);
	if (str_starts(str_of(c->store), STR("sqlite:")))
		add_directory_of(r, c->store + strlen("sqlite:"), r->database_dir);
	add_directory_of(r, c->admin_socket, r->socket_dir);
	add_outbound(r, &c->outbound);
}

enum status
confine_enter(const struct config *c, enum sandbox_mode mode)
{
	struct reach r = { 0 };
	struct service_bounds bounds = { .user = c->user, .profile = SANDBOX_AUTHD, .mode = mode, .paths = r.paths };

	collect(c, &r);
	bounds.path_count = r.n;
	return service_confine(&bounds, "sandbox");
}
