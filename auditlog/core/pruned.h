/*
 * pruned.h: the oldest entries of a log may go, their hashes stay (C2SP tlog-tiles, "Pruning"). What went is said
 * twice: by an entry of the log itself, log.pruned, which comes first and cannot be taken back, and by the file
 * minimum-index beside the checkpoint, two decimal lines: the minimum index (entries below it are gone, a multiple of
 * 256) and the index of the log.pruned entry that says so.
 */
#ifndef AUDITLOG_CORE_PRUNED_H
#define AUDITLOG_CORE_PRUNED_H

#include "auditlog/core/entry.h"

#define PRUNED_FILE     "minimum-index"
#define PRUNED_FILE_MAX ((size_t)64)

/*
 * No log may keep its entries for less. 62 days are the month that maps are made of and the one before it, which may
 * still have to be closed; the rest is for people to ask for a proof of the month that has just been closed.
 */
#define PRUNED_RETENTION_LEAST_S (UINT64_C(100) * 86400)

/* What the file says. minimum 0: nothing is pruned, and there is no such entry. */
struct pruned {
	uint64_t minimum, entry;
};

void pruned_put_file(struct buf *out, const struct pruned *p);
/* Strict: one spelling, and numbers that can be. E_INVALID. */
MUST_USE enum status pruned_parse_file(struct str text, struct pruned *out);

/* What a log.pruned entry says: facts `minimum` and `retention`, in seconds. */
struct pruned_facts {
	uint64_t minimum, retention_s;
};
#define PRUNED_FACTS 2

void pruned_put_facts(const struct pruned_facts *f, struct entry_fact out[PRUNED_FACTS]);
/* Strict: these facts in this order, and what they say is allowed. E_INVALID. */
MUST_USE enum status pruned_get_facts(const struct entry_view *v, struct pruned_facts *out);
/*
 * Whether everything below f->minimum was old enough when `said` was written: `first` is the entry with that index, and
 * times rise.
 */
bool pruned_was_due(const struct pruned_facts *f, const struct entry_view *said, const struct entry_view *first);

#endif
