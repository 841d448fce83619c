/*
 * store_decoy.h: the writes that a question about somebody unknown costs, as store_tag_add() and store_request_add()
 * are those about a person. A tag here is 22 characters that stand for nobody.
 */
#ifndef AUTHD_STORE_STORE_DECOY_H
#define AUTHD_STORE_STORE_DECOY_H

#include "authd/store/store.h"

/* Fine when it is there already. */
MUST_USE enum status store_decoy_add(struct store *db, struct str tag, int64_t expires_us);
/* Until when it is open. E_NOT_FOUND: it is not there, or over. */
MUST_USE enum status store_decoy_find(struct store *db, struct str tag, int64_t now_us, int64_t *expires_us);
/* Opens it until then, unless it is open. */
MUST_USE enum status store_decoy_open(struct store_tx *tx, struct str tag, int64_t now_us, int64_t expires_us);

#endif
