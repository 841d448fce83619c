#include "authd/store/store_tag.h"

#include "authd/store/store_record.h"

static const struct store_field fields[] = {
	FIELD(TEXT, struct store_tag, tag),
	FIELD(TEXT, struct store_tag, sub),
	FIELD(TEXT, struct store_tag, month),
};
static const struct store_record record = STORE_RECORD(struct store_tag, fields);

void
store_tag_list_clear(struct store_tag_list *l)
{
	store_result_drop(&l->mem);
	*l = (struct store_tag_list){ 0 };
}

enum status
store_tag_add(struct store *db, struct str tag, struct str sub, struct str month)
{
	CLEANUP(store_tag_list_clear) struct store_tag_list there = { 0 };
	enum status st = store_change(db, SQL_TAG_ADD, STORE_ARGS(store_text(tag), store_text(sub), store_text(month)));

	if (st != E_NOT_FOUND)
		return st;
	/* Nothing was added: the tag is there, or the person is not (then SQLite and PostgreSQL both said so above). */
	TRY(store_tag_find(db, tag, &there));
	return str_eq(there.items[0].sub, sub) ? OK : E_CONFLICT;
}

static enum status
list(struct store *db, enum sql_id id, const struct store_value *args, size_t count, struct store_tag_list *out)
{
	void *items;

	TRY(store_record_list(db, id, args, count, &record, &items, &out->count, &out->mem));
	out->items = items;
	return OK;
}

enum status
store_tag_of(struct store *db, struct str sub, struct str from, struct str to, struct store_tag_list *out)
{
	return list(db, SQL_TAG_OF, STORE_ARGS(store_text(sub), store_text(from), store_text(to)), out);
}

enum status
store_tag_months(struct store *db, struct str sub, struct str from, struct str to, int64_t now_us,
		 struct store_tag_list *out)
{
	return list(db, SQL_TAG_MONTHS,
		    STORE_ARGS(store_text(sub), store_text(from), store_text(to), store_int(now_us)), out);
}

enum status
store_tag_find(struct store *db, struct str tag, struct store_tag_list *out)
{
	struct store_tag_list found = { 0 };

	TRY(list(db, SQL_TAG_FIND, STORE_ARGS(store_text(tag)), &found));
	if (found.count == 0) {
		store_tag_list_clear(&found);
		return E_NOT_FOUND;
	}
	*out = found;
	return OK;
}
