/*
 * segment.h: the bytes of one write-ahead file. All integers big-endian.
 *
 *   head    "OMBUDWAL" | u32 version | u32 0 | u64 number | u64 first index | hash of the record before |
 * SHA-256(origin) | u32 CRC32C of all that; zeroes up to SEGMENT_START record  u32 magic | u32 payload length | u64
 * first index | u32 count | hash of the record before | payload | u32 CRC32C of all that then    zeroes to the end of
 * the file, or the end of the file
 *
 * The payload is an entry bundle: u16 length, entry, `count` times. The hash of a record is SHA-256(its 52 bytes before
 * the payload || leaf hash of its last entry); since every entry carries the leaf hash of the one before, that covers
 * them all.
 */
#ifndef AUDITLOG_DAEMON_SEGMENT_H
#define AUDITLOG_DAEMON_SEGMENT_H

#include "auditlog/core/hash.h"

#define SEGMENT_VERSION     1
#define SEGMENT_START       ((size_t)128)
#define SEGMENT_RECORD_HEAD ((size_t)52)
/* What a record takes besides its payload. */
#define SEGMENT_RECORD_EXTRA (SEGMENT_RECORD_HEAD + 4)

struct segment_head {
	uint64_t number;
	uint64_t first;
	struct hash before; /* hash of the last record of the segment before; zeroes in the first */
	struct hash origin;
};

struct segment_record {
	uint64_t first;
	uint32_t count;
	struct hash before;
	struct str payload;
	size_t total; /* bytes that the record takes */
};

/* SEGMENT_START bytes. */
void segment_put_head(struct buf *out, const struct segment_head *h);
/* E_CORRUPT when it is no head of this version, or a broken one. */
MUST_USE enum status segment_get_head(struct str in, struct segment_head *out);

/*
 * A record is built in place: leave SEGMENT_RECORD_HEAD bytes at the front of b, put the payload behind them, then
 * close it: the front is filled in and the checksum appended.
 */
void segment_open_record(struct buf *b);
void segment_close_record(struct buf *b, uint64_t first, uint32_t count, const struct hash *before);

/*
 * The record at the front of in, borrowed. E_END: nothing but zeroes up to the end, or nothing at all. E_CORRUPT:
 * anything else that is no whole record with a right checksum.
 */
MUST_USE enum status segment_get_record(struct str in, struct segment_record *out);
/* Its numbers without looking at the payload, from at least SEGMENT_RECORD_HEAD bytes; for walking past it. */
MUST_USE enum status segment_peek_record(struct str in, struct segment_record *out);
/* True when some whole, right record with a first index of `least` or more begins anywhere in these bytes. */
bool segment_has_record(struct str in, uint64_t least);

/* The hash that the next record names. */
struct hash segment_record_hash(const struct segment_record *r, const struct hash *last_leaf);

#endif
