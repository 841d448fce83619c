/* store_policy.h: which policy bundle was activated when. Effective with a log index only. */
#ifndef AUTHD_STORE_STORE_POLICY_H
#define AUTHD_STORE_STORE_POLICY_H

#include "authd/store/store.h"

struct store_policy {
	int64_t version;
	struct str sha256; /* hexadecimal */
	struct str bundle; /* canonical JSON */
	int64_t activated_us;
	struct str event_id;
	int64_t log_index;
	struct store_result *mem;
};

void store_policy_clear(struct store_policy *p);

/* E_CONFLICT when that version is there (the transaction stays usable). */
MUST_USE enum status store_policy_activate(struct store_tx *tx, const struct store_policy *p);
/* The highest version that is in the log. E_NOT_FOUND. */
MUST_USE enum status store_policy_active(struct store *db, struct store_policy *out);
/* The highest version, in the log or not: the next activation takes the one after it. E_NOT_FOUND. */
MUST_USE enum status store_policy_newest(struct store *db, struct store_policy *out);
/* E_NOT_FOUND. */
MUST_USE enum status store_policy_find(struct store *db, int64_t version, struct store_policy *out);

#endif
