#include "authd/store/store_assertion.h"

#include "authd/store/store_driver.h"

enum status
store_assertion_use(struct store *db, struct str client_id, struct str jti, int64_t expires_us)
{
	enum status st = store_change(db, SQL_ASSERTION_USE,
				      STORE_ARGS(store_text(client_id), store_text(jti), store_int(expires_us)));

	return st == E_NOT_FOUND ? E_USED : st;
}
