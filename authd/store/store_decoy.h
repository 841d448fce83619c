/*
 * store_decoy.h: the writes that a question about somebody unknown costs, as store_tag_add() and store_request_add()
 * are those about a person. A tag here is 22 characters that stand for nobody.
 */
#ifndef AUTHD_STORE_STORE_DECOY_H
#define AUTHD_STORE_STORE_DECOY_H

#include "authd/store/store.h"

/* Somebody was asked about for the first time in a month: decoy stands for the name that was used. */
struct store_asked {
	struct str tag, sub, month; /* of a known person, for store_tag.h */
	struct str decoy;
	int64_t expires_us;
};
/* Two statements and one commit that changes something, whether the person is known or not. */
MUST_USE enum status store_decoy_asked(struct store *db, const struct store_asked *row, bool known);
/* Until when it is open. E_NOT_FOUND: it is not there, or over. */
MUST_USE enum status store_decoy_find(struct store *db, struct str tag, int64_t now_us, int64_t *expires_us);
/* Opens it until then, unless it is open. */
MUST_USE enum status store_decoy_open(struct store_tx *tx, struct str tag, int64_t now_us, int64_t expires_us);
/* Half of it: somebody is told, as by inbox_tell(). */
MUST_USE enum status store_decoy_told(struct store_tx *tx, struct str tag, int64_t expires_us);

#endif
