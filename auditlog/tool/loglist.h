/*
 * loglist.h: a list of logs that belong together, one a line as in a C2SP tlog-policy, with the place where each is
 * read:
 *
 *   log <vkey> <directory or https URL>
 *
 * Empty lines and those that start with # do not count. A place holds no white space.
 */
#ifndef AUDITLOG_TOOL_LOGLIST_H
#define AUDITLOG_TOOL_LOGLIST_H

#include "auditlog/base/buf.h"

#define LOGLIST_MAX      256
#define LOGLIST_FILE_MAX ((size_t)256 << 10)

struct loglist_item {
	char *vkey, *place; /* owned by the list */
};

struct loglist {
	size_t n;
	struct loglist_item item[LOGLIST_MAX];
};

/*
 * E_INVALID with line and reason in why: another statement, a key that is none, a place missing, a place or an origin
 * named twice (one log must not stand for two), no log at all. E_TOO_LARGE over LOGLIST_MAX. Clear it in any case.
 */
MUST_USE enum status loglist_parse(struct str text, struct loglist *out, char *why, size_t why_size);
void loglist_clear(struct loglist *l);

#endif
