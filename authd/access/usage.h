/*
 * usage.h: a person's looks as the Estonian data tracker asks for them: of a period, newest first, by offset and limit,
 * with how many there are in all.
 *
 * Counted and listed is what stands on /accesses as looks (history_lists): permits, recorded accesses, emergencies that
 * were opened, look-ups at the desk and in the administration; no refused attempts, and nothing that the person may not
 * see now, also not in the number. The number is exact or there is no answer: at most USAGE_ENTRIES_MOST entries with
 * the person's tags are read for one request, and a period that holds more must be shortened.
 */
#ifndef AUTHD_ACCESS_USAGE_H
#define AUTHD_ACCESS_USAGE_H

#include <jansson.h>

#include "auditlog/base/clock.h"

struct request;

#define USAGE_LIMIT_MOST   1000
#define USAGE_ENTRIES_MOST 10000
/* How far back is looked at all: ten years, so at most 121 tags. */
#define USAGE_AGE_US (INT64_C(3653) * DAY_US)

struct usage_query {
	int64_t from_us, until_us; /* both included */
	uint64_t offset, limit;
};

/*
 * Of the person of the request (whom it represents, for what the mandate covers). *total: all that match. *usages: of
 * these from offset on, at most limit, {logtime, action, receiverCode, receiverName, receiverSystem}; the caller's.
 * E_TOO_LARGE: more entries than USAGE_ENTRIES_MOST in these months.
 */
MUST_USE enum status usage_find(struct request *rq, const struct usage_query *q, uint64_t *total, json_t **usages);

#endif
