/* store_totp.h: one-time-code devices. A step is accepted once per device. */
#ifndef AUTHD_STORE_STORE_TOTP_H
#define AUTHD_STORE_STORE_TOTP_H

#include "authd/store/store.h"

struct store_totp {
	struct str id;
	struct str sub;
	struct str secret_sealed;
	int64_t last_step; /* newest step accepted; start with 0 */
	int confirmed;
	int failures;
	int locked;
	struct store_result *mem;
};

struct store_totp_list {
	struct store_totp *items;
	size_t count;
	struct store_result *mem;
};

void store_totp_clear(struct store_totp *t);
void store_totp_list_clear(struct store_totp_list *l);

/* Adds a device, unconfirmed unless t->confirmed. */
MUST_USE enum status store_totp_add(struct store_tx *tx, const struct store_totp *t);
/* E_NOT_FOUND, also for somebody else's. */
MUST_USE enum status store_totp_find(struct store *db, struct str sub, struct str id, struct store_totp *out);
/* All of a person's devices, confirmed or not, in order of id. */
MUST_USE enum status store_totp_of(struct store *db, struct str sub, struct store_totp_list *out);
/* E_NOT_FOUND when there is none of this person, or it is confirmed. */
MUST_USE enum status store_totp_confirm(struct store_tx *tx, struct str sub, struct str id);
/*
 * Takes a step whose code was right: compare-and-set, sets failures to 0. E_USED when this or a later step was taken,
 * or the device is locked or gone: of several that try one step at once exactly one gets OK.
 */
MUST_USE enum status store_totp_take(struct store *db, struct str id, int64_t step);
/* Counts a wrong code; at `most` failures the device is locked. E_NOT_FOUND. */
MUST_USE enum status store_totp_fail(struct store *db, struct str id, int most, int *failures, int *locked);
/* Unlocks all devices of a person. */
MUST_USE enum status store_totp_unlock(struct store_tx *tx, struct str sub);
/* E_NOT_FOUND. */
MUST_USE enum status store_totp_remove(struct store_tx *tx, struct str sub, struct str id);

#endif
