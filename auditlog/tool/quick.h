/*
 * quick.h: `find` and `export` without going through the whole log: the part between --from and --to (span.h), and of
 * that, where the log directory has its operator's index (hint.h), only the entries that carry --tag. Every entry that
 * comes out was led to the signed root. That there are no others is as sure as the times rise, and, with an index, as
 * its operator is honest: which is said.
 */
#ifndef AUDITLOG_TOOL_QUICK_H
#define AUDITLOG_TOOL_QUICK_H

#include "auditlog/tool/scan.h"

/* As scan_run(). *entries: how many were read. */
MUST_USE int quick_run(struct scan *s, uint64_t *entries);

#endif
