#include "authd/store/store_request.h"

#include "authd/store/store_page.h"
#include "authd/store/store_record.h"

#define ADDED 22

static const struct store_field fields[] = {
	FIELD(TEXT, struct store_request, request_id),
	FIELD(TEXT, struct store_request, client_id),
	FIELD(TEXT, struct store_request, service),
	FIELD(TEXT, struct store_request, organisation),
	FIELD(TEXT, struct store_request, sub),
	FIELD(TEXT, struct store_request, purpose),
	FIELD(INT, struct store_request, purpose_version),
	FIELD(TEXT, struct store_request, categories),
	FIELD(TEXT, struct store_request, optional),
	FIELD(TIME, struct store_request, until_us),
	FIELD(TEXT_OR_NULL, struct store_request, return_to),
	FIELD(TEXT_OR_NULL, struct store_request, case_ref),
	FIELD(TEXT, struct store_request, notice_id),
	FIELD(INT, struct store_request, notice_version),
	FIELD(TEXT, struct store_request, state),
	FIELD(LONG, struct store_request, created_us),
	FIELD(LONG, struct store_request, expires_us),
	FIELD(TEXT_OR_NULL, struct store_request, record_id),
	FIELD(BLOB, struct store_request, fingerprint),
	FIELD(TEXT, struct store_request, event_id),
	FIELD(TEXT_OR_NULL, struct store_request, renews),
	FIELD(TEXT_OR_NULL, struct store_request, recipients),
	FIELD(INDEX, struct store_request, log_index),
	FIELD(BLOB_OR_NULL, struct store_request, leaf),
	FIELD(TIME, struct store_request, answered_us),
};
static const struct store_record record = STORE_RECORD(struct store_request, fields);
static const struct store_paging paging = { .rec = &record, .keys = { 15, 0 }, .key_count = 2, .newest_first = true };

void
store_request_clear(struct store_request *r)
{
	store_result_drop(&r->mem);
	*r = (struct store_request){ 0 };
}

void
store_request_list_clear(struct store_request_list *l)
{
	store_result_drop(&l->mem);
	*l = (struct store_request_list){ 0 };
}

/* An expired one does not count as open, but still holds the place in the unique index: it is marked first. */
enum status
store_request_add(struct store_tx *tx, const struct store_request *r)
{
	struct store_request fresh = *r;
	struct store_value args[ADDED];
	enum status st;

	fresh.state = STR("requested");
	fresh.record_id = (struct str){ 0 };
	TRY(store_run(tx->db, SQL_REQUEST_EXPIRE, STORE_ARGS(store_blob(r->fingerprint), store_int(r->created_us)),
		      NULL));
	store_record_bind(&record, ADDED, &fresh, args);
	st = store_change(tx->db, SQL_REQUEST_ADD, args, ADDED);
	return st == E_NOT_FOUND ? E_CONFLICT : st;
}

static enum status
find(struct store *db, enum sql_id id, const struct store_value *args, size_t count, struct store_request *out)
{
	struct store_result *mem;

	TRY(store_record_find(db, id, args, count, &record, out, &mem));
	out->mem = mem;
	return OK;
}

enum status
store_request_open(struct store *db, struct str fingerprint, int64_t now_us, struct store_request *out)
{
	return find(db, SQL_REQUEST_OPEN, STORE_ARGS(store_blob(fingerprint), store_int(now_us)), out);
}

enum status
store_request_find(struct store *db, struct str request_id, struct str sub, struct store_request *out)
{
	return find(db, SQL_REQUEST_FIND, STORE_ARGS(store_text(request_id), store_text(sub)), out);
}

/* Why an answer changed nothing. */
static enum status
why_not(struct store *db, struct str request_id, struct str sub, int64_t now_us)
{
	CLEANUP(store_request_clear) struct store_request r = { 0 };

	if (sub.n == 0)
		return E_NOT_FOUND;
	TRY(store_request_find(db, request_id, sub, &r));
	if (r.log_index == STORE_NO_INDEX)
		return E_NOT_FOUND;
	if (str_is(r.state, "expired"))
		return E_EXPIRED;
	if (str_is(r.state, "given") || str_is(r.state, "refused"))
		return E_USED;
	return r.expires_us <= now_us ? E_EXPIRED : E_CONFLICT;
}

enum status
store_request_answer(struct store_tx *tx, struct str request_id, struct str sub, struct str state, struct str record_id,
		     int64_t now_us)
{
	enum status st;

	if (!str_is(state, "given") && !str_is(state, "refused") && !str_is(state, "deferred"))
		return E_INVALID;
	st = store_change(tx->db, SQL_REQUEST_ANSWER,
			  STORE_ARGS(store_text(request_id), store_text(sub), store_text(state),
				     store_text_or_null(record_id.n ? record_id : (struct str){ 0 }),
				     store_int(now_us)));
	return st == E_NOT_FOUND ? why_not(tx->db, request_id, sub, now_us) : st;
}

enum status
store_request_page(struct store *db, struct str sub, struct str state, struct str cursor, int limit,
		   struct store_request_list *out)
{
	struct store_page page;

	TRY(store_page_read(db, SQL_REQUEST_PAGE, STORE_ARGS(store_text(sub), store_text(state)), &paging, cursor,
			    limit, &page));
	STORE_PAGE_GIVE(page, out);
	return OK;
}

enum status
store_request_waiting(struct store *db, struct str sub, int64_t now_us, struct str cursor, int limit,
		      struct store_request_list *out)
{
	struct store_page page;

	TRY(store_page_read(db, SQL_REQUEST_WAITING, STORE_ARGS(store_text(sub), store_int(now_us)), &paging, cursor,
			    limit, &page));
	STORE_PAGE_GIVE(page, out);
	return OK;
}

enum status
store_request_due(struct store *db, int64_t now_us, int limit, struct store_request_list *out)
{
	void *items;

	TRY(store_record_list(db, SQL_REQUEST_DUE, STORE_ARGS(store_int(now_us), store_int(limit)), &record, &items,
			      &out->count, &out->mem));
	out->items = items;
	return OK;
}

enum status
store_request_expire(struct store_tx *tx, struct str request_id, int64_t now_us)
{
	return store_change(tx->db, SQL_REQUEST_EXPIRED, STORE_ARGS(store_text(request_id), store_int(now_us)));
}
