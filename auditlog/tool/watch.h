/*
 * watch.h: the newest checkpoint that somebody has seen of a log, kept in a file, and what a newly published one is
 * worth beside it. This is what makes a log unable to show one past today and another tomorrow: a follower who kept a
 * checkpoint notices, and holds two signatures that prove it.
 */
#ifndef AUDITLOG_TOOL_WATCH_H
#define AUDITLOG_TOOL_WATCH_H

#include "auditlog/tool/target.h"

struct watch {
	const char *program, *log;
	const struct target_options *common;
	const char *file;       /* where the checkpoint is kept */
	bool has_kept;          /* there is one in the file */
	bool opened;            /* and it was read: at the first look that reached the log */
	struct vouch_file kept; /* the newest one seen that held */
	uint64_t before;        /* its size before the last look */
	struct target target;   /* the published one, as the last look saw it */
	struct findings found;  /* of the last look */
};

enum watch_verdict {
	WATCH_FIRST,  /* the first checkpoint ever; kept now */
	WATCH_GREW,   /* a longer one that continues the kept one; kept now */
	WATCH_SAME,   /* the kept one */
	WATCH_BROKEN, /* unsigned, shorter, another root, or no proof that it continues; found says which */
	WATCH_UNREAD, /* it could not be had; found says why */
};

/*
 * Before the first look. About 60 KiB: not for the stack. Close in any case.
 */
void watch_open(struct watch *w);
void watch_close(struct watch *w);
/* Looks once. CLI_GO with *verdict, or the exit status after saying why (a file that cannot be written, no memory). */
MUST_USE int watch_look(struct watch *w, enum watch_verdict *verdict);
/* Whether the last look saw a checkpoint that the log of the kept one has signed: the two may be evidence. */
bool watch_saw_signed(const struct watch *w);

#endif
