/*
 * proof.h: inclusion and consistency proofs (RFC 9162 2.1.3, 2.1.4), and the tlog-proof file that carries one.
 */
#ifndef AUDITLOG_CORE_PROOF_H
#define AUDITLOG_CORE_PROOF_H

#include "auditlog/core/merkle.h"

/* One hash per level, and one more where a consistency proof starts inside the old tree. */
#define PROOF_HASHES_MAX (MERKLE_LEVELS + 1)

struct proof {
	size_t n;
	struct hash h[PROOF_HASHES_MAX]; /* nearest to the leaf first */
};

/* ---- checking: pure, reads nothing but its arguments ---- */

/* E_INVALID when index >= size; E_CORRUPT when the path does not lead from leaf to root. */
MUST_USE enum status proof_check_inclusion(const struct proof *p, uint64_t index, uint64_t size,
					   const struct hash *leaf, const struct hash *root);
/*
 * The tree of old_size is a prefix of the tree of new_size. E_INVALID when old_size > new_size; E_CORRUPT when the
 * proof does not show it. The empty tree is consistent with every tree, by the empty proof and with the root of nothing
 * only.
 */
MUST_USE enum status proof_check_consistency(const struct proof *p, uint64_t old_size, const struct hash *old_root,
					     uint64_t new_size, const struct hash *new_root);

/* ---- building, through whoever has the hashes; errors are the reader's, E_INVALID for sizes out of range ---- */

MUST_USE enum status proof_inclusion(const struct hash_reader *r, uint64_t index, uint64_t size, struct proof *out);
MUST_USE enum status
proof_consistency(const struct hash_reader *r, uint64_t old_size, uint64_t new_size, struct proof *out);
/*
 * MTH(D[start:end]). start must be a multiple of the least power of two >= end - start (E_INVALID otherwise), which
 * holds for every subtree that the proofs are made of, and for [0, size).
 */
MUST_USE enum status proof_subtree(const struct hash_reader *r, uint64_t start, uint64_t end, struct hash *out);

/* ---- text ---- */

/* One base64 line per hash. */
void proof_put_lines(struct buf *out, const struct proof *p);
/*
 * Reads such lines from the front of *in up to and including the empty line that ends them. E_INVALID for anything
 * else, more than `most` hashes (at most PROOF_HASHES_MAX), or no empty line.
 */
MUST_USE enum status proof_get_lines(struct str *in, size_t most, struct proof *out);

/* A tlog-proof file (c2sp.org/tlog-proof@v1): borrowed parts of the text it was parsed from. */
#define PROOF_FILE_MAX ((size_t)1 << 20)
struct proof_file {
	struct str extra; /* base64 text as it stands in the file; not authenticated; p == NULL when absent */
	uint64_t index;
	struct proof path;
	struct str checkpoint; /* the whole signed note */
};

void proof_put_file(struct buf *out, const struct proof_file *f);
/* E_INVALID, E_TOO_LARGE. Nothing is verified: see checkpoint_open() and proof_check_inclusion(). */
MUST_USE enum status proof_parse_file(struct str text, struct proof_file *out);

#endif
