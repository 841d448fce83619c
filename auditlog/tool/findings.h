/*
 * findings.h: what a check found wrong, where, and what follows for the exit status. A plain value: each thread fills
 * one of its own, and they are joined in the order of the log, so that "the first" means the first in the log.
 */
#ifndef AUDITLOG_TOOL_FINDINGS_H
#define AUDITLOG_TOOL_FINDINGS_H

#include <stdint.h>

#include "auditlog/base/buf.h"
#include "auditlog/base/cli.h"

/* Kept word for word; the rest is only counted. */
#define FINDINGS_KEPT 20

enum finding_kind {
	FINDING_BAD,      /* it does not hold */
	FINDING_MISMATCH, /* an entry and a hash tile contradict each other: findings_settle() says whose fault it is */
	FINDING_UNREAD,   /* it could not be read, so nothing is known */
};

struct finding {
	enum finding_kind kind;
	char place[160]; /* "entry 300", "tile/0/001" */
	char what[320];
};

struct findings {
	uint64_t bad, unread;
	size_t kept;
	struct finding item[FINDINGS_KEPT];
};

/* Each notes one finding; place is copied. */
void findings_bad(struct findings *f, const char *place, const char *fmt, ...) PRINTF_LIKE(3, 4);
void findings_unread(struct findings *f, const char *place, const char *fmt, ...) PRINTF_LIKE(3, 4);
/* The bundle that holds entry `index` and hash number `index` of the level 0 tile do not agree. */
void findings_mismatch(struct findings *f, uint64_t index);
/* A resource of the log could not be had: missing and malformed ones are bad, all else is unread. why may be NULL. */
void findings_resource(struct findings *f, const char *path, enum status st, const char *why);

/* Adds those of `more` behind those of f. */
void findings_append(struct findings *f, const struct findings *more);
/*
 * Call once the tree of this size is known. entries_proven: the entries lead to the signed root, so every mismatch is
 * the tile's fault; otherwise the entry is named.
 */
void findings_settle(struct findings *f, uint64_t size, bool entries_proven);

bool findings_none(const struct findings *f);
/* 0 nothing found, 1 something is bad, 3 nothing is bad but something could not be read. */
enum cli_exit findings_exit(const struct findings *f);
/*
 * The findings as text, one a line, then what to do, and as the very last line the verdict that names the first one.
 * Writes nothing when there are none.
 */
void findings_put_text(struct buf *out, const struct findings *f);

#endif
