#include "authd/store/store_erasure.h"

#include "authd/store/store_record.h"

#define ADDED 6

static const struct store_field fields[] = {
	FIELD(TEXT, struct store_erasure, sub),
	FIELD(TEXT, struct store_erasure, asked_by),
	FIELD(LONG, struct store_erasure, asked_us),
	FIELD(TEXT, struct store_erasure, state),
	FIELD(TEXT, struct store_erasure, erasing_event_id),
	FIELD(TEXT, struct store_erasure, erased_event_id),
	FIELD(INDEX, struct store_erasure, erasing_index),
	FIELD(BLOB_OR_NULL, struct store_erasure, erasing_leaf),
	FIELD(INDEX, struct store_erasure, erased_index),
	FIELD(BLOB_OR_NULL, struct store_erasure, erased_leaf),
};
static const struct store_record record = STORE_RECORD(struct store_erasure, fields);

void
store_erasure_clear(struct store_erasure *e)
{
	store_result_drop(&e->mem);
	*e = (struct store_erasure){ 0 };
}

void
store_erasure_list_clear(struct store_erasure_list *l)
{
	store_result_drop(&l->mem);
	*l = (struct store_erasure_list){ 0 };
}

enum status
store_erasure_add(struct store_tx *tx, const struct store_erasure *e)
{
	return store_record_put(tx->db, SQL_ERASURE_ADD, &record, ADDED, e);
}

enum status
store_erasure_find(struct store *db, struct str sub, struct store_erasure *out)
{
	struct store_result *mem;

	TRY(store_record_find(db, SQL_ERASURE_FIND, STORE_ARGS(store_text(sub)), &record, out, &mem));
	out->mem = mem;
	return OK;
}

enum status
store_erasure_open(struct store *db, int64_t before_us, int limit, struct store_erasure_list *out)
{
	void *items;

	TRY(store_record_list(db, SQL_ERASURE_OPEN, STORE_ARGS(store_int(before_us), store_int(limit)), &record, &items,
			      &out->count, &out->mem));
	out->items = items;
	return OK;
}

enum status
store_erasure_go_on(struct store_tx *tx, struct str sub, struct str from, struct str to)
{
	enum status st =
	    store_change(tx->db, SQL_ERASURE_GO_ON, STORE_ARGS(store_text(sub), store_text(from), store_text(to)));

	return st == E_NOT_FOUND ? E_USED : st;
}
