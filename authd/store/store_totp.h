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
/*
 * Counts a try before the code is looked at, so that of many at the same moment, through however many sign-ins and
 * nodes, `most` in a row reach the check and no more; *number is which one this is, from 1. E_LIMITED: there were as
 * many, or the device is locked or gone.
 */
MUST_USE enum status store_totp_try(struct store *db, struct str id, int most, int *number);
/* The try told nobody anything: no code was looked at, or another device of the person has taken it. */
MUST_USE enum status store_totp_give_back(struct store *db, struct str id);
/* After a wrong code: a device that has no try left is locked. E_USED: it has some, or was locked already, or is gone.
 */
MUST_USE enum status store_totp_lock(struct store *db, struct str id, int most);
/* Unlocks all devices of a person. */
MUST_USE enum status store_totp_unlock(struct store_tx *tx, struct str sub);
/* E_NOT_FOUND. */
MUST_USE enum status store_totp_remove(struct store_tx *tx, struct str sub, struct str id);

#endif
