/* scan.h: what find, export and stats have in common: a reading of a log, its findings said, the exit status. */
#ifndef AUDITLOG_TOOL_SCAN_H
#define AUDITLOG_TOOL_SCAN_H

#include "auditlog/tool/filter.h"
#include "auditlog/tool/sweep.h"

struct scan {
	const char *program, *log;
	struct target_options common;
	uint64_t jobs;
	bool quick;                  /* read only what the filter can match; see quick.h */
	const struct filter *filter; /* for quick; ready */
	chunk_extract *extract;
	enum status (*absorb)(void *ctx, struct str extracted);
	void *ctx;
};

#define SCAN_OPTIONS(s)                                                                                                \
	TARGET_OPTIONS(&(s)->common), TARGET_PRUNED(&(s)->common),                                                     \
	{                                                                                                              \
		.name = "jobs", .letter = 'j', .type = CLI_UINT, .out = &(s)->jobs, .value = "N", .least = 1,          \
		.most = SWEEP_JOBS_MAX, .help = "threads (as many as processors)"                                      \
	}

#define SCAN_QUICK_OPTION(s)                                                                                           \
	{                                                                                                              \
		.name = "quick", .type = CLI_FLAG, .out = &(s)->quick,                                                 \
		.help = "read only what --from, --to and --tag leave; each entry is proven, the rest is not judged"    \
	}

/*
 * The exit status: 0 only when the whole log held (with quick: all that was read). What absorb got came from sound
 * entries, but the log as a whole is known to hold only then. r may be NULL.
 */
MUST_USE int scan_run(struct scan *s, struct sweep_result *r);
/* With --pruned: what is missing by the log's own word, on standard error. */
void scan_say_pruned(const char *program, const struct target *t, const struct prunecheck *said);
/* For absorb: writes to a descriptor. E_IO. */
MUST_USE enum status scan_write(int fd, struct str text);

#endif
