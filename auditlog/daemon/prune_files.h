/* prune_files.h: removes the entry bundles of a log below its minimum index (pruned.h). Hash tiles stay. */
#ifndef AUDITLOG_DAEMON_PRUNE_FILES_H
#define AUDITLOG_DAEMON_PRUNE_FILES_H

#include <stdint.h>

#include "auditlog/base/attr.h"
#include "auditlog/base/status.h"

/*
 * Removes about `most` bundles, full and partial, whose entries are all below minimum, and folders that became empty;
 * each folder that lost something is synced. Nothing is followed out of dirfd. Can be done again at any time: what is
 * gone is gone. E_BUSY: there are more. E_IO.
 */
MUST_USE enum status prune_files_below(int dirfd, uint64_t minimum, size_t most, size_t *removed);

#endif
