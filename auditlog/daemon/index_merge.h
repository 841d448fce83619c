/* index_merge.h: several sorted runs (client/runs.h) become one. */
#ifndef AUDITLOG_DAEMON_INDEX_MERGE_H
#define AUDITLOG_DAEMON_INDEX_MERGE_H

#include "auditlog/client/runs.h"

/* Runs that are merged at once. */
#define INDEX_MERGE_WIDTH 8

/*
 * Writes the records of INDEX_MERGE_WIDTH runs to fd, from its beginning, without syncing it. Memory: two buffers of 64
 * KiB a run. E_CORRUPT: a run is not sorted; E_IO, E_NOMEM.
 */
MUST_USE enum status index_merge(const struct runs_file from[INDEX_MERGE_WIDTH], int fd);

#endif
