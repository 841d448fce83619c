#include "authd/store/store_device.h"

#include "authd/store/store_bound.h"
#include "authd/store/store_record.h"

#define ADDED 10

static const struct store_field fields[] = {
	FIELD(BLOB, struct store_device, device_hash), FIELD(BLOB, struct store_device, user_hash),
	FIELD(TEXT, struct store_device, client_id),   FIELD(TEXT, struct store_device, scope),
	FIELD(TEXT, struct store_device, audience),    FIELD(TEXT, struct store_device, state),
	FIELD(LONG, struct store_device, interval_us), FIELD(LONG, struct store_device, created_us),
	FIELD(LONG, struct store_device, expires_us),  FIELD(TEXT, struct store_device, event_id),
	FIELD(TEXT_OR_NULL, struct store_device, sub), FIELD(TEXT_OR_NULL, struct store_device, sid),
	FIELD(INT, struct store_device, acr),          FIELD(TEXT_OR_NULL, struct store_device, amr),
	FIELD(TIME, struct store_device, auth_us),     FIELD(TEXT_OR_NULL, struct store_device, grant_id),
	FIELD(TIME, struct store_device, polled_us),   FIELD(BOOL, struct store_device, slowed),
	FIELD(TIME, struct store_device, used_us),     FIELD(INDEX, struct store_device, log_index),
};
static const struct store_record record = STORE_RECORD(struct store_device, fields);

void
store_device_clear(struct store_device *d)
{
	store_result_drop(&d->mem);
	*d = (struct store_device){ 0 };
}

enum status
store_device_add(struct store_tx *tx, const struct store_device *d, int64_t most)
{
	TRY(store_bound_lock(tx, SQL_CLIENT_LOCK, d->client_id));
	TRY(store_bound_room(tx, SQL_DEVICE_WAITING, STORE_ARGS(store_text(d->client_id), store_int(d->created_us)),
			     most));
	return store_record_put(tx->db, SQL_DEVICE_ADD, &record, ADDED, d);
}

static enum status
find(struct store *db, enum sql_id id, const struct store_value *args, size_t count, struct store_device *out)
{
	struct store_result *mem;

	TRY(store_record_find(db, id, args, count, &record, out, &mem));
	out->mem = mem;
	return OK;
}

enum status
store_device_by_user(struct store *db, struct str user_hash, int64_t now_us, struct store_device *out)
{
	return find(db, SQL_DEVICE_BY_USER, STORE_ARGS(store_blob(user_hash), store_int(now_us)), out);
}

enum status
store_device_find(struct store *db, struct str device_hash, struct store_device *out)
{
	return find(db, SQL_DEVICE_FIND, STORE_ARGS(store_blob(device_hash)), out);
}

enum status
store_device_answer(struct store_tx *tx, struct str user_hash, int64_t now_us, const struct store_device_answer *a)
{
	struct str grant_id = a->grant_id.n > 0 ? a->grant_id : (struct str){ 0 };
	enum status st =
	    store_change(tx->db, SQL_DEVICE_ANSWER,
			 STORE_ARGS(store_blob(user_hash), store_int(now_us),
				    store_text(grant_id.n > 0 ? STR("approved") : STR("refused")), store_text(a->sub),
				    store_text(a->sid), store_int(a->acr), store_text(a->amr), store_int(a->auth_us),
				    store_text_or_null(grant_id), store_text(a->event_id)));

	return st == E_NOT_FOUND ? E_USED : st;
}

enum status
store_device_consume(struct store_tx *tx, struct str device_hash, struct str client_id, int64_t now_us,
		     struct store_device *out)
{
	return find(tx->db, SQL_DEVICE_CONSUME,
		    STORE_ARGS(store_blob(device_hash), store_text(client_id), store_int(now_us)), out);
}

enum status
store_device_poll(struct store *db, struct str device_hash, struct str client_id, int64_t now_us,
		  struct store_device *out)
{
	return find(db, SQL_DEVICE_POLL,
		    STORE_ARGS(store_blob(device_hash), store_text(client_id), store_int(now_us),
			       store_int(STORE_DEVICE_SLOWER_US)),
		    out);
}
