/*
 * memory.h: what a signer must never forget: per origin, the largest tree that it has put its name under. One small
 * file for each, replaced whole and synced, named by the SHA-256 of the origin.
 */
#ifndef AUDITLOG_SIGNER_MEMORY_H
#define AUDITLOG_SIGNER_MEMORY_H

#include "auditlog/client/signing.h"

/* E_NOT_FOUND: nothing was ever kept for this origin. E_CORRUPT: the file does not say what it should. */
MUST_USE enum status memory_load(int dirfd, struct str origin, struct signing_memory *out);
/* Durable when it returns OK; otherwise the old one is still there. */
MUST_USE enum status memory_keep(int dirfd, struct str origin, const struct signing_memory *m);

#endif
