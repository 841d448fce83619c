#include "authd/store/store_desk_codes.h"

#include <string.h>

#include "authd/store/store_record.h"

static const struct store_field fields[] = {
	FIELD(TEXT, struct store_desk_codes, sub),      FIELD(TEXT, struct store_desk_codes, list_id),
	FIELD(TEXT, struct store_desk_codes, sealed),   FIELD(INT, struct store_desk_codes, size),
	FIELD(INT, struct store_desk_codes, next),      FIELD(INT, struct store_desk_codes, failures),
	FIELD(TEXT, struct store_desk_codes, seen_by),  FIELD(LONG, struct store_desk_codes, made_us),
	FIELD(TEXT, struct store_desk_codes, event_id), FIELD(INDEX, struct store_desk_codes, log_index),
};
static const struct store_record record = STORE_RECORD(struct store_desk_codes, fields);

void
store_desk_codes_clear(struct store_desk_codes *c)
{
	store_result_drop(&c->mem);
	*c = (struct store_desk_codes){ 0 };
}

enum status
store_desk_codes_set(struct store_tx *tx, const struct store_desk_codes *c)
{
	return store_run(tx->db, SQL_DESK_CODES_SET,
			 STORE_ARGS(store_text(c->sub), store_text(c->list_id), store_text(c->sealed),
				    store_int(c->size), store_text(c->seen_by), store_int(c->made_us),
				    store_text(c->event_id)),
			 NULL);
}

enum status
store_desk_codes_of(struct store *db, struct str sub, struct store_desk_codes *out)
{
	struct store_result *mem;

	TRY(store_record_find(db, SQL_DESK_CODES_OF, STORE_ARGS(store_text(sub)), &record, out, &mem));
	out->mem = mem;
	return OK;
}

enum status
store_desk_codes_reserve(struct store_tx *tx, struct str sub, struct str operator_sub, int64_t *number,
			 char list_id[64])
{
	CLEANUP(store_result_drop) struct store_result *rows = NULL;
	enum status st = store_fetch(
	    tx->db, SQL_DESK_CODES_RESERVE,
	    STORE_ARGS(store_text(sub), store_text(operator_sub), store_int(STORE_DESK_CODES_WRONG)), &rows);
	struct str id;

	if (st != OK)
		return st == E_NOT_FOUND ? E_USED : st;
	TRY(store_result_int(rows, 0, 0, number));
	id = store_result_cell(rows, 0, 1)->s;
	if (id.n >= 64)
		return E_CORRUPT;
	memcpy(list_id, id.p, id.n);
	list_id[id.n] = '\0';
	return OK;
}

enum status
store_desk_codes_try(struct store *db, struct str sub, struct str list_id)
{
	enum status st =
	    store_change(db, SQL_DESK_CODES_TRY,
			 STORE_ARGS(store_text(sub), store_text(list_id), store_int(STORE_DESK_CODES_WRONG)));

	return st == E_NOT_FOUND ? E_USED : st;
}

enum status
store_desk_codes_give_back(struct store *db, struct str sub, struct str list_id)
{
	return store_run(db, SQL_DESK_CODES_GIVE_BACK, STORE_ARGS(store_text(sub), store_text(list_id)), NULL);
}

enum status
store_desk_codes_passed(struct store_tx *tx, struct str sub, struct str list_id)
{
	return store_run(tx->db, SQL_DESK_CODES_PASSED, STORE_ARGS(store_text(sub), store_text(list_id)), NULL);
}

enum status
store_desk_codes_drop(struct store_tx *tx, struct str sub)
{
	return store_run(tx->db, SQL_PERSON_ERASE_DESK_CODES, STORE_ARGS(store_text(sub)), NULL);
}
