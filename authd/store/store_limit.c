#include "authd/store/store_limit.h"

#include "authd/store/store_driver.h"

enum status
store_limit_take(struct store *db, struct str record_id, int64_t window_start_us, int most, int *used)
{
	int64_t count;
	enum status st;

	/* The statement inserts a first use unasked. */
	if (most < 1)
		return E_LIMITED;
	st = store_fetch_int(db, SQL_LIMIT_TAKE,
			     STORE_ARGS(store_text(record_id), store_int(window_start_us), store_int(most)), &count);
	if (st != OK)
		return st == E_NOT_FOUND ? E_LIMITED : st;
	if (used)
		*used = (int)count;
	return OK;
}

enum status
store_limit_give_back(struct store *db, struct str record_id, int64_t window_start_us)
{
	return store_run(db, SQL_LIMIT_GIVE_BACK, STORE_ARGS(store_text(record_id), store_int(window_start_us)), NULL);
}

enum status
store_limit_used(struct store *db, struct str record_id, int64_t window_start_us, int *used)
{
	int64_t count = 0;
	enum status st =
	    store_fetch_int(db, SQL_LIMIT_USED, STORE_ARGS(store_text(record_id), store_int(window_start_us)), &count);

	if (st != OK && st != E_NOT_FOUND)
		return st;
	*used = (int)count;
	return OK;
}
