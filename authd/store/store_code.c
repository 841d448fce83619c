#include "authd/store/store_code.h"

#include "authd/store/store_record.h"

#define ADDED 18

static const struct store_field fields[] = {
	FIELD(BLOB, struct store_code, code_hash),
	FIELD(TEXT, struct store_code, client_id),
	FIELD(TEXT, struct store_code, sub),
	FIELD(TEXT, struct store_code, sid),
	FIELD(TEXT, struct store_code, redirect_uri),
	FIELD(TEXT, struct store_code, scope),
	FIELD(TEXT_OR_NULL, struct store_code, nonce),
	FIELD(TEXT, struct store_code, challenge),
	FIELD(LONG, struct store_code, auth_us),
	FIELD(INT, struct store_code, acr),
	FIELD(TEXT, struct store_code, amr),
	FIELD(TEXT, struct store_code, grant_id),
	FIELD(LONG, struct store_code, expires_us),
	FIELD(TIME, struct store_code, used_us),
	FIELD(TEXT_OR_NULL, struct store_code, details),
	FIELD(TEXT_OR_NULL, struct store_code, dpop_jkt),
	FIELD(TEXT_OR_NULL, struct store_code, resource),
	FIELD(TEXT, struct store_code, event_id),
	FIELD(INDEX, struct store_code, log_index),
};
static const struct store_record record = STORE_RECORD(struct store_code, fields);

void
store_code_clear(struct store_code *c)
{
	store_result_drop(&c->mem);
	*c = (struct store_code){ 0 };
}

enum status
store_code_add(struct store_tx *tx, const struct store_code *c)
{
	return store_record_put(tx->db, SQL_CODE_ADD, &record, ADDED, c);
}

static enum status
find(struct store *db, enum sql_id id, const struct store_value *args, size_t count, struct store_code *out)
{
	struct store_result *mem;

	TRY(store_record_find(db, id, args, count, &record, out, &mem));
	out->mem = mem;
	return OK;
}

enum status
store_code_consume(struct store_tx *tx, struct str code_hash, struct str client_id, int64_t now_us,
		   struct store_code *out)
{
	enum status st = find(tx->db, SQL_CODE_CONSUME,
			      STORE_ARGS(store_blob(code_hash), store_text(client_id), store_int(now_us)), out);

	if (st != E_NOT_FOUND)
		return st;
	TRY(find(tx->db, SQL_CODE_USED, STORE_ARGS(store_blob(code_hash), store_text(client_id)), out));
	return E_USED;
}

enum status
store_code_challenge_seen(struct store *db, struct str client_id, struct str challenge, bool *seen)
{
	int64_t found;

	TRY(store_fetch_int(db, SQL_CODE_CHALLENGE, STORE_ARGS(store_text(client_id), store_text(challenge)), &found));
	*seen = found > 0;
	return OK;
}
