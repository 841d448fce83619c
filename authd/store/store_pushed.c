#include "authd/store/store_pushed.h"

#include "authd/store/store_bound.h"
#include "authd/store/store_record.h"

#define ADDED 6

static const struct store_field fields[] = {
	FIELD(BLOB, struct store_pushed, id_hash),    FIELD(TEXT, struct store_pushed, client_id),
	FIELD(TEXT, struct store_pushed, params),     FIELD(TEXT_OR_NULL, struct store_pushed, dpop_jkt),
	FIELD(LONG, struct store_pushed, created_us), FIELD(LONG, struct store_pushed, expires_us),
	FIELD(TIME, struct store_pushed, used_us),
};
static const struct store_record record = STORE_RECORD(struct store_pushed, fields);

void
store_pushed_clear(struct store_pushed *p)
{
	store_result_drop(&p->mem);
	*p = (struct store_pushed){ 0 };
}

enum status
store_pushed_add(struct store *db, const struct store_pushed *p)
{
	return store_record_put(db, SQL_PUSHED_ADD, &record, ADDED, p);
}

enum status
store_pushed_add_bounded(struct store *db, const struct store_pushed *p, int64_t most)
{
	CLEANUP(store_abandon) struct store_tx tx = { 0 };

	TRY(store_begin(db, &tx));
	TRY(store_bound_lock(&tx, SQL_CLIENT_LOCK, p->client_id));
	TRY(store_bound_room(&tx, SQL_PUSHED_WAITING, STORE_ARGS(store_text(p->client_id), store_int(p->created_us)),
			     most));
	TRY(store_pushed_add(db, p));
	return store_commit(&tx);
}

enum status
store_pushed_find(struct store *db, struct str id_hash, struct str client_id, int64_t now_us, struct store_pushed *out)
{
	struct store_result *mem;

	TRY(store_record_find(db, SQL_PUSHED_FIND,
			      STORE_ARGS(store_blob(id_hash), store_text(client_id), store_int(now_us)), &record, out,
			      &mem));
	out->mem = mem;
	return OK;
}

enum status
store_pushed_consume(struct store_tx *tx, struct str id_hash, struct str client_id, int64_t now_us)
{
	enum status st = store_change(tx->db, SQL_PUSHED_CONSUME,
				      STORE_ARGS(store_blob(id_hash), store_text(client_id), store_int(now_us)));

	return st == E_NOT_FOUND ? E_USED : st;
}
