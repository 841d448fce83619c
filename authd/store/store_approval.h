/*
 * store_approval.h: what people allowed clients on the page that asks them, remembered so that they are not asked again
 * for the same thing. An approval counts with a log index only; taking it back counts from its commit.
 */
#ifndef AUTHD_STORE_STORE_APPROVAL_H
#define AUTHD_STORE_STORE_APPROVAL_H

#include "authd/store/store.h"

struct store_approval {
	struct str sub;
	struct str client_id;
	struct str fingerprint; /* SHA-256 over scopes and details: approve.h */
	struct str scope;
	struct str details; /* canonical JSON; p NULL: none */
	int64_t given_us;
	struct str event_id;
};

/* Gives it, or gives it anew; not in the log until the outbox (STORE_TARGET_APPROVAL, key sub) says so. */
MUST_USE enum status store_approval_give(struct store_tx *tx, const struct store_approval *a);
/* Whether exactly this was allowed, is in the log, and was not taken back. */
MUST_USE enum status
store_approval_holds(struct store *db, struct str sub, struct str client_id, struct str fingerprint, bool *holds);
/* Takes back everything that the person allowed the client. Fine when there is nothing. */
MUST_USE enum status store_approval_revoke(struct store_tx *tx, struct str sub, struct str client_id, int64_t now_us);

#endif
