/*
 * mapmake.h: makes the map of a month from durable entries and puts its root into the log. Which entries it covers, and
 * what it says of them, follows from the entries alone: after a crash the same comes out.
 */
#ifndef AUDITLOG_DAEMON_MAPMAKE_H
#define AUDITLOG_DAEMON_MAPMAKE_H

#include "auditlog/daemon/entries.h"
#include "auditlog/daemon/mapstore.h"
#include "auditlog/daemon/progress.h"

/* One thread. Borrowed parts; line starts as BUF(ENTRY_MAX). */
struct mapmake {
	int dirfd;
	struct progress *progress;
	struct entries entries;
	struct buf line;
	/* Writes the log.map entry and waits until it is durable. */
	enum status (*append)(void *ctx, const struct tagmap_facts *f, uint64_t *entry);
	void *append_ctx;

	unsigned looked_at;     /* the month whose kept map was read whole since the start */
	uint64_t closed_before; /* the month that ends with this entry is known to be closed; 0 at the start */
};

/* The entries of one month: [first, end). over: entry `end` is of a later month; else the log ends there so far. */
struct mapmake_season {
	unsigned month;
	uint64_t first, end;
	bool over;
};

/* E_NOT_FOUND: no entry of that month. Else what reading says. */
MUST_USE enum status mapmake_season(struct mapmake *m, unsigned month, struct mapmake_season *out);
/* That of entry `index`. */
MUST_USE enum status mapmake_season_at(struct mapmake *m, uint64_t index, struct mapmake_season *out);

enum mapmake_need {
	MAPMAKE_NEWS,   /* a map when there are entries other than maps that none covers, or none yet in this month */
	MAPMAKE_ALWAYS, /* in any case */
};
/*
 * Closes the month before the newest one when that has not been done, then makes a map of the newest month if need be.
 * E_BUSY: the log grows faster than its map. What appending says. E_NOT_FOUND: the log is empty.
 */
MUST_USE enum status mapmake_advance(struct mapmake *m, enum mapmake_need need);

/*
 * The newest map of a season as it was written; made again from the entries when its file is gone. Clear with
 * mapstore_clear(). E_NOT_FOUND: the log has none.
 */
MUST_USE enum status mapmake_kept(struct mapmake *m, const struct mapmake_season *s, struct mapstore_kept *out);

#endif
