#include "authd/store/store_notice.h"

#include "authd/store/store_record.h"

static const struct store_field fields[] = {
	FIELD(TEXT, struct store_notice, notice_id), FIELD(INT, struct store_notice, version),
	FIELD(TEXT, struct store_notice, lang),      FIELD(TEXT, struct store_notice, sha256),
	FIELD(TEXT, struct store_notice, body),
};
static const struct store_record record = STORE_RECORD(struct store_notice, fields);

void
store_notice_clear(struct store_notice *n)
{
	store_result_drop(&n->mem);
	*n = (struct store_notice){ 0 };
}

enum status
store_notice_keep(struct store_tx *tx, const struct store_notice *n)
{
	return store_record_put(tx->db, SQL_NOTICE_KEEP, &record, record.count, n);
}

enum status
store_notice_find(struct store *db, struct str notice_id, int version, struct str lang, struct store_notice *out)
{
	struct store_result *mem;

	TRY(store_record_find(db, SQL_NOTICE_FIND,
			      STORE_ARGS(store_text(notice_id), store_int(version), store_text(lang)), &record, out,
			      &mem));
	out->mem = mem;
	return OK;
}
