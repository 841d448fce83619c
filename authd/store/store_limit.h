/* store_limit.h: how often something that has a frequency was used in a window of time. */
#ifndef AUTHD_STORE_STORE_LIMIT_H
#define AUTHD_STORE_STORE_LIMIT_H

#include "authd/store/store.h"

/* What is counted: uses of a consent or, when record_id is empty, of a purpose by a service about a person. */
struct store_limit {
	struct str record_id;
	struct str sub, service, purpose;
	int64_t window_start_us;
	int64_t window_end_us; /* the count may be forgotten after it; INT64_MAX: never */
};

/* Takes one use; *used (may be NULL) is the count with it. E_LIMITED when `most` were taken: never one more, whoever
 * races. */
MUST_USE enum status store_limit_take(struct store *db, const struct store_limit *l, int64_t most, int64_t *used);
/* Gives one back, when the permit was not released after all. */
MUST_USE enum status store_limit_give_back(struct store *db, const struct store_limit *l);
/* 0 when none. */
MUST_USE enum status store_limit_used(struct store *db, const struct store_limit *l, int64_t *used);

#endif
