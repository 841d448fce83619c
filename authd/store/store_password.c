#include "authd/store/store_password.h"

#include "authd/store/store_record.h"

static const struct store_field fields[] = {
	FIELD(TEXT, struct store_password, sub),         FIELD(TEXT, struct store_password, phc),
	FIELD(LONG, struct store_password, changed_us),  FIELD(INT, struct store_password, failures),
	FIELD(TIME, struct store_password, next_try_us),
};
static const struct store_record record = STORE_RECORD(struct store_password, fields);

void
store_password_clear(struct store_password *p)
{
	store_result_drop(&p->mem);
	*p = (struct store_password){ 0 };
}

enum status
store_password_set(struct store_tx *tx, struct str sub, struct str phc, int64_t now_us)
{
	return store_run(tx->db, SQL_PASSWORD_SET, STORE_ARGS(store_text(sub), store_text(phc), store_int(now_us)),
			 NULL);
}

enum status
store_password_find(struct store *db, struct str sub, struct store_password *out)
{
	struct store_result *mem;

	TRY(store_record_find(db, SQL_PASSWORD_FIND, STORE_ARGS(store_text(sub)), &record, out, &mem));
	out->mem = mem;
	return OK;
}

/* The first statement holds the row, so that nobody else who tries is between the two. */
enum status
store_password_try(struct store *db, struct str sub, int64_t now_us, int64_t (*delay_us)(int number), int *number)
{
	CLEANUP(store_abandon) struct store_tx tx = { 0 };
	int64_t count, delay;
	enum status st;

	TRY(store_begin(db, &tx));
	st = store_fetch_int(tx.db, SQL_PASSWORD_TRY, STORE_ARGS(store_text(sub), store_int(now_us)), &count);
	if (st != OK)
		return st == E_NOT_FOUND ? E_LIMITED : st;
	delay = delay_us((int)count);
	if (delay > 0)
		TRY(store_change(tx.db, SQL_PASSWORD_WAIT, STORE_ARGS(store_text(sub), store_int(now_us + delay))));
	TRY(store_commit(&tx));
	*number = (int)count;
	return OK;
}

enum status
store_password_wait(struct store *db, struct str sub, int64_t next_try_us)
{
	return store_run(db, SQL_PASSWORD_WAIT, STORE_ARGS(store_text(sub), store_int(next_try_us)), NULL);
}

enum status
store_password_give_back(struct store *db, struct str sub, int number)
{
	return store_run(db, SQL_PASSWORD_GIVE_BACK, STORE_ARGS(store_text(sub), store_int(number)), NULL);
}

enum status
store_password_passed(struct store *db, struct str sub)
{
	return store_run(db, SQL_PASSWORD_PASSED, STORE_ARGS(store_text(sub)), NULL);
}
