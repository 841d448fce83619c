#include "authd/store/store_later.h"

#include "authd/store/store_record.h"

#define ADDED 8

static const struct store_field fields[] = {
	FIELD(TEXT, struct store_later, tag),        FIELD(TEXT_OR_NULL, struct store_later, sub),
	FIELD(TEXT, struct store_later, month),      FIELD(TEXT, struct store_later, shown),
	FIELD(LONG, struct store_later, visible_us), FIELD(TEXT, struct store_later, service),
	FIELD(TEXT, struct store_later, case_ref),   FIELD(LONG, struct store_later, made_us),
	FIELD(INDEX, struct store_later, log_index),
};
static const struct store_record record = STORE_RECORD(struct store_later, fields);

void
store_later_clear(struct store_later *l)
{
	store_result_drop(&l->mem);
	*l = (struct store_later){ 0 };
}

void
store_later_list_clear(struct store_later_list *l)
{
	store_result_drop(&l->mem);
	*l = (struct store_later_list){ 0 };
}

enum status
store_later_add(struct store *db, const struct store_later *l)
{
	CLEANUP(store_later_clear) struct store_later there = { 0 };
	struct store_value args[ADDED];
	enum status st;

	store_record_bind(&record, ADDED, l, args);
	st = store_change(db, SQL_LATER_ADD, args, ADDED);
	if (st != E_NOT_FOUND)
		return st;
	TRY(store_later_find(db, l->tag, &there));
	return str_eq(there.sub, l->sub) ? OK : E_CONFLICT;
}

enum status
store_later_find(struct store *db, struct str tag, struct store_later *out)
{
	struct store_result *mem;

	TRY(store_record_find(db, SQL_LATER_FIND, STORE_ARGS(store_text(tag)), &record, out, &mem));
	out->mem = mem;
	return OK;
}

static enum status
list(struct store *db, enum sql_id id, const struct store_value *args, size_t count, struct store_later_list *out)
{
	void *items;

	TRY(store_record_list(db, id, args, count, &record, &items, &out->count, &out->mem));
	out->items = items;
	return OK;
}

enum status
store_later_page(struct store *db, struct str sub, struct str month, struct store_later_list *out)
{
	return list(db, SQL_LATER_PAGE, STORE_ARGS(store_text(sub), store_text(month)), out);
}

enum status
store_later_due(struct store *db, struct str sub, int64_t now_us, int limit, struct store_later_list *out)
{
	if (sub.n == 0)
		return list(db, SQL_LATER_DUE, STORE_ARGS(store_int(now_us), store_int(limit)), out);
	return list(db, SQL_LATER_DUE_OF, STORE_ARGS(store_text(sub), store_int(now_us), store_int(limit)), out);
}

enum status
store_later_visible(struct store *db, struct str sub, struct str month, int64_t now_us, uint64_t before, size_t limit,
		    uint64_t *indices, size_t *count)
{
	CLEANUP(store_result_drop) struct store_result *rows = NULL;
	const int64_t below = before > INT64_MAX ? INT64_MAX : (int64_t)before;

	TRY(store_run(db, SQL_LATER_VISIBLE,
		      STORE_ARGS(store_text(sub), store_text(month), store_int(now_us), store_int(below),
				 store_int((int64_t)limit)),
		      &rows));
	for (size_t i = 0; i < rows->rows; i++) {
		int64_t index;

		TRY(store_result_int(rows, i, 0, &index));
		indices[i] = (uint64_t)index;
	}
	*count = rows->rows;
	return OK;
}

enum status
store_later_close(struct store_tx *tx, struct str service, struct str case_ref, int64_t now_us)
{
	return store_run(tx->db, SQL_LATER_CLOSE,
			 STORE_ARGS(store_text(service), store_text(case_ref), store_int(now_us)), NULL);
}

enum status
store_later_place(struct store_tx *tx, struct str tag, uint64_t index)
{
	enum status st = store_change(tx->db, SQL_LATER_PLACE, STORE_ARGS(store_text(tag), store_int((int64_t)index)));

	return st == E_NOT_FOUND ? E_USED : st;
}

enum status
store_later_drop(struct store *db, struct str tag)
{
	return store_run(db, SQL_LATER_DROP, STORE_ARGS(store_text(tag)), NULL);
}
