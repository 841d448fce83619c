#include "authd/store/store_dpop.h"

#include "authd/store/store_driver.h"

enum status
store_dpop_use(struct store *db, struct str jkt, struct str jti, int64_t expires_us)
{
	enum status st =
	    store_change(db, SQL_DPOP_USE, STORE_ARGS(store_text(jkt), store_text(jti), store_int(expires_us)));

	return st == E_NOT_FOUND ? E_USED : st;
}
