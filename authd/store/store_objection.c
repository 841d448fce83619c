#include "authd/store/store_objection.h"

#include "authd/store/store_record.h"

#define OBJECTION_ADDED   5
#define RESTRICTION_ADDED 6

static const struct store_field fields[] = {
	FIELD(TEXT, struct store_objection, sub),      FIELD(TEXT, struct store_objection, purpose),
	FIELD(TEXT, struct store_objection, category), FIELD(LONG, struct store_objection, since_us),
	FIELD(TEXT, struct store_objection, event_id), FIELD(INDEX, struct store_objection, log_index),
};
static const struct store_record record = STORE_RECORD(struct store_objection, fields);

static const struct store_field restriction_fields[] = {
	FIELD(TEXT, struct store_restriction, sub),        FIELD(TEXT, struct store_restriction, set_by),
	FIELD(TEXT, struct store_restriction, reason),     FIELD(LONG, struct store_restriction, since_us),
	FIELD(TIME, struct store_restriction, until_us),   FIELD(TEXT, struct store_restriction, event_id),
	FIELD(INDEX, struct store_restriction, log_index),
};
static const struct store_record restriction = STORE_RECORD(struct store_restriction, restriction_fields);

/* An upsert that changed nothing met a row that stands. */
static enum status
set(struct store_tx *tx, enum sql_id id, const struct store_record *rec, size_t n, const void *row)
{
	struct store_value args[ARRAY_LEN(restriction_fields)];
	enum status st;

	store_record_bind(rec, n, row, args);
	st = store_change(tx->db, id, args, n);
	return st == E_NOT_FOUND ? E_USED : st;
}

void
store_objection_list_clear(struct store_objection_list *l)
{
	store_result_drop(&l->mem);
	*l = (struct store_objection_list){ 0 };
}

enum status
store_objection_set(struct store_tx *tx, const struct store_objection *o)
{
	return set(tx, SQL_OBJECTION_SET, &record, OBJECTION_ADDED, o);
}

enum status
store_objection_lift(struct store_tx *tx, struct str sub, struct str purpose, struct str category, int64_t log_index,
		     struct str event_id)
{
	return store_change(tx->db, SQL_OBJECTION_LIFT,
			    STORE_ARGS(store_text(sub), store_text(purpose), store_text(category), store_text(event_id),
				       store_int(log_index)));
}

enum status
store_objection_of(struct store *db, struct str sub, struct store_objection_list *out)
{
	void *items;

	TRY(store_record_list(db, SQL_OBJECTION_OF, STORE_ARGS(store_text(sub)), &record, &items, &out->count,
			      &out->mem));
	out->items = items;
	return OK;
}

void
store_restriction_list_clear(struct store_restriction_list *l)
{
	store_result_drop(&l->mem);
	*l = (struct store_restriction_list){ 0 };
}

enum status
store_restriction_set(struct store_tx *tx, const struct store_restriction *r)
{
	return set(tx, SQL_RESTRICTION_SET, &restriction, RESTRICTION_ADDED, r);
}

enum status
store_restriction_lift(struct store_tx *tx, struct str sub, struct str set_by, int64_t log_index, struct str event_id)
{
	return store_change(
	    tx->db, SQL_RESTRICTION_LIFT,
	    STORE_ARGS(store_text(sub), store_text(set_by), store_text(event_id), store_int(log_index)));
}

enum status
store_restriction_of(struct store *db, struct str sub, int64_t now_us, struct store_restriction_list *out)
{
	void *items;

	TRY(store_record_list(db, SQL_RESTRICTION_OF, STORE_ARGS(store_text(sub), store_int(now_us)), &restriction,
			      &items, &out->count, &out->mem));
	out->items = items;
	return OK;
}
