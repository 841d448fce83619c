#include "authd/store/store_login.h"

#include "authd/store/store_record.h"

static const struct store_field fields[] = {
	FIELD(BLOB, struct store_login, id_hash),    FIELD(TEXT_OR_NULL, struct store_login, sub),
	FIELD(INT, struct store_login, stage),       FIELD(TEXT, struct store_login, return_to),
	FIELD(BLOB, struct store_login, csrf_hash),  FIELD(LONG, struct store_login, created_us),
	FIELD(LONG, struct store_login, expires_us), FIELD(INT, struct store_login, failures),
};
static const struct store_record record = STORE_RECORD(struct store_login, fields);

void
store_login_clear(struct store_login *l)
{
	store_result_drop(&l->mem);
	*l = (struct store_login){ 0 };
}

enum status
store_login_add(struct store *db, const struct store_login *l)
{
	return store_record_put(db, SQL_LOGIN_ADD, &record, record.count, l);
}

static enum status
find(struct store *db, enum sql_id id, const struct store_value *args, size_t count, struct store_login *out)
{
	struct store_result *mem;

	TRY(store_record_find(db, id, args, count, &record, out, &mem));
	out->mem = mem;
	return OK;
}

enum status
store_login_find(struct store *db, struct str id_hash, int64_t now_us, struct store_login *out)
{
	return find(db, SQL_LOGIN_FIND, STORE_ARGS(store_blob(id_hash), store_int(now_us)), out);
}

enum status
store_login_advance(struct store *db, struct str id_hash, int from_stage, int to_stage, struct str sub,
		    struct str new_id_hash, int64_t now_us)
{
	enum status st = store_change(db, SQL_LOGIN_ADVANCE,
				      STORE_ARGS(store_blob(id_hash), store_int(from_stage), store_int(to_stage),
						 store_text_or_null(sub), store_blob(new_id_hash), store_int(now_us)));

	return st == E_NOT_FOUND ? E_USED : st;
}

enum status
store_login_fail(struct store *db, struct str id_hash, int *failures)
{
	int64_t count;

	TRY(store_fetch_int(db, SQL_LOGIN_FAIL, STORE_ARGS(store_blob(id_hash)), &count));
	*failures = (int)count;
	return OK;
}

enum status
store_login_consume(struct store_tx *tx, struct str id_hash, int stage, int64_t now_us, struct store_login *out)
{
	enum status st =
	    find(tx->db, SQL_LOGIN_CONSUME, STORE_ARGS(store_blob(id_hash), store_int(stage), store_int(now_us)), out);

	return st == E_NOT_FOUND ? E_USED : st;
}

enum status
store_login_drop(struct store *db, struct str id_hash)
{
	return store_run(db, SQL_LOGIN_DROP, STORE_ARGS(store_blob(id_hash)), NULL);
}

enum status
store_login_drop_all(struct store_tx *tx, struct str sub)
{
	return store_run(tx->db, SQL_PERSON_ERASE_LOGIN, STORE_ARGS(store_text(sub)), NULL);
}
