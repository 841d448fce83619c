/* store_recovery.h: recovery codes, each good once. */
#ifndef AUTHD_STORE_STORE_RECOVERY_H
#define AUTHD_STORE_STORE_RECOVERY_H

#include "authd/store/store.h"

/* Replaces all codes of the person by these hashes (at most 64). */
MUST_USE enum status
store_recovery_replace(struct store_tx *tx, struct str sub, const struct str *hashes, size_t count);
/* OK once per code. E_NOT_FOUND: no such code of this person. E_USED. */
MUST_USE enum status store_recovery_consume(struct store_tx *tx, struct str sub, struct str hash, int64_t now_us);
/* How many are left. */
MUST_USE enum status store_recovery_left(struct store *db, struct str sub, int *out);

#endif
