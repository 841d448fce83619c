/*
 * batch.h: where requests wait for the writer. There is no timer: while one flush runs the next batch gathers, and is
 * taken as a whole when the writer comes back. Bounded; full is E_BUSY.
 */
#ifndef AUDITLOG_DAEMON_BATCH_H
#define AUDITLOG_DAEMON_BATCH_H

#include "auditlog/base/msg.h"
#include "auditlog/base/random.h"
#include "auditlog/client/append.h"
#include "auditlog/client/receipt.h"
#include "auditlog/core/entry.h"
#include "auditlog/daemon/fence.h"
#include "auditlog/daemon/outbox.h"

/* What one entry adds around its fragment: length, `{"v":1,"prev":"…","index":N,"time":"…",`. */
#define BATCH_ENTRY_EXTRA ((size_t)160)
#define BATCH_ENTRIES_MAX 8192

/* One fragment. */
struct batch_item {
	struct str fragment; /* in its job's payload */
	struct uuid id;
	struct hash fragment_hash;
	uint16_t tag_at[ENTRY_ABOUT_MAX]; /* where its tags stand in the fragment */
	uint16_t tag_count;
	uint8_t service_key[APPEND_KEY_LEN]; /* of who made it (append_service_key) */
	struct fence_keys about;             /* what it ends, or what it must not stand behind */
	bool repeated;                       /* stored before: the receipt is the first one's */
	struct receipt receipt;
};

/* One APPEND request. A single block of memory: free() it, or let deliver do so. */
struct batch_job {
	struct outbox_item done;
	struct batch_job *next;
	struct msg_request req;
	enum status result;
	const char *text; /* of a refusal; static */
	bool own;         /* the log's own entry: no peer waits for it */
	bool fenced;      /* none of it is written when it is stale (fence.h), or at until_us or later */
	bool stale;       /* and so it was; result is OK then, there are no receipts, and size is that of the log */
	uint64_t seen, size;
	int64_t until_us; /* INT64_MAX: no end */
	void *ctx;        /* of whoever made an own one and set done.deliver */
	uint64_t bytes;   /* what it may take in the write-ahead log */
	size_t count;
	struct batch_item *items;
};

/* A job with room for `count` items and a payload of n bytes, zeroed; *payload is where the bytes go. */
MUST_USE enum status batch_job_new(size_t count, size_t n, struct batch_job **out, char **payload);

/*
 * Reads one fragment (in the job's payload) into its item. E_INVALID, E_TOO_LARGE; E_UNSUPPORTED for an event that is
 * not in the catalogue, E_DENIED for one that this source may not say.
 */
MUST_USE enum status batch_item_fill(struct batch_item *item, struct str fragment, enum entry_source from);
/* Tag number i of an item. */
struct str batch_item_tag(const struct batch_item *item, size_t i);

struct batch_queue;

/* bytes_most: of all that waits. */
MUST_USE enum status batch_queue_new(size_t bytes_most, struct batch_queue **out);
/* Nothing may wait in it any more. */
/* A new bound; what waits already stays. */
void batch_queue_limit(struct batch_queue *q, size_t bytes_most);
void batch_queue_free(struct batch_queue *q);

/* Takes the job on OK. E_BUSY: full. E_UNAVAILABLE: refusing, see below. */
MUST_USE enum status batch_put(struct batch_queue *q, struct batch_job *job);
/*
 * Everything that waits, in order, up to bytes_most bytes and BATCH_ENTRIES_MAX entries (but at least one job); waits
 * for the first. E_TIMEOUT: none came before the deadline (clock_mono_us). E_END: closed and empty.
 */
MUST_USE enum status batch_take(struct batch_queue *q, size_t bytes_most, int64_t deadline_us, struct batch_job **jobs);
/* From now on (or not any more) nothing is taken in; what waits stays. */
void batch_refuse(struct batch_queue *q, bool refuse);
/* Nothing is taken in any more; when what waits has been taken, batch_take says E_END. */
void batch_close(struct batch_queue *q);

bool batch_closed(struct batch_queue *q);

/* All that the jobs may take in the write-ahead log. */
size_t batch_bytes(const struct batch_job *jobs);

#endif
