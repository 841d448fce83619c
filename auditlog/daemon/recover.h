/*
 * recover.h: what the directory says after a start or a fault: is it whole, does it continue what was signed, where
 * does it end? Nothing is repaired but the torn tail of a record that nobody got a receipt for.
 */
#ifndef AUDITLOG_DAEMON_RECOVER_H
#define AUDITLOG_DAEMON_RECOVER_H

#include "auditlog/core/checkpoint.h"
#include "auditlog/daemon/ids.h"
#include "auditlog/daemon/tip.h"
#include "auditlog/daemon/wal.h"

/* A tree that somebody holds us to: the log must contain it. */
struct recover_floor {
	uint64_t size;
	struct hash root;
	const char *who; /* "the signed checkpoint" */
};

#define RECOVER_FLOORS_MAX 3

struct recover_job {
	struct wal *wal;
	int dirfd;
	uint64_t published; /* tiles of this size are there; 0 when there is no checkpoint */
	struct recover_floor floors[RECOVER_FLOORS_MAX];
	size_t floor_count;
	bool cold;       /* after a fault: believe the disk only */
	struct ids *ids; /* told of every entry that is replayed; may be NULL */
	/* Called when the first index of the write-ahead log is known, before the replay; may be NULL. */
	enum status (*before_replay)(void *ctx, uint64_t first);
	void *ctx;
};

struct recover_result {
	struct tip tip;
	uint64_t torn;      /* bytes that were cut off */
	uint64_t bad_index; /* which entry is damaged or missing */
	char what[256];     /* why it was refused */
};

/*
 * The published checkpoint, if it is signed by key, or by any of the keys. E_NOT_FOUND: there is none. E_CORRUPT: there
 * is one and it does not verify. root and size are written on OK.
 */
MUST_USE enum status recover_checkpoint_any(int dirfd, const struct trust *keys, uint64_t *size, struct hash *root);
MUST_USE enum status recover_checkpoint(int dirfd, const struct note_key *key, uint64_t *size, struct hash *root);

/*
 * Scans, replays, checks every floor, and makes the write-ahead log ready (wal_start). E_CORRUPT: an entry is damaged
 * or missing. E_CONFLICT: nothing is damaged, but the log ends before a floor: an older copy. E_LIMITED, E_IO: not now.
 */
MUST_USE enum status recover_run(const struct recover_job *job, struct recover_result *out);

#endif
