/* bisect.h: where a time stands in a log, whose times rise. Pure: the caller reads the entries. */
#ifndef AUDITLOG_CORE_BISECT_H
#define AUDITLOG_CORE_BISECT_H

#include <stdint.h>

#include "auditlog/base/status.h"

/* The time of the entry with this index, microseconds since 1970. */
typedef enum status bisect_time_of(void *ctx, uint64_t index, int64_t *us);

/* The first index from low on, below high, whose time is not before us; high when there is none. Or what time_of said.
 */
MUST_USE enum status
bisect_times(uint64_t low, uint64_t high, int64_t us, bisect_time_of *time_of, void *ctx, uint64_t *out);

#endif
