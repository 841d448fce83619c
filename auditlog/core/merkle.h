/*
 * merkle.h: the growing tree as a compact range: the roots of its perfect subtrees and nothing else.
 *
 * A plain value of about 2 KiB: copy it to try something out and throw the copy away. One addition costs less than two
 * hashes on average.
 */
#ifndef AUDITLOG_CORE_MERKLE_H
#define AUDITLOG_CORE_MERKLE_H

#include "auditlog/core/hash.h"

/* Sizes stay below 2^63, so that they fit a signed integer wherever they go. */
#define MERKLE_LEVELS   63
#define MERKLE_SIZE_MAX ((UINT64_C(1) << MERKLE_LEVELS) - 1)
/* merkle_put writes at most this: u64 size, then one hash per set bit. */
#define MERKLE_PUT_MAX (8 + MERKLE_LEVELS * HASH_LEN)

/* at[h] is the root of a perfect subtree of 2^h leaves; it counts when bit h of size is set. {0} is the empty tree. */
struct merkle {
	uint64_t size;
	struct hash at[MERKLE_LEVELS];
};

/*
 * Where finished tile hashes go: called for the hash number `index` of tile level `level` (the root of the perfect
 * subtree of 256^level leaves), in rising order of index for each level. A status other than OK ends merkle_add with
 * it.
 */
typedef enum status merkle_sink(void *ctx, unsigned level, uint64_t index, const struct hash *h);

/*
 * Adds one leaf hash. sink may be NULL. E_TOO_LARGE at MERKLE_SIZE_MAX. When the sink fails the tree is unchanged (the
 * sink may have seen some of this leaf's hashes).
 */
MUST_USE enum status merkle_add(struct merkle *m, const struct hash *leaf, merkle_sink *sink, void *ctx);
/* MTH of RFC 9162 2.1.1 over all leaves so far. */
struct hash merkle_root(const struct merkle *m);

/* u64 size, then the hashes that count, largest subtree first. */
void merkle_put(struct buf *out, const struct merkle *m);
/* Reads it back from the front of *in. E_INVALID, *in then unchanged. It says nothing about whether the hashes are
 * right. */
MUST_USE enum status merkle_get(struct str *in, struct merkle *out);

/*
 * Who can answer for the hashes of a stored tree: the root of the perfect subtree of 2^level leaves number `index`,
 * that is MTH(D[index * 2^level : (index + 1) * 2^level]). Never asked beyond the size that the caller works with.
 * Tiles answer with tile_of() and tile_hash().
 */
struct hash_reader {
	enum status (*read)(void *ctx, unsigned level, uint64_t index, struct hash *out);
	void *ctx;
};

/* The compact range of the first `size` leaves. What the reader says. */
MUST_USE enum status merkle_from_reader(const struct hash_reader *r, uint64_t size, struct merkle *out);

#endif
