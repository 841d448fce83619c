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
/*
 * A file <origin hash>-<hash of the offered note>.evidence with both notes. OK also when it is there already;
 * E_LIMITED when there are MEMORY_EVIDENCE_MAX of them.
 */
MUST_USE enum status memory_keep_evidence(int dirfd, struct str origin, struct str held, struct str offered);

#endif
