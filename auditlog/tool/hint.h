/*
 * hint.h: the operator's own index of a log directory (client/runs.h), read as a hint: it says where to look first.
 * It is not published, nobody signed it, and it may be missing, behind or wrong: whoever uses it proves each entry that
 * it names and reads what it does not cover.
 */
#ifndef AUDITLOG_TOOL_HINT_H
#define AUDITLOG_TOOL_HINT_H

#include "auditlog/core/hash.h"

struct hint;

/* Read only. E_NOT_FOUND: there is none, it is another log's, or it cannot be read by us. */
MUST_USE enum status hint_open(const char *dir, struct str origin, struct hint **out);
void hint_close(struct hint *h);
void hint_closep(struct hint **h);

/* Entries from here on are not in it. */
uint64_t hint_size(const struct hint *h);
/* Starts over with one tag (22 characters) and entries from `first` on. E_INVALID for what is no tag. */
MUST_USE enum status hint_tag(struct hint *h, struct str tag, uint64_t first);
/* The next entry, rising. E_END after the last; E_IO, E_CORRUPT. */
MUST_USE enum status hint_next(struct hint *h, uint64_t *index);

#endif
