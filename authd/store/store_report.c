#include "authd/store/store_report.h"

#include "authd/store/store_record.h"

#define COLUMNS 4

static const struct store_field fields[] = {
	FIELD(TEXT, struct store_report, month),
	FIELD(BOOL, struct store_report, complete),
	FIELD(TEXT, struct store_report, body),
	FIELD(LONG, struct store_report, made_us),
};
static const struct store_record record = STORE_RECORD(struct store_report, fields);

void
store_report_clear(struct store_report *r)
{
	store_result_drop(&r->mem);
	*r = (struct store_report){ 0 };
}

void
store_report_list_clear(struct store_report_list *l)
{
	store_result_drop(&l->mem);
	*l = (struct store_report_list){ 0 };
}

enum status
store_report_put(struct store *db, const struct store_report *r)
{
	return store_record_put(db, SQL_REPORT_PUT, &record, COLUMNS, r);
}

enum status
store_report_find(struct store *db, struct str month, struct store_report *out)
{
	struct store_result *mem;

	TRY(store_record_find(db, SQL_REPORT_FIND, STORE_ARGS(store_text(month)), &record, out, &mem));
	out->mem = mem;
	return OK;
}

enum status
store_report_all(struct store *db, struct store_report_list *out)
{
	void *items;

	TRY(store_record_list(db, SQL_REPORT_ALL, STORE_ARGS(store_int(STORE_LIST_MAX)), &record, &items, &out->count,
			      &out->mem));
	out->items = items;
	return OK;
}
