#include "authd/store/store_totp.h"

#include "authd/store/store_record.h"

static const struct store_field fields[] = {
	FIELD(TEXT, struct store_totp, id),
	FIELD(TEXT, struct store_totp, sub),
	FIELD(BLOB, struct store_totp, secret_sealed),
	FIELD(LONG, struct store_totp, last_step),
	FIELD(INT, struct store_totp, confirmed),
	FIELD(INT, struct store_totp, failures),
	FIELD(INT, struct store_totp, locked),
};
static const struct store_record record = STORE_RECORD(struct store_totp, fields);

void
store_totp_clear(struct store_totp *t)
{
	store_result_drop(&t->mem);
	*t = (struct store_totp){ 0 };
}

void
store_totp_list_clear(struct store_totp_list *l)
{
	store_result_drop(&l->mem);
	*l = (struct store_totp_list){ 0 };
}

enum status
store_totp_add(struct store_tx *tx, const struct store_totp *t)
{
	return store_record_put(tx->db, SQL_TOTP_ADD, &record, record.count, t);
}

enum status
store_totp_find(struct store *db, struct str sub, struct str id, struct store_totp *out)
{
	struct store_result *mem;

	TRY(store_record_find(db, SQL_TOTP_FIND, STORE_ARGS(store_text(sub), store_text(id)), &record, out, &mem));
	out->mem = mem;
	return OK;
}

enum status
store_totp_of(struct store *db, struct str sub, struct store_totp_list *out)
{
	void *items;

	TRY(store_record_list(db, SQL_TOTP_OF, STORE_ARGS(store_text(sub)), &record, &items, &out->count, &out->mem));
	out->items = items;
	return OK;
}

enum status
store_totp_confirm(struct store_tx *tx, struct str sub, struct str id)
{
	return store_change(tx->db, SQL_TOTP_CONFIRM, STORE_ARGS(store_text(sub), store_text(id)));
}

enum status
store_totp_take(struct store *db, struct str id, int64_t step)
{
	enum status st = store_change(db, SQL_TOTP_TAKE, STORE_ARGS(store_text(id), store_int(step)));

	return st == E_NOT_FOUND ? E_USED : st;
}

enum status
store_totp_try(struct store *db, struct str id, int most, int *number)
{
	int64_t count;
	enum status st = store_fetch_int(db, SQL_TOTP_TRY, STORE_ARGS(store_text(id), store_int(most)), &count);

	if (st != OK)
		return st == E_NOT_FOUND ? E_LIMITED : st;
	*number = (int)count;
	return OK;
}

enum status
store_totp_give_back(struct store *db, struct str id)
{
	return store_run(db, SQL_TOTP_GIVE_BACK, STORE_ARGS(store_text(id)), NULL);
}

enum status
store_totp_lock(struct store *db, struct str id, int most)
{
	enum status st = store_change(db, SQL_TOTP_LOCK, STORE_ARGS(store_text(id), store_int(most)));

	return st == E_NOT_FOUND ? E_USED : st;
}

enum status
store_totp_unlock(struct store_tx *tx, struct str sub)
{
	return store_run(tx->db, SQL_TOTP_UNLOCK, STORE_ARGS(store_text(sub)), NULL);
}

enum status
store_totp_remove(struct store_tx *tx, struct str sub, struct str id)
{
	return store_change(tx->db, SQL_TOTP_REMOVE, STORE_ARGS(store_text(sub), store_text(id)));
}
