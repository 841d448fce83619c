#include "authd/store/store_recovery.h"

#include "authd/store/store_driver.h"

#define CODES_MOST 64

enum status
store_recovery_replace(struct store_tx *tx, struct str sub, const struct str *hashes, size_t count)
{
	if (count > CODES_MOST)
		return E_TOO_LARGE;
	TRY(store_run(tx->db, SQL_RECOVERY_CLEAR, STORE_ARGS(store_text(sub)), NULL));
	for (size_t i = 0; i < count; i++)
		TRY(store_run(tx->db, SQL_RECOVERY_ADD, STORE_ARGS(store_text(sub), store_blob(hashes[i])), NULL));
	return OK;
}

enum status
store_recovery_consume(struct store_tx *tx, struct str sub, struct str hash, int64_t now_us)
{
	enum status st = store_change(tx->db, SQL_RECOVERY_CONSUME,
				      STORE_ARGS(store_text(sub), store_blob(hash), store_int(now_us)));
	int64_t known;

	if (st != E_NOT_FOUND)
		return st;
	TRY(store_fetch_int(tx->db, SQL_RECOVERY_KNOWN, STORE_ARGS(store_text(sub), store_blob(hash)), &known));
	return E_USED;
}

enum status
store_recovery_left(struct store *db, struct str sub, int *out)
{
	int64_t left;

	TRY(store_fetch_int(db, SQL_RECOVERY_LEFT, STORE_ARGS(store_text(sub)), &left));
	*out = (int)left;
	return OK;
}
