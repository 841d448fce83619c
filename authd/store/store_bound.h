/*
 * store_bound.h: "at most N": whoever adds one locks a row that all who add one of the same kind lock, then counts,
 * then adds, in one transaction. The row is that of the person, client or service whose bound it is, never one for
 * everybody, so that nobody waits for a stranger. Of any number that try at once, on however many nodes, exactly N get
 * in.
 *
 * Who needs several rows locks in this order: service, client, person. For the files of store/ alone.
 */
#ifndef AUTHD_STORE_STORE_BOUND_H
#define AUTHD_STORE_STORE_BOUND_H

#include "authd/store/store_driver.h"

/* Waits until nobody else who adds for this key is before their commit. E_NOT_FOUND: there is no such row. */
MUST_USE enum status store_bound_lock(struct store_tx *tx, enum sql_id lock, struct str key);
/* After the lock, in its transaction: fewer than `most`, or E_LIMITED, which leaves the transaction usable. */
MUST_USE enum status
store_bound_room(struct store_tx *tx, enum sql_id count, const struct store_value *args, size_t n, int64_t most);

#endif
