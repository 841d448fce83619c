/* tip.h: where the log ends: all that the next entry depends on. A plain value. */
#ifndef AUDITLOG_DAEMON_TIP_H
#define AUDITLOG_DAEMON_TIP_H

#include "auditlog/core/entry.h"
#include "auditlog/core/merkle.h"

struct tip {
	struct merkle tree; /* its size is the next index */
	struct hash leaf;   /* of the last entry: the next one's prev; zeroes in an empty log */
	int64_t time_us;    /* of the last entry; the next one's is later */
};

/*
 * Takes an entry that stands in the log: checks that it is one and that its index, prev and time follow, and adds its
 * leaf (sink and ctx as merkle_add). E_CORRUPT when not; *what then says why, or is NULL when the sink said so. *view
 * borrows from the line.
 */
MUST_USE enum status tip_follow(struct tip *t, uint64_t index, struct str line, const struct hash *leaf,
				struct entry_view *view, merkle_sink *sink, void *ctx, const char **what);

#endif
