#include "authd/store/store_consent_identity.h"

#include "authd/store/store_record.h"

static const struct store_field fields[] = {
	FIELD(TEXT, struct store_consent_identity, record_id),
	FIELD(TEXT, struct store_consent_identity, sub),
	FIELD(BLOB, struct store_consent_identity, sealed),
};
static const struct store_record record = STORE_RECORD(struct store_consent_identity, fields);

void
store_consent_identity_clear(struct store_consent_identity *i)
{
	store_result_drop(&i->mem);
	*i = (struct store_consent_identity){ 0 };
}

enum status
store_consent_identity_add(struct store_tx *tx, const struct store_consent_identity *i)
{
	return store_record_put(tx->db, SQL_CONSENT_IDENTITY_ADD, &record, record.count, i);
}

enum status
store_consent_identity_find(struct store *db, struct str record_id, struct store_consent_identity *out)
{
	struct store_result *mem;

	TRY(store_record_find(db, SQL_CONSENT_IDENTITY_FIND, STORE_ARGS(store_text(record_id)), &record, out, &mem));
	out->mem = mem;
	return OK;
}
