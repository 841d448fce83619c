/*
 * lock.h: one process per directory. The locks are on the file "lock" and on the directory itself, both on what is
 * open: they end with the process, however that ends.
 */
#ifndef AUDITLOG_BASE_LOCK_H
#define AUDITLOG_BASE_LOCK_H

#include "auditlog/base/status.h"

/* E_CONFLICT: another process has it. Keep *fd and dirfd open. */
MUST_USE enum status lock_take(int dirfd, int *fd);

#endif
