/*
 * tile.h: where tlog-tiles keeps hashes and entries, and how to read them back. Paths are decoded to numbers and
 * encoded from numbers, never passed through: that is what stands between a URL and the file system.
 */
#ifndef AUDITLOG_CORE_TILE_H
#define AUDITLOG_CORE_TILE_H

#include "auditlog/core/hash.h"

#define TILE_HEIGHT 8
#define TILE_WIDTH  256
#define TILE_BYTES  (TILE_WIDTH * HASH_LEN)
/* 2^63 leaves need tile levels 0 .. 7. The format allows 63; those above hold nothing and are refused. */
#define TILE_LEVEL_MAX 7
/* Room for any path and its NUL. */
#define TILE_PATH_MAX 64
/* 256 entries of 65,535 bytes and their lengths. */
#define TILE_BUNDLE_MAX ((size_t)TILE_WIDTH * (2 + 65535))

enum tile_kind { TILE_HASHES, TILE_ENTRIES };

struct tile {
	enum tile_kind kind;
	unsigned level; /* 0 for entries */
	uint64_t index;
	unsigned width; /* 1 .. 256; less than 256 is a partial tile */
};

/* "tile/0/x001/x234/067", "tile/entries/005.p/17". */
void tile_put_path(struct buf *out, const struct tile *t);
/* The exact inverse: one spelling per tile, everything else is E_INVALID. */
MUST_USE enum status tile_parse_path(struct str path, struct tile *out);

/* How many full tiles there are at a level in a tree of this size; entries count as level 0. */
uint64_t tile_full_count(unsigned level, uint64_t size);
/* The width of the partial tile behind them, 0 when there is none. */
unsigned tile_partial_width(unsigned level, uint64_t size);

/*
 * Which tile holds what the root of the perfect subtree (level = height in leaves, index) is computed from, in its form
 * (width) for a tree of this size. E_INVALID when that subtree is not within the size.
 */
MUST_USE enum status tile_of(unsigned level, uint64_t index, uint64_t size, struct tile *out);
/*
 * That root, from the bytes of the tile (or of a wider form of it). E_INVALID when (level, index) does not belong to
 * this tile; E_CORRUPT when there are too few bytes, too many, or a broken hash.
 */
MUST_USE enum status
tile_hash(const struct tile *t, struct str bytes, unsigned level, uint64_t index, struct hash *out);

/* Entry bundles: u16 length, entry; once per entry. */

/* E_TOO_LARGE past 65,535 bytes. Fails the buffer as any put does. */
MUST_USE enum status tile_put_entry(struct buf *bundle, struct str entry);
/* Cuts the next entry off the front. E_END when nothing is left, E_CORRUPT when the rest is not an entry. */
MUST_USE enum status tile_next_entry(struct str *rest, struct str *entry);
/* Entry number `nth` of a bundle. E_NOT_FOUND past its end, E_CORRUPT. */
MUST_USE enum status tile_entry_at(struct str bundle, unsigned nth, struct str *entry);

#endif
