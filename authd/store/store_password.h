/* store_password.h: password verifiers and the gentle delay after failures. */
#ifndef AUTHD_STORE_STORE_PASSWORD_H
#define AUTHD_STORE_STORE_PASSWORD_H

#include "authd/store/store.h"

struct store_password {
	struct str sub;
	struct str phc;
	int64_t changed_us;
	int failures;
	int64_t next_try_us; /* 0: at once */
	struct store_result *mem;
};

void store_password_clear(struct store_password *p);

/* Sets or replaces; failures start at 0. */
MUST_USE enum status store_password_set(struct store_tx *tx, struct str sub, struct str phc, int64_t now_us);
/* E_NOT_FOUND. */
MUST_USE enum status store_password_find(struct store *db, struct str sub, struct store_password *out);
/*
 * Counts a try before the password is looked at, and sets when the next one is taken: delay_us(tries in a row) later.
 * *number is which one in a row this is, from 1. E_LIMITED: the account waits, which this makes no longer, or there is
 * no password: of many at the same moment no more reach the check than one after the other.
 */
MUST_USE enum status
store_password_try(struct store *db, struct str sub, int64_t now_us, int64_t (*delay_us)(int number), int *number);
/* The try was wrong: when the next one is taken. */
MUST_USE enum status store_password_wait(struct store *db, struct str sub, int64_t next_try_us);
/* The try with that number was none: no password was looked at. */
MUST_USE enum status store_password_give_back(struct store *db, struct str sub, int number);
/* A right password: failures back to 0. */
MUST_USE enum status store_password_passed(struct store *db, struct str sub);

#endif
