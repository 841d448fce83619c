/* service.h: what every daemon of this project does when it starts and when it ends. */
#ifndef AUDITLOG_BASE_SERVICE_H
#define AUDITLOG_BASE_SERVICE_H

#include <event2/event.h>
#include <stddef.h>

#include "auditlog/base/cli.h"
#include "auditlog/base/sandbox.h"
#include "auditlog/base/status.h"

#define SERVICE_PATH_MAX    4096
#define SERVICE_SIGNALS_MAX 8

/* What the command line of every daemon says. */
struct service_options {
	const char *config;
	bool check;  /* look at everything, serve nothing */
	int sandbox; /* enum sandbox_mode */
};

extern const char *const service_sandbox_modes[];

/* Rows for cli_parse(); o is a struct service_options *, checks what --check looks at. */
#define SERVICE_OPTIONS(o, checks)                                                                                     \
	{ .name = "config",                                                                                            \
	  .letter = 'c',                                                                                               \
	  .type = CLI_TEXT,                                                                                            \
	  .out = &(o)->config,                                                                                         \
	  .value = "FILE",                                                                                             \
	  .help = "configuration" },                                                                                   \
	    { .name = "check", .letter = 'n', .type = CLI_FLAG, .out = &(o)->check, .help = (checks) },                \
	{                                                                                                              \
		.name = "sandbox", .type = CLI_CHOICE, .out = &(o)->sandbox, .value = "best-effort|require",           \
		.choices = service_sandbox_modes,                                                                      \
		.help = "require: do not start without every layer; best-effort is what comes by itself"               \
	}

/* What a process gives up before it serves. */
struct service_bounds {
	const char *user;  /* that it becomes, or NULL: whom it is started as */
	const char *owned; /* a directory that this user must be able to write, or NULL */
	enum sandbox_profile profile;
	enum sandbox_mode mode;
	const struct sandbox_path *paths;
	size_t path_count;
};

/*
 * The last step before anything of others is read: 1. the user  2. is the directory its own?  3. the sandbox. Says
 * under this event how far the sandbox went, and when the directory is not ours what to do (E_DENIED).
 */
MUST_USE enum status service_confine(const struct service_bounds *b, const char *event);
/*
 * Step 2: may we write this directory? E_DENIED after saying so in the operator's log: what --init made as root still
 * has to be given to the user that the configuration names.
 */
MUST_USE enum status service_may_write(const char *path);
/* Step 3 alone, for a process that has changed its user already. */
MUST_USE enum status service_enter_sandbox(const struct service_bounds *b, const char *event);

struct service_signal {
	int number;
	event_callback_fn call;
};

/* Events of signals; starts as {0}. */
struct service_signals {
	struct event *event[SERVICE_SIGNALS_MAX];
};

/* Calls are made on the loop of base, with ctx. SIGPIPE is ignored from now on. E_NOMEM. End it in any case. */
MUST_USE enum status service_listen(struct service_signals *s, struct event_base *base,
				    const struct service_signal *rows, size_t count, void *ctx);
void service_deafen(struct service_signals *s);

/* The directory of a path, put into dir and returned: "." without any slash. */
const char *service_directory(const char *path, char dir[SERVICE_PATH_MAX]);

#endif
