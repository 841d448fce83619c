/* lock.h: one process per directory. The lock is on the open file: it ends with the process, however that ends. */
#ifndef AUDITLOG_BASE_LOCK_H
#define AUDITLOG_BASE_LOCK_H

#include "auditlog/base/status.h"

/* E_CONFLICT: another process has it. Keep *fd open. */
MUST_USE enum status lock_take(int dirfd, int *fd);

#endif
