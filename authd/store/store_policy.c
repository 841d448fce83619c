#include "authd/store/store_policy.h"

#include "authd/store/store_record.h"

#define ADDED 5

static const struct store_field fields[] = {
	FIELD(LONG, struct store_policy, version),  FIELD(TEXT, struct store_policy, sha256),
	FIELD(TEXT, struct store_policy, bundle),   FIELD(LONG, struct store_policy, activated_us),
	FIELD(TEXT, struct store_policy, event_id), FIELD(INDEX, struct store_policy, log_index),
};
static const struct store_record record = STORE_RECORD(struct store_policy, fields);

void
store_policy_clear(struct store_policy *p)
{
	store_result_drop(&p->mem);
	*p = (struct store_policy){ 0 };
}

enum status
store_policy_activate(struct store_tx *tx, const struct store_policy *p)
{
	struct store_value args[ADDED];
	enum status st;

	store_record_bind(&record, ADDED, p, args);
	st = store_change(tx->db, SQL_POLICY_ACTIVATE, args, ADDED);
	return st == E_NOT_FOUND ? E_CONFLICT : st;
}

static enum status
find(struct store *db, enum sql_id id, const struct store_value *args, size_t count, struct store_policy *out)
{
	struct store_result *mem;

	TRY(store_record_find(db, id, args, count, &record, out, &mem));
	out->mem = mem;
	return OK;
}

enum status
store_policy_active(struct store *db, struct store_policy *out)
{
	return find(db, SQL_POLICY_ACTIVE, STORE_NO_ARGS, out);
}

enum status
store_policy_newest(struct store *db, struct store_policy *out)
{
	return find(db, SQL_POLICY_NEWEST, STORE_NO_ARGS, out);
}

enum status
store_policy_find(struct store *db, int64_t version, struct store_policy *out)
{
	return find(db, SQL_POLICY_FIND, STORE_ARGS(store_int(version)), out);
}
