/*
 * publish_tiles.h: entries in, tiles and bundles out: full ones as soon as they are full, partial ones when asked.
 */
#ifndef AUDITLOG_DAEMON_PUBLISH_TILES_H
#define AUDITLOG_DAEMON_PUBLISH_TILES_H

#include <stdbool.h>

#include "auditlog/core/merkle.h"
#include "auditlog/core/tile.h"

struct publish_tiles;

/*
 * Below dirfd (borrowed). Goes on behind the first `start` entries, a multiple of TILE_WIDTH that full tiles hold;
 * `base` answers for them (NULL when start is 0).
 */
MUST_USE enum status
publish_tiles_new(int dirfd, const struct hash_reader *base, uint64_t start, struct publish_tiles **out);
void publish_tiles_free(struct publish_tiles *t);

/* After a failed sync: files that are there already are written again, for their names may not be durable. */
void publish_tiles_distrust(struct publish_tiles *t, bool distrust);

/* The tree of what was added so far. */
const struct merkle *publish_tiles_tree(const struct publish_tiles *t);

/*
 * The next entry. Writes what becomes full. E_CORRUPT: a file is there with other content than these entries give;
 * publish_tiles_bad() then names the entry. After any failure the builder is of no more use.
 */
MUST_USE enum status publish_tiles_add(struct publish_tiles *t, struct str line);
/* Writes the partial forms for the present size and makes everything written so far durable. Statuses as above. */
MUST_USE enum status publish_tiles_flush(struct publish_tiles *t);
/* Removes the partial forms of tiles that are full. */
MUST_USE enum status publish_tiles_tidy(struct publish_tiles *t);
/* The first entry that an E_CORRUPT concerns. */
uint64_t publish_tiles_bad(const struct publish_tiles *t);

#endif
