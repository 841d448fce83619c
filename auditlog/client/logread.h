/*
 * logread.h: reads a published log: checkpoint, tiles, entry bundles, and the proofs that they give.
 *
 * Where the bytes come from is a source: a directory here, anything else by its own fetch function. Memory is bounded
 * whatever the length of the log: LOGREAD_TILES tiles and one bundle. Nothing is verified here: what a source says is
 * checked by who knows a key (checkpoint_open, proof_check_*, tile by tile in `auditlog verify`).
 */
#ifndef AUDITLOG_CLIENT_LOGREAD_H
#define AUDITLOG_CLIENT_LOGREAD_H

#include <inttypes.h>

#include "auditlog/core/checkpoint.h"
#include "auditlog/core/merkle.h"
#include "auditlog/core/proof.h"
#include "auditlog/core/pruned.h"
#include "auditlog/core/tile.h"

#define LOGREAD_TILES          64
#define LOGREAD_CHECKPOINT_MAX ((size_t)64 << 10)
/* 256 entries of the longest kind with their lengths. */
#define LOGREAD_BUNDLE_MAX ((size_t)TILE_WIDTH * (2 + ((size_t)16 << 10)))

/* Appends the whole resource at path ("checkpoint", "tile/0/000.p/7"), E_NOT_FOUND when there is none. */
struct logread_source {
	enum status (*fetch)(void *ctx, const char *path, struct buf *out);
	void *ctx;
};

/* One thread at a time. */
struct logread;

/* A log directory. Nothing in it is followed out of it: symlinks are refused. */
MUST_USE enum status logread_open(const char *dir, struct logread **out);
/* The same below a directory that is open already; the descriptor is duplicated. */
MUST_USE enum status logread_open_at(int dirfd, struct logread **out);
/* Any other place. The source's ctx outlives the reader. */
MUST_USE enum status logread_open_source(struct logread_source source, struct logread **out);
void logread_free(struct logread *r);
void logread_freep(struct logread **r);

/* Keeps nothing of what was read: the next call reads the source again. */
void logread_forget(struct logread *r);

/* The published checkpoint as it stands, appended. Never cached. */
MUST_USE enum status logread_checkpoint(struct logread *r, struct buf *out);

/* The newest checkpoint that a quorum of witnesses has cosigned: it may be behind the other. E_NOT_FOUND: none. */
MUST_USE enum status logread_witnessed(struct logread *r, struct buf *out);

/* The file log.vkey: the keys that the log has, or had. Nothing that lies beside a log is a reason to trust it. */
MUST_USE enum status logread_vkeys(struct logread *r, struct buf *out);
/* The tlog-proof by which an older key introduced the key of this id. E_NOT_FOUND. */
#define LOGREAD_HANDOVER "handover-%08" PRIx32 ".tlog-proof"
MUST_USE enum status logread_handover(struct logread *r, uint32_t key_id, struct buf *out);

/* What the file minimum-index says; all zero without one. Nothing is proven by it (pruned.h). E_CORRUPT: nonsense. */
MUST_USE enum status logread_pruned(struct logread *r, struct pruned *out);

/*
 * The bytes of one tile or bundle, at least t->width entries of it, borrowed until the next call. The form of that
 * width is tried first and the full one when it is gone. E_NOT_FOUND, E_CORRUPT (a hash tile of the wrong length).
 */
MUST_USE enum status logread_tile(struct logread *r, const struct tile *t, struct str *bytes);

/* The entry line of a log of this size, borrowed until the next call. E_INVALID when index >= size. */
MUST_USE enum status logread_entry(struct logread *r, uint64_t index, uint64_t size, struct str *line);
/* Its leaf hash as the level 0 tile has it. */
MUST_USE enum status logread_leaf(struct logread *r, uint64_t index, uint64_t size, struct hash *leaf);

/* A reader of the tree of the first `size` entries, for proof.h and merkle.h. It borrows r; asking again sets the size
 * anew. */
struct hash_reader logread_hashes(struct logread *r, uint64_t size);

MUST_USE enum status logread_inclusion(struct logread *r, uint64_t index, uint64_t size, struct proof *out);
MUST_USE enum status logread_consistency(struct logread *r, uint64_t old_size, uint64_t new_size, struct proof *out);
/*
 * Appends a tlog-proof of entry `index` under this signed checkpoint, whose size says which tree. The checkpoint is
 * parsed, its signatures are not looked at. E_INVALID when the entry is not in it.
 */
MUST_USE enum status logread_prove(struct logread *r, uint64_t index, struct str checkpoint, struct buf *out);

#endif
