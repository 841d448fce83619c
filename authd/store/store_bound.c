#include "authd/store/store_bound.h"

enum status
store_bound_lock(struct store_tx *tx, enum sql_id lock, struct str key)
{
	return store_change(tx->db, lock, STORE_ARGS(store_text(key)));
}

enum status
store_bound_room(struct store_tx *tx, enum sql_id count, const struct store_value *args, size_t n, int64_t most)
{
	int64_t there = 0;

	TRY(store_fetch_int(tx->db, count, args, n, &there));
	return there < most ? OK : E_LIMITED;
}
