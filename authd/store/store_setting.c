#include "authd/store/store_setting.h"

#include "authd/store/store_record.h"

static const struct store_field fields[] = {
	FIELD(TEXT, struct store_setting, name),
	FIELD(TEXT, struct store_setting, value),
};
static const struct store_record record = STORE_RECORD(struct store_setting, fields);

void
store_setting_clear(struct store_setting *s)
{
	store_result_drop(&s->mem);
	*s = (struct store_setting){ 0 };
}

enum status
store_setting_find(struct store *db, struct str name, struct store_setting *out)
{
	struct store_result *mem;

	TRY(store_record_find(db, SQL_SETTING_FIND, STORE_ARGS(store_text(name)), &record, out, &mem));
	out->mem = mem;
	return OK;
}

enum status
store_setting_set(struct store *db, struct str name, struct str value)
{
	return store_run(db, SQL_SETTING_SET, STORE_ARGS(store_text(name), store_text(value)), NULL);
}

enum status
store_setting_first(struct store *db, struct str name, struct str value, struct store_setting *out)
{
	TRY(store_run(db, SQL_SETTING_FIRST, STORE_ARGS(store_text(name), store_text(value)), NULL));
	return store_setting_find(db, name, out);
}
