#include "authd/store/store_refresh.h"

#include "authd/store/store_page.h"
#include "authd/store/store_record.h"

#define ADDED 19

static const struct store_field fields[] = {
	FIELD(TEXT, struct store_refresh, handle),
	FIELD(TEXT, struct store_refresh, grant_id),
	FIELD(TEXT, struct store_refresh, client_id),
	FIELD(TEXT, struct store_refresh, sub),
	FIELD(TEXT, struct store_refresh, sid),
	FIELD(TEXT, struct store_refresh, scope),
	FIELD(TEXT, struct store_refresh, audience),
	FIELD(TEXT, struct store_refresh, cnf),
	FIELD(TEXT_OR_NULL, struct store_refresh, details),
	FIELD(INT, struct store_refresh, acr),
	FIELD(TEXT, struct store_refresh, amr),
	FIELD(LONG, struct store_refresh, auth_us),
	FIELD(INT, struct store_refresh, rotating),
	FIELD(BLOB, struct store_refresh, token_hash),
	FIELD(LONG, struct store_refresh, created_us),
	FIELD(LONG, struct store_refresh, used_us),
	FIELD(LONG, struct store_refresh, idle_us),
	FIELD(LONG, struct store_refresh, expires_us),
	FIELD(TEXT, struct store_refresh, event_id),
	FIELD(BLOB_OR_NULL, struct store_refresh, former_hash),
	FIELD(TIME, struct store_refresh, rotated_us),
	FIELD(INT, struct store_refresh, retries),
	FIELD(INDEX, struct store_refresh, log_index),
	FIELD(BOOL, struct store_refresh, revoked),
};
static const struct store_record record = STORE_RECORD(struct store_refresh, fields);
static const struct store_paging paging = { .rec = &record, .keys = { 14, 0 }, .key_count = 2, .newest_first = true };

void
store_refresh_clear(struct store_refresh *r)
{
	store_result_drop(&r->mem);
	*r = (struct store_refresh){ 0 };
}

void
store_refresh_list_clear(struct store_refresh_list *l)
{
	store_result_drop(&l->mem);
	*l = (struct store_refresh_list){ 0 };
}

/* The grant is kept a day longer, so that the last access token of the family still finds it. */
enum status
store_refresh_add(struct store_tx *tx, const struct store_refresh *r)
{
	TRY(store_change(tx->db, SQL_GRANT_EXTEND,
			 STORE_ARGS(store_text(r->grant_id), store_int(r->expires_us + DAY_US))));
	return store_record_put(tx->db, SQL_REFRESH_ADD, &record, ADDED, r);
}

static enum status
find(struct store *db, enum sql_id id, struct str key, struct store_refresh *out)
{
	struct store_result *mem;

	TRY(store_record_find(db, id, STORE_ARGS(store_text(key)), &record, out, &mem));
	out->mem = mem;
	return OK;
}

enum status
store_refresh_find(struct store *db, struct str handle, struct store_refresh *out)
{
	return find(db, SQL_REFRESH_FIND, handle, out);
}

/* ---- one step: nothing to change is somebody else's success ---- */

static enum status
as_used(enum status st)
{
	return st == E_NOT_FOUND ? E_USED : st;
}

enum status
store_refresh_rotate(struct store_tx *tx, struct str handle, struct str token_hash, struct str next_hash,
		     int64_t now_us, struct str event_id)
{
	return as_used(store_change(tx->db, SQL_REFRESH_ROTATE,
				    STORE_ARGS(store_text(handle), store_blob(token_hash), store_blob(next_hash),
					       store_int(now_us), store_text(event_id))));
}

enum status
store_refresh_retry(struct store_tx *tx, struct str handle, struct str former_hash, int64_t since_us)
{
	return as_used(store_change(tx->db, SQL_REFRESH_RETRY,
				    STORE_ARGS(store_text(handle), store_blob(former_hash), store_int(since_us))));
}

enum status
store_refresh_unrotate(struct store_tx *tx, struct str handle, struct str token_hash, struct str event_id)
{
	return as_used(store_change(tx->db, SQL_REFRESH_UNROTATE,
				    STORE_ARGS(store_text(handle), store_blob(token_hash), store_text(event_id))));
}

enum status
store_refresh_touch(struct store_tx *tx, struct str handle, struct str token_hash, int64_t now_us)
{
	return as_used(store_change(tx->db, SQL_REFRESH_TOUCH,
				    STORE_ARGS(store_text(handle), store_blob(token_hash), store_int(now_us))));
}

/* ---- lists ---- */

/* Two statements, because "sub = ? or everybody" would read everybody's to find one person's. */
enum status
store_refresh_page(struct store *db, struct str sub, int64_t now_us, struct str cursor, int limit,
		   struct store_refresh_list *out)
{
	struct store_page page;

	if (sub.n > 0)
		TRY(store_page_read(db, SQL_REFRESH_PAGE_OF, STORE_ARGS(store_text(sub), store_int(now_us)), &paging,
				    cursor, limit, &page));
	else
		TRY(store_page_read(db, SQL_REFRESH_PAGE, STORE_ARGS(store_int(now_us)), &paging, cursor, limit,
				    &page));
	STORE_PAGE_GIVE(page, out);
	return OK;
}
