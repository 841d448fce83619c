/* store_outcome.h: what became of a permit. */
#ifndef AUTHD_STORE_STORE_OUTCOME_H
#define AUTHD_STORE_STORE_OUTCOME_H

#include "authd/store/store.h"

struct store_outcome {
	struct str evaluation_id;
	struct str sub;
	struct str outcome; /* "released", "empty", "failed" */
	int64_t records;
	struct str by_client;
	int64_t at_us;
	struct str event_id;
	int64_t log_index;
	struct store_result *mem;
};

void store_outcome_clear(struct store_outcome *o);

/* Once per evaluation. E_CONFLICT when there is one (the transaction stays usable): compare it. */
MUST_USE enum status store_outcome_add(struct store_tx *tx, const struct store_outcome *o);
/* E_NOT_FOUND. */
MUST_USE enum status store_outcome_find(struct store *db, struct str evaluation_id, struct store_outcome *out);

#endif
