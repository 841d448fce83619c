/* store_limit.h: how often a consent was used in a window of time. */
#ifndef AUTHD_STORE_STORE_LIMIT_H
#define AUTHD_STORE_STORE_LIMIT_H

#include "authd/store/store.h"

/* Takes one use; *used (may be NULL) is the count with it. E_LIMITED when `most` were taken: never one more, whoever
 * races. */
MUST_USE enum status
store_limit_take(struct store *db, struct str record_id, int64_t window_start_us, int most, int *used);
/* Gives one back, when the permit was not released after all. */
MUST_USE enum status store_limit_give_back(struct store *db, struct str record_id, int64_t window_start_us);
/* 0 when none. */
MUST_USE enum status store_limit_used(struct store *db, struct str record_id, int64_t window_start_us, int *used);

#endif
