/*
 * memory.h: what a signer must never forget: per origin, the largest tree that it has put its name under. One small
 * file for each, replaced whole and synced, named by the SHA-256 of the origin.
 */
#ifndef AUDITLOG_SIGNER_MEMORY_H
#define AUDITLOG_SIGNER_MEMORY_H

#include "auditlog/client/signing.h"

/* E_NOT_FOUND: nothing was ever kept for this origin. E_CORRUPT: the file does not say what it should. */
MUST_USE enum status memory_load(int dirfd, struct str origin, struct signing_memory *out);
/*
 * Durable when it returns OK; otherwise the old one is still there. A witness gives the cosigned note, which is then
 * what the file holds; the signer of a log gives none (empty).
 */
MUST_USE enum status memory_keep(int dirfd, struct str origin, const struct signing_memory *m, struct str note);
/* Appends the cosigned note. E_NOT_FOUND: none was kept for this origin. origin_hash is the SHA-256 of the origin. */
MUST_USE enum status memory_note(int dirfd, const struct hash *origin_hash, struct buf *out);

/*
 * When the next key of our own log was introduced: POSIX seconds, durable. 0 when it was not, also when the file is
 * about another key. E_CORRUPT.
 */
MUST_USE enum status memory_load_introduced(int dirfd, const struct note_key *next, uint64_t *when_s);
MUST_USE enum status memory_keep_introduced(int dirfd, const struct note_key *next, uint64_t when_s);

/* What a log signed and what cannot be the continuation of what it signed before: evidence, kept for people. */
#define MEMORY_EVIDENCE_MAX 256
struct memory_evidence {
	bool fork; /* two roots for one size, or else a tree whose proof was bad */
	struct str origin;
	struct str held, offered; /* notes */
};
/*
 * A file <origin hash>-<hash of the offered text>.fork.evidence, or without fork, with both notes. OK also when it is
 * there already: lines that anybody can add under a text make no second one. E_LIMITED when there are
 * MEMORY_EVIDENCE_MAX of its kind: anybody can fill those of bad proofs, nobody but a lying log those of forks.
 */
MUST_USE enum status memory_keep_evidence(int dirfd, const struct memory_evidence *e);

#endif
