/*
 * mapstore.h: index/maps/YYYY-MM: the newest map of a month as it was when its log.map entry was written, so that
 * questions about single tags cost a few reads. Disposable like the rest of index/: made again from the entries when it
 * is missing or damaged. 62 bytes for each tag of the month.
 */
#ifndef AUDITLOG_DAEMON_MAPSTORE_H
#define AUDITLOG_DAEMON_MAPSTORE_H

#include "auditlog/client/mapfile.h"

/* One of them, open. Start with MAPSTORE_NONE, clear in any case. */
struct mapstore_kept {
	struct mapfile map;
	struct tagmap_facts facts;
	uint64_t entry; /* index of the log.map entry */
};
#define MAPSTORE_NONE ((struct mapstore_kept){ .map = { .fd = -1 } })

void mapstore_clear(struct mapstore_kept *k);
/* Makes index/maps/. */
MUST_USE enum status mapstore_ready(int dirfd);
/* E_NOT_FOUND; E_CORRUPT: its end is damaged. The records are not looked at: mapfile_verify(), tagmap_check(). */
MUST_USE enum status mapstore_load(int dirfd, unsigned month, struct mapstore_kept *out);
void mapstore_remove(int dirfd, unsigned month);

/* Where a map grows: index/maps/growing, one at a time. ctx is a struct mapstore_place. */
struct mapstore_place {
	int dirfd;
	bool fresh; /* the newest file is at that name */
};
MUST_USE enum status mapstore_open_growing(void *ctx, int *fd);
/* What has grown becomes the kept map of its month. */
MUST_USE enum status mapstore_keep(struct mapstore_place *place, const struct mapfile *map,
				   const struct tagmap_facts *facts, uint64_t entry);

#endif
