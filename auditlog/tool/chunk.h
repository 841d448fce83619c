/*
 * chunk.h: the unit of work of a sweep: one bundle of entries, its level 0 tile, and everything that can be said about
 * them without the rest of the log. Filled by any thread, joined in order by sweep.c.
 */
#ifndef AUDITLOG_TOOL_CHUNK_H
#define AUDITLOG_TOOL_CHUNK_H

#include "auditlog/core/entry.h"
#include "auditlog/core/tile.h"
#include "auditlog/tool/target.h"

/* Called for each sound entry on the thread that fills; appends to out whatever the one who absorbs in order will want.
 */
typedef void chunk_extract(void *ctx, const struct entry_view *e, struct str line, struct buf *out);

/* Called for each sound entry, read whole or not; appends what the one who hears in order will want. */
typedef void chunk_notice(uint64_t index, int64_t us, struct str line, struct buf *out);

/* How closely entries are looked at, and what is made of them. */
struct chunk_look {
	bool pruned; /* entries below minimum are not read: their tiles stand for them */
	uint64_t minimum;
	bool whole;             /* read every entry whole, not only its head */
	chunk_extract *extract; /* may be NULL; with it entries are read whole too */
	void *ctx;
	chunk_notice *notice; /* may be NULL */
};

/* What one chunk may hand on. */
#define CHUNK_EXTRACT_MAX ((size_t)32 << 20)

struct chunk {
	uint64_t number;
	unsigned count;               /* entries that it should have, 1 .. 256 */
	struct hash leaf[TILE_WIDTH]; /* recomputed; taken from the tile where the bundle cannot be used */
	struct hash root;             /* of the leaves; of full chunks only */
	struct hash first_prev;
	int64_t first_us, last_us;
	bool has_first, has_last; /* the first entry was readable; last_us counts */
	bool pruned;              /* not read: leaf is what the tile says */
	bool lost;                /* neither bundle nor tile: the tree cannot go on */
	bool has_tile;
	struct hash tile[TILE_WIDTH]; /* what is published */
	uint64_t bytes;
	struct findings found;
	struct buf extracted, noticed;
};

void chunk_clear(struct chunk *c);
/* Fills c for bundle `number` of a log of this size. */
void chunk_fill(struct chunk *c, struct source *src, uint64_t number, uint64_t size, const struct chunk_look *look);

#endif
