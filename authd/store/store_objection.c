#include "authd/store/store_objection.h"

#include "authd/store/store_record.h"

static const struct store_field fields[] = {
	FIELD(TEXT, struct store_objection, sub),
	FIELD(TEXT, struct store_objection, purpose),
	FIELD(TEXT, struct store_objection, category),
	FIELD(LONG, struct store_objection, since_us),
};
static const struct store_record record = STORE_RECORD(struct store_objection, fields);

void
store_objection_list_clear(struct store_objection_list *l)
{
	store_result_drop(&l->mem);
	*l = (struct store_objection_list){ 0 };
}

enum status
store_objection_set(struct store_tx *tx, const struct store_objection *o)
{
	return store_record_put(tx->db, SQL_OBJECTION_SET, &record, record.count, o);
}

enum status
store_objection_lift(struct store_tx *tx, struct str sub, struct str purpose, struct str category)
{
	return store_change(tx->db, SQL_OBJECTION_LIFT,
			    STORE_ARGS(store_text(sub), store_text(purpose), store_text(category)));
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
