/*
 * append.h: the client of auditlogd and the messages it takes (framed by auditlog/base/msg.h).
 *
 *   request  payload                                                   reply     payload
 *   APPEND   u16 count (1..1000), count x block (a fragment)           RECEIPTS  u16 count, count x receipt (receipt.h)
 *   FENCED   u64 seen, u64 until, then as APPEND                        RECEIPTS, or STALE: u64 size
 *   FIND     16 bytes of uuid                                          ENTRY     u64 index, the entry line
 *   READ     u64 index                                                 ENTRY     u64 index, the entry line
 *   BY_TAG   block tag (22), u64 before, u16 limit (1..1000)           INDICES   u16 count, count x u64, newest first
 *   MAP      block tag (22), block month (7), u32 seconds              MAPPED    u8 count, count x (u64 index, block)
 *   STATUS   nothing                                                   STATE     u64 size, u64 published, u8 healthy,
 *                                                                                block, and of witnesses: u32 how many,
 *                                                                                u32 cosigned last, u64 failures, u64
 *                                                                                size, u64 newest (POSIX seconds), u8
 *                                                                                flags (1 missing, 2 overdue)
 *
 * A fragment is the text of an entry from `"id":` to the closing brace: the members of the entry after `time`, in the
 * order of the format. All fragments of one APPEND are in one batch or none is. The same id with the same fragment
 * gives the first receipt again; with another fragment E_CONFLICT (within at least the newest 2^20 entries).
 *
 * FENCED is APPEND for decisions. seen is how many entries the caller knew to be durable before it read the first of
 * the facts that it decided by (append_seen()). When the log has got the end of what one of the fragments rests on
 * since (daemon/fence.h), or when their time would not be before `until` (microseconds since 1970; UINT64_MAX: no end),
 * nothing is written and STALE says how long the log is: decide again, by facts that are read from now on.
 *
 * BY_TAG takes a person's tag, or what append_service_key() makes of a service's name: the entries that it made.
 *
 * MAP asks what the maps of a month say about a tag (mapproof.h): for each log.map entry that a proof needs its index
 * and the answer as text. When the newest map is older than so many seconds and something has been written since, a new
 * one is made first. Errors: E_NOT_FOUND there is no map of that month - E_TOO_LARGE - E_UNAVAILABLE ask again.
 *
 * Errors: E_INVALID a fragment does not follow the format (the text names which) - E_TOO_LARGE - E_CONFLICT - E_BUSY
 * the queue is full - E_UNAVAILABLE the log cannot be written now, or whether it was written is unknown: send the same
 * again.
 */
#ifndef AUDITLOG_CLIENT_APPEND_H
#define AUDITLOG_CLIENT_APPEND_H

#include <stdbool.h>
#include <stdint.h>

#include "auditlog/base/msg.h"
#include "auditlog/base/random.h"
#include "auditlog/client/mapproof.h"
#include "auditlog/client/receipt.h"

enum append_type {
	APPEND_APPEND = 1,
	APPEND_RECEIPTS = 2,
	APPEND_FIND = 3,
	APPEND_READ = 4,
	APPEND_ENTRY = 5,
	APPEND_BY_TAG = 6,
	APPEND_INDICES = 7,
	APPEND_STATUS = 8,
	APPEND_STATE = 9,
	APPEND_MAP = 10,
	APPEND_MAPPED = 11,
	APPEND_FENCED = 12,
	APPEND_STALE = 13,
};

#define APPEND_COUNT_MAX    1000
#define APPEND_FRAGMENT_MAX ((size_t)15 * 1024)
#define APPEND_TAG_LEN      22
#define APPEND_LIMIT_MAX    1000
#define APPEND_NEWEST       UINT64_MAX

/* What witnesses say; all zero for a log that nobody is asked to watch. */
struct append_witness {
	uint32_t witnesses; /* that are asked */
	uint32_t cosigned;  /* in the last round */
	uint64_t failures;  /* times that one did not answer, refused or talked nonsense */
	uint64_t size;      /* entries under the last checkpoint that a quorum has cosigned */
	uint64_t newest_s;  /* when any of them last vouched for the log; POSIX seconds */
	bool missing;       /* no quorum for longer than the alarm */
	bool overdue;       /* no witness at all for longer than the limit: let nothing new happen */
};

struct append_state {
	uint64_t size;      /* durable entries */
	uint64_t published; /* size of the last signed, published checkpoint */
	bool healthy;       /* appends are being taken */
	char text[256];     /* one line for the operator: what is wrong, or "ok" */
	struct append_witness witness;
};

/* One connection, any number of threads, pipelined; reconnects by itself. */
struct append;

/* path is auditlogd's socket; it need not be there yet. */
MUST_USE enum status append_open(const char *path, struct append **out);
/* Outstanding requests end with E_UNAVAILABLE first. */
void append_free(struct append *a);
void append_freep(struct append **a);
/* Connected at this moment. */
bool append_up(struct append *a);
/* The connection itself, borrowed: for msg_client_send() of the requests encoded below. */
struct msg_client *append_client(struct append *a);

/* How many entries are known to be durable; any thread. What a STALE, STATE or receipt said is told by append_saw(). */
uint64_t append_seen(struct append *a);
void append_saw(struct append *a, uint64_t size);

/* ---- without blocking: done runs on the client's thread and must not block; it reads the reply with append_get_* ----
 */

/* 1..APPEND_COUNT_MAX fragments, copied. When this returns anything but OK, done is not called. */
MUST_USE enum status
append_send(struct append *a, const struct str *fragments, size_t count, int64_t timeout_us, msg_done *done, void *arg);

/* Requests, for msg_client_send() with the type of the same name. */
void append_put_append(struct buf *out, const struct str *fragments, size_t count);
void append_put_fenced(struct buf *out, const struct str *fragments, size_t count, uint64_t seen, uint64_t until_us);
void append_put_find(struct buf *out, const struct uuid *id);
void append_put_read(struct buf *out, uint64_t index);
void append_put_by_tag(struct buf *out, struct str tag, uint64_t before, size_t limit);
/*
 * The key under which BY_TAG (as base64url, like a tag) gives all entries of one `by.service`: 16 bytes of a hash of
 * its name. It stands in no entry and follows from each; no tag of a person is equal to it but by chance of 2^-128.
 */
#define APPEND_KEY_LEN 16
void append_service_key(struct str service, uint8_t out[APPEND_KEY_LEN]);
void append_put_map(struct buf *out, struct str tag, struct str month, uint32_t max_age_s);

/* Replies, from what msg_done was given. Type or content other than asked for is E_CORRUPT. */
MUST_USE enum status append_get_receipts(uint16_t type, struct str payload, struct receipt *out, size_t count);
/* The same for FENCED: E_EXPIRED when it was stale; *size is the log's then. */
MUST_USE enum status
append_get_fenced(uint16_t type, struct str payload, struct receipt *out, size_t count, uint64_t *size);
/* *line borrows from payload. */
MUST_USE enum status append_get_entry(uint16_t type, struct str payload, uint64_t *index, struct str *line);
/* out has room for `most`; *count says how many came. */
MUST_USE enum status append_get_indices(uint16_t type, struct str payload, uint64_t *out, size_t most, size_t *count);
/* Answers borrow from payload; out has room for MAPPROOF_PARTS_MAX. */
MUST_USE enum status append_get_mapped(uint16_t type, struct str payload, struct mapproof_said *out, size_t *count);
/* A STATE without the part about witnesses is an older daemon's: that part is zero then. */
MUST_USE enum status append_get_state(uint16_t type, struct str payload, struct append_state *out);

/* ---- blocking; E_TIMEOUT after timeout_us ---- */

/* One receipt per fragment into receipts, in their order. */
MUST_USE enum status
append_call(struct append *a, const struct str *fragments, size_t count, int64_t timeout_us, struct receipt *receipts);
/* The entry line is appended to *line. E_NOT_FOUND: no entry has this id. */
MUST_USE enum status
append_find(struct append *a, const struct uuid *id, int64_t timeout_us, uint64_t *index, struct buf *line);
/* E_NOT_FOUND: the log is not that long. */
MUST_USE enum status append_read(struct append *a, uint64_t index, int64_t timeout_us, struct buf *line);
/* The newest `limit` indices below `before` (APPEND_NEWEST: from the end) of entries that carry the tag. */
MUST_USE enum status append_by_tag(struct append *a, struct str tag, uint64_t before, size_t limit, int64_t timeout_us,
				   uint64_t *indices, size_t *count);
/* Answers borrow from *reply. */
MUST_USE enum status append_map(struct append *a, struct str tag, struct str month, uint32_t max_age_s,
				int64_t timeout_us, struct buf *reply, struct mapproof_said *out, size_t *count);
MUST_USE enum status append_status(struct append *a, int64_t timeout_us, struct append_state *out);

#endif
