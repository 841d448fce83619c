/*
 * grants.h: the consents that a replay has seen granted, by log index, and whether they still hold. Memory: about 200
 * bytes for each consent that was ever granted; nothing for each decision.
 */
#ifndef AUDITLOG_TOOL_GRANTS_H
#define AUDITLOG_TOOL_GRANTS_H

#include "auditlog/core/entry.h"

/* How it ended. */
enum grant_end { GRANT_HOLDS, GRANT_WITHDRAWN, GRANT_EXPIRED, GRANT_REVOKED, GRANT_INVALIDATED, GRANT_RENEWED };

struct grant {
	uint64_t index;
	int64_t from_us, until_us; /* 0: open */
	enum grant_end end;
	uint64_t ended_by;                               /* index of the entry that ended it */
	struct str ctag, purpose, recipient, categories; /* categories: as given to grants_add */
	char *memory;
};

struct grants {
	size_t n, room;
	struct grant *item;
};

void grants_clear(struct grants *g);
/* Copies the texts. Indices must rise. E_NOMEM; E_INVALID. */
MUST_USE enum status grants_add(struct grants *g, const struct grant *grant);
/* NULL when that entry granted nothing. Good until the next grants_add(). */
struct grant *grants_find(struct grants *g, uint64_t index);
/* "withdrawn" and so on. */
const char *grants_end_name(enum grant_end end);

#endif
