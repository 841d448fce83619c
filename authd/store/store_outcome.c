#include "authd/store/store_outcome.h"

#include "authd/store/store_record.h"

#define ADDED 7

static const struct store_field fields[] = {
	FIELD(TEXT, struct store_outcome, evaluation_id), FIELD(TEXT, struct store_outcome, sub),
	FIELD(TEXT, struct store_outcome, outcome),       FIELD(LONG, struct store_outcome, records),
	FIELD(TEXT, struct store_outcome, by_client),     FIELD(LONG, struct store_outcome, at_us),
	FIELD(TEXT, struct store_outcome, event_id),      FIELD(INDEX, struct store_outcome, log_index),
};
static const struct store_record record = STORE_RECORD(struct store_outcome, fields);

void
store_outcome_clear(struct store_outcome *o)
{
	store_result_drop(&o->mem);
	*o = (struct store_outcome){ 0 };
}

enum status
store_outcome_add(struct store_tx *tx, const struct store_outcome *o)
{
	struct store_value args[ADDED];
	enum status st;

	store_record_bind(&record, ADDED, o, args);
	st = store_change(tx->db, SQL_OUTCOME_ADD, args, ADDED);
	return st == E_NOT_FOUND ? E_CONFLICT : st;
}

enum status
store_outcome_find(struct store *db, struct str evaluation_id, struct store_outcome *out)
{
	struct store_result *mem;

	TRY(store_record_find(db, SQL_OUTCOME_FIND, STORE_ARGS(store_text(evaluation_id)), &record, out, &mem));
	out->mem = mem;
	return OK;
}
