/* store_facts.c: what a decision rests on. The reasoning is in sql/consent_facts.sql and the contract in
 * store_consent.h. */
#include "authd/store/store_consent.h"
#include "authd/store/store_record.h"

static const struct store_field fields[] = {
	FIELD(BOOL, struct store_facts, person_known),
	FIELD(INT, struct store_facts, person_status),
	FIELD(TEXT_OR_NULL, struct store_facts, person_kind),
	FIELD(BLOB_OR_NULL, struct store_facts, wrapped_key),
	FIELD(BOOL, struct store_facts, objection),
	FIELD(TEXT_OR_NULL, struct store_facts, record_id),
	FIELD(TEXT_OR_NULL, struct store_facts, state),
	FIELD(INT, struct store_facts, purpose_version),
	FIELD(TIME, struct store_facts, from_us),
	FIELD(TIME, struct store_facts, until_us),
	FIELD(INDEX, struct store_facts, log_index),
	FIELD(TEXT_OR_NULL, struct store_facts, ctag),
	FIELD(TEXT_OR_NULL, struct store_facts, organisation),
	FIELD(BOOL, struct store_facts, has_category),
	FIELD(BOOL, struct store_facts, in_period),
};
static const struct store_record record = STORE_RECORD(struct store_facts, fields);

void
store_facts_clear(struct store_facts *f)
{
	store_result_drop(&f->mem);
	*f = (struct store_facts){ 0 };
}

enum status
store_consent_facts(struct store *db, struct str sub, struct str service, struct str purpose, struct str category,
		    int64_t now_us, struct store_facts *out)
{
	struct store_result *mem;

	TRY(store_record_find(db, SQL_CONSENT_FACTS,
			      STORE_ARGS(store_text(sub), store_text(service), store_text(purpose),
					 store_text(category), store_int(now_us)),
			      &record, out, &mem));
	out->mem = mem;
	return OK;
}
