/* mend.h: a published full tile and its bundle, made again from the write-ahead log while that still has the entries.
 */
#ifndef AUDITLOG_DAEMON_MEND_H
#define AUDITLOG_DAEMON_MEND_H

#include "auditlog/daemon/wal.h"

/*
 * Replaces tile/0/N and tile/entries/N below dirfd when the entries give the tile hash `want`, which the level above
 * has of it. E_NOT_FOUND: the write-ahead log does not hold all of them any more; E_CORRUPT: they give another hash, so
 * that it is not for us to say what is right; both change nothing.
 */
MUST_USE enum status mend_tile(int dirfd, struct wal *wal, uint64_t index, const struct hash *want);

#endif
