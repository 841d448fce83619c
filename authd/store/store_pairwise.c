#include "authd/store/store_pairwise.h"

#include "authd/store/store_record.h"

static const struct store_field fields[] = {
	FIELD(TEXT, struct store_pairwise, alias),
	FIELD(TEXT, struct store_pairwise, organisation),
	FIELD(TEXT, struct store_pairwise, sub),
};
static const struct store_record record = STORE_RECORD(struct store_pairwise, fields);

void
store_pairwise_clear(struct store_pairwise *p)
{
	store_result_drop(&p->mem);
	*p = (struct store_pairwise){ 0 };
}

enum status
store_pairwise_add(struct store *db, const struct store_pairwise *p)
{
	return store_record_put(db, SQL_PAIRWISE_ADD, &record, ARRAY_LEN(fields), p);
}

enum status
store_pairwise_find(struct store *db, struct str alias, struct str organisation, struct store_pairwise *out)
{
	struct store_result *mem;

	TRY(store_record_find(db, SQL_PAIRWISE_FIND, STORE_ARGS(store_text(alias), store_text(organisation)), &record,
			      out, &mem));
	out->mem = mem;
	return OK;
}
