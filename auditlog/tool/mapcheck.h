/*
 * mapcheck.h: makes every log.map of a log once more, from its entries, and names the one that says something else.
 *
 * Two months are at hand at any time, that of the entry and the one before; what later entries say about older months
 * cannot be judged and is wrong. In a log whose beginning is pruned the maps of the month in which it begins, and of
 * older ones, are passed over. Memory is the same for every log: the pairs that are merged at once and the times of the
 * newest entries, about 24 MiB; the sorted maps and what no map covers yet lie in nameless files under TMPDIR, 64 bytes
 * for each tag of the two months and 32 for each mention since the last map.
 */
#ifndef AUDITLOG_TOOL_MAPCHECK_H
#define AUDITLOG_TOOL_MAPCHECK_H

#include "auditlog/client/mapproof.h"
#include "auditlog/tool/findings.h"

struct mapcheck;

MUST_USE enum status mapcheck_new(struct mapcheck **out);
void mapcheck_free(struct mapcheck *m);
/* Before the sweep: keeps what a proof about this tag needs. month 0: that of the newest entry. */
MUST_USE enum status mapcheck_follow(struct mapcheck *m, struct str tag, unsigned month);

/* For sweep.h: look.notice and hear; ctx of the latter is the struct mapcheck. E_IO: no room for the files. */
void mapcheck_notice(uint64_t index, int64_t us, struct str line, struct buf *out);
MUST_USE enum status mapcheck_hear(void *ctx, struct str noticed);

/* At the end of a sweep that found the log whole: the wrong ones. */
void mapcheck_finish(const struct mapcheck *m, struct findings *f);
/* How many were made once more. */
uint64_t mapcheck_count(const struct mapcheck *m);

/* What a proof about the followed tag is made of: answers are owned by the mapcheck. */
struct mapcheck_proof {
	unsigned month;
	struct mapproof_said said[MAPPROOF_PARTS_MAX];
	size_t count;
};
/* E_NOT_FOUND: there is no map of that month. E_UNAVAILABLE: it is over and there is none of the month behind it. */
MUST_USE enum status mapcheck_prove(struct mapcheck *m, struct mapcheck_proof *out);

#endif
