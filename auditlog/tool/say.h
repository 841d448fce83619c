/* say.h: how subcommands stop early and where their words go. */
#ifndef AUDITLOG_TOOL_SAY_H
#define AUDITLOG_TOOL_SAY_H

#include "auditlog/base/cli.h"
#include "auditlog/tool/findings.h"

/* Leaves a subcommand with the exit status of expr unless it says CLI_GO. */
#define GO(expr)                                                                                                       \
	do {                                                                                                           \
		int go_ = (expr);                                                                                      \
		if (go_ != CLI_GO)                                                                                     \
			return go_;                                                                                    \
	} while (0)

/* "program: text" on stderr; returns exit, so that `return say(...)` is the whole sentence. */
int say(const char *program, int exit, const char *fmt, ...) PRINTF_LIKE(3, 4);
/* Writes all of text to the file, or to stdout for NULL and "-". A full disk or a closed pipe is said and gives
 * CLI_CANNOT. */
MUST_USE int say_out(const char *program, const char *file, struct str text);
/* The findings on stderr (nothing when there are none); returns their exit status. */
int say_findings(const char *program, const struct findings *f);
/* A whole file, at most max bytes; what is wrong with it is said and gives CLI_CANNOT. */
MUST_USE int say_read(const char *program, const char *file, struct buf *out);

#endif
