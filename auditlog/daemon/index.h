/*
 * index.h: which entries carry a tag, which a service made (append_service_key), which entry has an id: the disposable
 * directory index/. It is filled in the background; what it does not have yet is answered from memory, so that every
 * durable entry is found at once. Missing, damaged or of another log it is made anew from the entries that are kept
 * (pruned.h).
 *
 * index/ has sorted files (client/runs.h); index/newest is a ring with the ids of the newest IDS_WINDOW entries, from
 * which the window of idempotency is filled at start without reading those entries.
 */
#ifndef AUDITLOG_DAEMON_INDEX_H
#define AUDITLOG_DAEMON_INDEX_H

#include "auditlog/daemon/batch.h"
#include "auditlog/daemon/entries.h"
#include "auditlog/daemon/ids.h"
#include "auditlog/daemon/progress.h"

/* Entries that wait in memory at most; with more the index falls behind and catches up from the log itself. */
#define INDEX_WAITING_MAX ((size_t)1 << 18)

struct index;

struct index_options {
	int dirfd;
	struct wal *wal;
	struct progress *progress;
	struct hash origin; /* SHA-256(origin) */
	struct ids *ids;    /* filled by index_load_ids() */
};

/* Opens or makes it; an unusable one is replaced by an empty one. */
MUST_USE enum status index_open(const struct index_options *opt, struct index **out);
/*
 * Before the write-ahead log is replayed, whose first entry has index `upto`: puts the ids of the window below it into
 * ids, from the ring where it has them, else from the entries.
 */
MUST_USE enum status index_load_ids(struct index *ix, uint64_t upto);
/* Starts the background thread, for a log of this size. */
MUST_USE enum status index_start(struct index *ix, uint64_t size);
/* Ends the thread and closes; what waits is written first. */
void index_free(struct index *ix);

/* The writer: these entries are durable now, the first at this index. Never fails: what it cannot keep is caught up
 * later. */
void index_feed(struct index *ix, uint64_t first, struct batch_item *const *items, size_t count);

/* Entries below it are stored. Any thread. */
uint64_t index_stored(struct index *ix);

/* ---- questions; any thread ---- */

/* Newest first, at most `limit`, below `before`. E_UNAVAILABLE while the index is behind. */
MUST_USE enum status
index_by_tag(struct index *ix, struct str tag, uint64_t before, size_t limit, uint64_t *out, size_t *count);
/* An older entry than the window has. E_NOT_FOUND; E_UNAVAILABLE while the index is behind. */
MUST_USE enum status index_by_id(struct index *ix, const struct uuid *id, uint64_t *out);

#endif
