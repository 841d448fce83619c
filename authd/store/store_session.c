#include "authd/store/store_session.h"

#include "authd/store/store_logout.h"
#include "authd/store/store_page.h"
#include "authd/store/store_record.h"

#define ADDED    14
#define TOUCH_US (60 * SECOND_US)

static const struct store_field fields[] = {
	FIELD(BLOB, struct store_session, id_hash),    FIELD(TEXT, struct store_session, sid),
	FIELD(TEXT, struct store_session, sub),        FIELD(BLOB, struct store_session, csrf),
	FIELD(INT, struct store_session, acr),         FIELD(TEXT, struct store_session, amr),
	FIELD(LONG, struct store_session, auth_us),    FIELD(LONG, struct store_session, created_us),
	FIELD(LONG, struct store_session, seen_us),    FIELD(LONG, struct store_session, idle_us_limit),
	FIELD(LONG, struct store_session, expires_us), FIELD(TIME, struct store_session, ended_us),
	FIELD(TEXT, struct store_session, agent),      FIELD(TEXT, struct store_session, event_id),
	FIELD(INDEX, struct store_session, log_index),
};
static const struct store_record record = STORE_RECORD(struct store_session, fields);
static const struct store_paging paging = { .rec = &record, .keys = { 7, 1 }, .key_count = 2, .newest_first = true };

void
store_session_clear(struct store_session *s)
{
	store_result_drop(&s->mem);
	*s = (struct store_session){ 0 };
}

void
store_session_list_clear(struct store_session_list *l)
{
	store_result_drop(&l->mem);
	*l = (struct store_session_list){ 0 };
}

enum status
store_session_add(struct store_tx *tx, const struct store_session *s)
{
	return store_record_put(tx->db, SQL_SESSION_ADD, &record, ADDED, s);
}

static enum status
find(struct store *db, enum sql_id id, const struct store_value *args, size_t count, struct store_session *out)
{
	struct store_result *mem;

	TRY(store_record_find(db, id, args, count, &record, out, &mem));
	out->mem = mem;
	return OK;
}

enum status
store_session_find(struct store *db, struct str id_hash, int64_t now_us, struct store_session *out)
{
	return find(db, SQL_SESSION_FIND, STORE_ARGS(store_blob(id_hash), store_int(now_us)), out);
}

enum status
store_session_by_sid(struct store *db, struct str sid, struct store_session *out)
{
	return find(db, SQL_SESSION_BY_SID, STORE_ARGS(store_text(sid)), out);
}

enum status
store_session_touch(struct store *db, const struct store_session *s, int64_t now_us)
{
	if (now_us - s->seen_us < TOUCH_US)
		return OK;
	return store_run(db, SQL_SESSION_TOUCH, STORE_ARGS(store_blob(s->id_hash), store_int(now_us)), NULL);
}

enum status
store_session_renew(struct store_tx *tx, struct str id_hash, struct str new_id_hash)
{
	return store_change(tx->db, SQL_SESSION_RENEW, STORE_ARGS(store_blob(id_hash), store_blob(new_id_hash)));
}

enum status
store_session_end(struct store_tx *tx, struct str sid, struct str sub, int64_t now_us)
{
	TRY(store_change(tx->db, SQL_SESSION_END, STORE_ARGS(store_text(sid), store_text(sub), store_int(now_us))));
	return store_logout_of_session(tx, sid, now_us);
}

enum status
store_session_end_all(struct store_tx *tx, struct str sub, struct str keep_sid, int64_t now_us, int *ended)
{
	CLEANUP(store_result_drop) struct store_result *rows = NULL;

	TRY(store_run(tx->db, SQL_SESSION_END_ALL, STORE_ARGS(store_text(sub), store_text(keep_sid), store_int(now_us)),
		      &rows));
	TRY(store_logout_of_person(tx, sub, keep_sid, now_us));
	if (ended)
		*ended = (int)rows->changes;
	return OK;
}

/* Two statements, because "sub = ? or everybody" would read everybody's to find one person's. */
enum status
store_session_page(struct store *db, struct str sub, int64_t now_us, struct str cursor, int limit,
		   struct store_session_list *out)
{
	struct store_page page;

	if (sub.n > 0)
		TRY(store_page_read(db, SQL_SESSION_PAGE_OF, STORE_ARGS(store_text(sub), store_int(now_us)), &paging,
				    cursor, limit, &page));
	else
		TRY(store_page_read(db, SQL_SESSION_PAGE, STORE_ARGS(store_int(now_us)), &paging, cursor, limit,
				    &page));
	STORE_PAGE_GIVE(page, out);
	return OK;
}

enum status
store_session_hold(struct store_tx *tx, struct str sid)
{
	return store_change(tx->db, SQL_SESSION_HOLD, STORE_ARGS(store_text(sid)));
}
