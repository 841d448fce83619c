/*
 * span.h: reads a part of a log. Each of its bundles is hashed and led to the signed root by a path of its own, so what
 * comes out is as sure as in a sweep of the whole; what lies outside is not looked at, and nothing is said about it.
 * Memory does not grow with the log or the part.
 */
#ifndef AUDITLOG_TOOL_SPAN_H
#define AUDITLOG_TOOL_SPAN_H

#include "auditlog/tool/chunk.h"
#include "auditlog/tool/proven.h"

struct span {
	uint64_t first,
	    end; /* entries [first, end); read from the start of the first's bundle to the end of the last's */
	int64_t from_us, to_us; /* as span_of_times() was asked; INT64_MIN, INT64_MAX without times */
	struct chunk_look look;
	enum status (*absorb)(void *ctx, struct str extracted); /* as of struct sweep */
};

/*
 * The entries with times in [from_us, to_us), by bisection: times rise in a log, which span_run() checks inside the
 * part and at its edges, and `auditlog verify` everywhere. Sets first and end so that one entry on either side is read
 * too. E_CORRUPT: an entry on the way is not readable, p->found says which; else what the reader says.
 */
MUST_USE enum status span_of_times(struct proven *p, int64_t from_us, int64_t to_us, struct span *out);
/* Findings go to p->found. *entries: read. What absorb said, or OK. */
MUST_USE enum status span_run(struct proven *p, const struct span *s, uint64_t *entries);

#endif
