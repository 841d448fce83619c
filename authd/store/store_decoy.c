#include "authd/store/store_decoy.h"

#include "authd/store/store_driver.h"

enum status
store_decoy_add(struct store *db, struct str tag, int64_t expires_us)
{
	int64_t there;
	enum status st = store_change(db, SQL_DECOY_ADD, STORE_ARGS(store_text(tag), store_int(expires_us)));

	/* Looked for as a person's tag is when it is there. */
	return st == E_NOT_FOUND
		   ? store_fetch_int(db, SQL_DECOY_FIND, STORE_ARGS(store_text(tag), store_int(0)), &there)
		   : st;
}

enum status
store_decoy_find(struct store *db, struct str tag, int64_t now_us, int64_t *expires_us)
{
	return store_fetch_int(db, SQL_DECOY_FIND, STORE_ARGS(store_text(tag), store_int(now_us)), expires_us);
}

enum status
store_decoy_open(struct store_tx *tx, struct str tag, int64_t now_us, int64_t expires_us)
{
	return store_run(tx->db, SQL_DECOY_OPEN, STORE_ARGS(store_text(tag), store_int(expires_us), store_int(now_us)),
			 NULL);
}
