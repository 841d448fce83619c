/*
 * store_desk_codes.h: one list of numbered paper codes a person (RFC 4226). A number is asked for once: whoever heard a
 * code that was asked for one thing cannot use it for another.
 */
#ifndef AUTHD_STORE_STORE_DESK_CODES_H
#define AUTHD_STORE_STORE_DESK_CODES_H

#include "authd/store/store.h"

#define STORE_DESK_CODES_WRONG 10 /* wrong codes in a row after which the list is good for nothing */

struct store_desk_codes {
	struct str sub;
	struct str list_id;
	struct str sealed;
	int size;
	int next; /* the number that will be asked for next */
	int failures;
	struct str seen_by; /* sub of the operator who printed it; "" when the person did */
	int64_t made_us;
	struct str event_id;
	int64_t log_index;
	struct store_result *mem;
};

void store_desk_codes_clear(struct store_desk_codes *c);

/* Sets the list, or puts it in the place of the one before, which is good for nothing from the commit on. */
MUST_USE enum status store_desk_codes_set(struct store_tx *tx, const struct store_desk_codes *c);
/* E_NOT_FOUND. */
MUST_USE enum status store_desk_codes_of(struct store *db, struct str sub, struct store_desk_codes *out);
/*
 * Takes the next number. E_USED: none is left, too many were wrong, there is no list in the log, or this operator has
 * printed it. list_id gets the list's id (at most 64 bytes with NUL).
 */
MUST_USE enum status store_desk_codes_reserve(struct store_tx *tx, struct str sub, struct str operator_sub,
					      int64_t *number, char list_id[64]);
/*
 * Counts a try before the code is looked at: STORE_DESK_CODES_WRONG wrong ones in a row at most reach the check,
 * through however many offers. E_USED: there were as many, or the list is another one by now.
 */
MUST_USE enum status store_desk_codes_try(struct store *db, struct str sub, struct str list_id);
/* The code was right, or none was looked at. Fine when the list is another one by now. */
MUST_USE enum status store_desk_codes_give_back(struct store *db, struct str sub, struct str list_id);
/* Forgets the wrong ones. Likewise. */
MUST_USE enum status store_desk_codes_passed(struct store_tx *tx, struct str sub, struct str list_id);
/* The list is good for nothing from the commit on. Fine when there is none. */
MUST_USE enum status store_desk_codes_drop(struct store_tx *tx, struct str sub);

#endif
