/*
 * scrub.h: reads old tiles and bundles again and again, from the disk and one at a time, so that bytes that rot are
 * noticed while there are still mirrors to restore them from. Nothing but this looks at them: starting reads the right
 * edge only.
 */
#ifndef AUDITLOG_DAEMON_SCRUB_H
#define AUDITLOG_DAEMON_SCRUB_H

#include "auditlog/core/hash.h"

struct scrub;

MUST_USE enum status scrub_new(int dirfd, struct scrub **out);
void scrub_free(struct scrub *s);
/*
 * The next full bundle of a published log of this size: every entry against its leaf hash, every entry's prev against
 * the one before, the tile against the level above. E_CORRUPT: *bad is the entry. E_END: all were looked at, the next
 * step begins again.
 */
MUST_USE enum status scrub_step(struct scrub *s, uint64_t size, uint64_t *bad);
/* The hash that the level above has of level 0 tile `index`, in a published log of this size. */
MUST_USE enum status scrub_want(struct scrub *s, uint64_t index, uint64_t size, struct hash *out);

#endif
