#include "authd/store/store_relation.h"

#include "authd/store/store_record.h"

void
store_relation_list_clear(struct store_relation_list *l)
{
	store_result_drop(&l->mem);
	*l = (struct store_relation_list){ 0 };
}

enum status
store_relation_page(struct store *db, struct str service, struct str after, int limit, struct store_relation_list *out)
{
	static const struct store_field field = { FIELD_TEXT, 0 };
	static const struct store_record record = { &field, 1, sizeof(struct str) };
	void *items;

	if (limit < 1)
		return E_INVALID;
	if (limit > STORE_LIST_MAX)
		limit = STORE_LIST_MAX;
	TRY(store_record_list(db, SQL_RELATION_PAGE,
			      STORE_ARGS(store_text(service), store_text(after), store_int(limit)), &record, &items,
			      &out->count, &out->mem));
	out->subs = items;
	return OK;
}
