/*
 * levels.h: the tree above the leaves, recomputed from the entries and compared tile by tile with what is published.
 *
 * A value of about 64 KiB that does not grow with the log: copy it to learn the root of an earlier size.
 */
#ifndef AUDITLOG_TOOL_LEVELS_H
#define AUDITLOG_TOOL_LEVELS_H

#include "auditlog/core/merkle.h"
#include "auditlog/core/tile.h"

/* at[l] are the hashes of the unfinished tile of level l, full[l] how many tiles of that level are behind it. */
struct levels {
	uint64_t full[TILE_LEVEL_MAX + 1];
	unsigned n[TILE_LEVEL_MAX + 1];
	struct hash at[TILE_LEVEL_MAX + 1][TILE_WIDTH];
};

/* Called with each finished tile of level 1 and above: its place and its t->width hashes. */
typedef void levels_tile(void *ctx, const struct tile *t, const struct hash *hashes);

/* The tree hash of n >= 1 hashes of equal subtrees (the last may stand for a smaller one). h is used up. */
struct hash levels_fold(struct hash *h, size_t n);

/* Adds one full bundle by the root of its 256 leaves. done may be NULL. */
void levels_add(struct levels *l, const struct hash *root, levels_tile *done, void *ctx);
/* Calls done with every unfinished tile of level 1 and above. */
void levels_rest(const struct levels *l, levels_tile *done, void *ctx);
/* The root of the tree with n < 256 more leaves behind what was added. */
struct hash levels_root(const struct levels *l, const struct hash *leaves, unsigned n);

#endif
