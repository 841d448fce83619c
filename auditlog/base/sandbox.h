/*
 * sandbox.h: a list of system calls (seccomp, anything else kills the process) and a list of directories (Landlock),
 * for the rest of the process's life and for all of its threads.
 */
#ifndef AUDITLOG_BASE_SANDBOX_H
#define AUDITLOG_BASE_SANDBOX_H

#include <stdbool.h>
#include <stddef.h>

#include "auditlog/base/status.h"

enum sandbox_profile {
	SANDBOX_KEYD,      /* unix sockets, a database file or socket of its own, no network */
	SANDBOX_SIGNER,    /* unix sockets, one state directory, no network */
	SANDBOX_AUDITLOGD, /* unix sockets, the log directory, no network */
	SANDBOX_AUTHD,     /* the network, databases, threads */
	SANDBOX_COURIER,   /* the network outwards: no port of its own, files to read only */
};

enum sandbox_mode {
	SANDBOX_BEST_EFFORT, /* go as far as the kernel does, and say how far that was */
	SANDBOX_REQUIRE,     /* anything less than everything is E_UNSUPPORTED: the daemon must not start */
};

/* What a process may touch beneath a path; everything else is out of reach. */
enum sandbox_access { SANDBOX_READ, SANDBOX_READ_WRITE };

struct sandbox_path {
	const char
	    *path; /* a directory or file; one that is missing is skipped in best effort, E_NOT_FOUND otherwise */
	enum sandbox_access access;
};

#define SANDBOX_PATHS_MAX 32

/* What was reached. In sanitizer builds neither: their runtime needs calls and files that no daemon does. */
struct sandbox_level {
	int landlock_abi; /* the kernel's; 0 when Landlock is not there */
	bool landlock;
	bool seccomp;
};

/*
 * Call once, after privdrop_finish(), with every file descriptor and library opened, before the first thread starts
 * (threads inherit both; Landlock cannot be given to those that already run).
 */
MUST_USE enum status sandbox_enter(enum sandbox_profile profile, enum sandbox_mode mode,
				   const struct sandbox_path *paths, size_t count, struct sandbox_level *out);

#endif
