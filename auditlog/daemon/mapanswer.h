/* mapanswer.h: what the maps of a month say about a tag, as the reply MAPPED carries it (append.h). */
#ifndef AUDITLOG_DAEMON_MAPANSWER_H
#define AUDITLOG_DAEMON_MAPANSWER_H

#include "auditlog/client/mapproof.h"
#include "auditlog/daemon/index.h"
#include "auditlog/daemon/mapmake.h"

struct mapanswer_ask {
	char tag[ENTRY_TAG_LEN];
	unsigned month;
	int64_t max_age_us; /* of the newest map, if anything but maps has been written since */
};

/* Borrowed. */
struct mapanswer_from {
	struct mapmake *make;
	struct index *index;
};

/*
 * Appends the reply: the month itself, what joins it before, and behind it when it is over. Each answer was checked
 * against the root in the log. E_NOT_FOUND: there is no map of that month; E_TOO_LARGE; E_UNAVAILABLE: a file was
 * damaged or the index is behind, ask again.
 */
MUST_USE enum status mapanswer_put(const struct mapanswer_from *m, const struct mapanswer_ask *ask, struct buf *out);

#endif
