/* history_uses.h: how often each of a person's consents was used, counted in the log itself. */
#ifndef AUTHD_ACCESS_HISTORY_USES_H
#define AUTHD_ACCESS_HISTORY_USES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "auditlog/base/status.h"

struct request;

/* Newest entries looked at for one count; with more, the numbers are lower bounds. */
#define HISTORY_USES_LOOKED_AT_MOST 500

struct history_use {
	int64_t index; /* of the grant's entry */
	uint32_t count;
	int64_t last_us; /* 0: never */
};

/*
 * Counts the permits of the signed-in person's months that cite one of the n grants. *complete is false when there were
 * more entries than are looked at. Statuses of audit.h: then nothing is known. On a worker.
 */
MUST_USE enum status history_uses(struct request *rq, struct history_use *uses, size_t n, bool *complete);

#endif
