#include "authd/store/store_decoy.h"

#include "authd/store/store_driver.h"
#include "authd/store/store_inbox.h"

/* What an unknown person's second statement names: it is there after the first time and changes nothing. */
#define NOBODY "nobody"

enum status
store_decoy_asked(struct store *db, const struct store_asked *row, bool known)
{
	CLEANUP(store_abandon) struct store_tx tx = { 0 };

	TRY(store_begin(db, &tx));
	if (known)
		TRY(store_run(db, SQL_TAG_ADD,
			      STORE_ARGS(store_text(row->tag), store_text(row->sub), store_text(row->month)), NULL));
	else
		TRY(store_run(db, SQL_DECOY_ADD, STORE_ARGS(store_text(STR(NOBODY)), store_int(INT64_MAX)), NULL));
	TRY(store_run(db, SQL_DECOY_ADD, STORE_ARGS(store_text(row->decoy), store_int(row->expires_us)), NULL));
	return store_commit(&tx);
}

enum status
store_decoy_find(struct store *db, struct str tag, int64_t now_us, int64_t *expires_us)
{
	return store_fetch_int(db, SQL_DECOY_FIND, STORE_ARGS(store_text(tag), store_int(now_us)), expires_us);
}

enum status
store_decoy_told(struct store_tx *tx, struct str tag, int64_t expires_us)
{
	CLEANUP(buf_clear) struct buf message = BUF(64);

	buf_put_cstr(&message, "message ");
	buf_put(&message, tag);
	TRY(buf_status(&message));
	/* As inbox_tell(): there is a message, and no more of them than may be. */
	TRY(store_run(tx->db, SQL_DECOY_ADD, STORE_ARGS(store_text(buf_str(&message)), store_int(expires_us)), NULL));
	return store_run(tx->db, SQL_INBOX_TRIM, STORE_ARGS(store_text(STR("")), store_int(STORE_INBOX_MOST)), NULL);
}

enum status
store_decoy_open(struct store_tx *tx, struct str tag, int64_t now_us, int64_t expires_us)
{
	/* As store_request_add(): what is over goes, what is open stays. */
	TRY(store_run(tx->db, SQL_DECOY_END, STORE_ARGS(store_text(tag), store_int(now_us)), NULL));
	TRY(store_run(tx->db, SQL_DECOY_ADD, STORE_ARGS(store_text(tag), store_int(expires_us)), NULL));
	return store_decoy_told(tx, tag, expires_us);
}
