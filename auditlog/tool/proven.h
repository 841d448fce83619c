/* proven.h: single entries of a log, each with a path to the signed root: what show and prove work with. */
#ifndef AUDITLOG_TOOL_PROVEN_H
#define AUDITLOG_TOOL_PROVEN_H

#include "auditlog/core/entry.h"
#include "auditlog/tool/target.h"

struct proven {
	struct target target;
	struct source source;
	struct buf line; /* the entry at hand */
	struct proof path;
	struct findings found;
};

/* Opens log with its keys (log.vkey without --key). CLI_GO, or the exit status after saying why. Close in any case. */
MUST_USE int proven_open(struct proven *p, const char *program, const char *log, const struct target_options *o);
void proven_close(struct proven *p);
/*
 * Reads entry `index`, recomputes its hash and checks its path (left in p->path) to the signed root, then its form.
 * False with a finding otherwise. line and view are good until the next call.
 */
bool proven_entry(struct proven *p, uint64_t index, struct str *line, struct entry_view *view);
/*
 * The path alone, from the hash that the log's tile has of an entry that may be kept no longer. False with a finding.
 */
bool proven_path(struct proven *p, uint64_t index);
/* Whether the log says that it keeps this entry no longer. */
bool proven_pruned(const struct proven *p, uint64_t index);

#endif
