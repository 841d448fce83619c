#include "auditlog/base/service.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "auditlog/base/attr.h"
#include "auditlog/base/log.h"
#include "auditlog/base/privdrop.h"

const char *const service_sandbox_modes[] = {
	[SANDBOX_BEST_EFFORT] = "best-effort",
	[SANDBOX_REQUIRE] = "require",
	[SANDBOX_REQUIRE + 1] = NULL,
};

enum status
service_listen(struct service_signals *s, struct event_base *base, const struct service_signal *rows, size_t count,
	       void *ctx)
{
	(void)signal(SIGPIPE, SIG_IGN);
	if (count > SERVICE_SIGNALS_MAX)
		return E_TOO_LARGE;
	for (size_t i = 0; i < count; i++) {
		s->event[i] = evsignal_new(base, rows[i].number, rows[i].call, ctx);
		if (s->event[i] == NULL || event_add(s->event[i], NULL) != 0)
			return E_NOMEM;
	}
	return OK;
}

void
service_deafen(struct service_signals *s)
{
	for (size_t i = 0; i < SERVICE_SIGNALS_MAX; i++)
		if (s->event[i] != NULL)
			event_free(s->event[i]);
	*s = (struct service_signals){ 0 };
}

const char *
service_directory(const char *path, char dir[SERVICE_PATH_MAX])
{
	const char *slash = strrchr(path, '/');
	size_t n = slash == NULL || slash == path ? 1 : (size_t)(slash - path);

	(void)snprintf(dir, SERVICE_PATH_MAX, "%.*s", (int)n, slash == NULL ? "." : path);
	return dir;
}

enum status
service_may_write(const char *path)
{
	if (faccessat(AT_FDCWD, path, R_OK | W_OK | X_OK, AT_EACCESS) == 0)
		return OK;
	log_error(E_DENIED, "start.owner",
		  "path=%s uid=%u what=\"this user may not write it: chown -R it to the user\"", path,
		  (unsigned)geteuid());
	return E_DENIED;
}

enum status
service_enter_sandbox(const struct service_bounds *b, const char *event)
{
	struct sandbox_level level = { 0 };

	TRY(sandbox_enter(b->profile, b->mode, b->paths, b->path_count, &level));
	log_info(event, "landlock=%d seccomp=%d", level.landlock ? level.landlock_abi : 0, level.seccomp);
	return OK;
}

enum status
service_confine(const struct service_bounds *b, const char *event)
{
	TRY(privdrop_finish(b->user));
	if (b->owned != NULL)
		TRY(service_may_write(b->owned));
	return service_enter_sandbox(b, event);
}
