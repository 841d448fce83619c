/*
 * sweep.h: reads a whole log once, from the first entry to the last, and checks all of it against the signed root:
 * every entry (index, hash chain, rising time; its whole form where look says so), every hash of every tile at every
 * level, the root. Subcommands that look at many entries are sweeps too: what they print stands on a log that was
 * checked on the way.
 *
 * Of a target that accepts it (--pruned), entries below its minimum index are not read: the hashes that the tiles have
 * of them must lead to the root like all others, and an entry of the log must say that they are kept no longer.
 *
 * Threads fill chunks (chunk.h) in any order; they are joined in the order of the log. Memory does not grow with the
 * log: four chunks a thread and 64 KiB for the tree.
 */
#ifndef AUDITLOG_TOOL_SWEEP_H
#define AUDITLOG_TOOL_SWEEP_H

#include "auditlog/tool/chunk.h"
#include "auditlog/tool/prunecheck.h"

#define SWEEP_JOBS_MAX  64
#define SWEEP_MARKS_MAX (CLI_LIST_MAX + 2 + TARGET_LEARNED_MAX)

/* The root at an earlier size: set size, get root. */
struct sweep_mark {
	uint64_t size;
	struct hash root;
	bool reached;
};

struct sweep {
	const struct target *target;
	unsigned jobs; /* 0: as many as there are processors */
	bool progress; /* show it on a terminal */
	struct chunk_look look;
	/* In order, on the calling thread: what was extracted from one chunk. A status other than OK ends the sweep
	 * with it. */
	enum status (*absorb)(void *ctx, struct str extracted); /* ctx is that of look; may be NULL */
	/* The same for what was noticed (look.notice). */
	enum status (*hear)(void *ctx, struct str noticed);
	void *hear_ctx;
	struct sweep_mark *marks;
	size_t mark_count;
};

struct sweep_result {
	uint64_t entries;          /* that were gone through */
	uint64_t pruned;           /* of those: known by their hashes alone */
	struct prunecheck said;    /* by the log about them, also where the target does not accept it */
	uint64_t tiles;            /* hash tiles compared */
	uint64_t bytes;            /* of entries */
	struct hash root;          /* recomputed; counts when whole */
	bool whole;                /* came to the end with a root */
	int64_t first_us, last_us; /* times of the first and the last entry, when there are any */
	int64_t took_us;
};

/*
 * Findings come in the order of the log, settled (findings_settle). OK says that the sweep was made, not that the log
 * holds. E_NOMEM, E_SYSTEM (no threads), what target_source() says, or what absorb said.
 */
MUST_USE enum status sweep_run(const struct sweep *s, struct sweep_result *out, struct findings *f);

#endif
