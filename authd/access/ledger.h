/*
 * ledger.h: what services did, read back from the log itself, newest first: auditlogd's index has the entries of each
 * `by.service` (append_service_key), so nothing is walked that is not theirs. There is no list beside the log.
 *
 * Runs on a worker.
 */
#ifndef AUTHD_ACCESS_LEDGER_H
#define AUTHD_ACCESS_LEDGER_H

#include "auditlog/core/entry.h"

struct authd;

#define LEDGER_SERVICES_MOST 64

struct ledger_query {
	const struct str *services; /* 1 to LEDGER_SERVICES_MOST names as entries have them */
	size_t service_count;
	int64_t from_us, until_us; /* until_us not included; INT64_MAX: now */
	uint64_t before;           /* only entries below; UINT64_MAX: from the newest on, or from until_us on */
	size_t read_most;          /* so many entries are read at most */
};

/* OK: it was taken. E_END: it was not, and the walk ends before it. */
typedef enum status ledger_each(void *ctx, const struct entry_view *v, struct str line);

/*
 * *next is 0 when there are no more of the period, else the `before` to go on with: each() said E_END, or read_most was
 * reached. Other statuses of each() end it with them. E_UNAVAILABLE: the index is being made anew, or the log is
 * silent.
 */
MUST_USE enum status
ledger_walk(struct authd *a, const struct ledger_query *q, ledger_each *each, void *ctx, uint64_t *next);

#endif
