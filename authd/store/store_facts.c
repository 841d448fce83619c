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
	FIELD(BOOL, struct store_facts, restricted),
	FIELD(BOOL, struct store_facts, related),
	FIELD(INDEX, struct store_facts, contract_index),
	FIELD(TEXT_OR_NULL, struct store_facts, contract_ctag),
	FIELD(TIME, struct store_facts, contract_until_us),
	FIELD(BOOL, struct store_facts, by_representative),
	FIELD(BOOL, struct store_facts, representative_valid),
	FIELD(BOOL, struct store_facts, dead),
};
static const struct store_record record = STORE_RECORD(struct store_facts, fields);

void
store_facts_clear(struct store_facts *f)
{
	store_result_drop(&f->mem);
	*f = (struct store_facts){ 0 };
}

enum status
store_consent_facts(struct store *db, const struct store_facts_query *q, struct store_facts *out)
{
	struct store_result *mem;

	TRY(store_record_find(db, SQL_CONSENT_FACTS,
			      STORE_ARGS(store_text(q->sub), store_text(q->service), store_text(q->purpose),
					 store_text(q->category), store_int(q->now_us), store_text(q->contract)),
			      &record, out, &mem));
	out->mem = mem;
	return OK;
}
