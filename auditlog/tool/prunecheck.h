/*
 * prunecheck.h: may entries be missing at the beginning of a log? Only what an entry of the same log, under the same
 * signed root, says is kept no longer, and only when it was old enough by then (pruned.h).
 */
#ifndef AUDITLOG_TOOL_PRUNECHECK_H
#define AUDITLOG_TOOL_PRUNECHECK_H

#include "auditlog/tool/target.h"

struct prunecheck {
	bool proven; /* facts are those of entry t->pruned.entry, and cover all that minimum-index says */
	struct pruned_facts facts;
};

/*
 * Reads the log.pruned entry that minimum-index names and the first entry that it keeps, and leads both to the signed
 * root. Findings say what is wrong. Does nothing when minimum-index is not there.
 */
void prunecheck(const struct target *t, struct source *s, struct prunecheck *out, struct findings *f);

#endif
