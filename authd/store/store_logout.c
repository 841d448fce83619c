#include "authd/store/store_logout.h"

#include "authd/store/store_record.h"

static const struct store_field lapse_fields[] = {
	FIELD(TEXT, struct store_lapse, sid),        FIELD(TEXT, struct store_lapse, sub),
	FIELD(LONG, struct store_lapse, seen_us),    FIELD(LONG, struct store_lapse, idle_us_limit),
	FIELD(LONG, struct store_lapse, expires_us),
};
static const struct store_record lapse_record = STORE_RECORD(struct store_lapse, lapse_fields);

static const struct store_field notice_fields[] = {
	FIELD(TEXT, struct store_notice, sid),      FIELD(TEXT, struct store_notice, client_id),
	FIELD(TEXT, struct store_notice, subject),  FIELD(TEXT, struct store_notice, sub),
	FIELD(LONG, struct store_notice, ended_us), FIELD(LONG, struct store_notice, next_us),
	FIELD(INT, struct store_notice, attempts),
};
static const struct store_record notice_record = STORE_RECORD(struct store_notice, notice_fields);

void
store_lapse_list_clear(struct store_lapse_list *l)
{
	store_result_drop(&l->mem);
	*l = (struct store_lapse_list){ 0 };
}

void
store_notice_list_clear(struct store_notice_list *l)
{
	store_result_drop(&l->mem);
	*l = (struct store_notice_list){ 0 };
}

enum status
store_logout_told(struct store_tx *tx, struct str sid, struct str client_id, struct str subject)
{
	TRY(store_change(tx->db, SQL_SESSION_CLIENT_LOCK, STORE_ARGS(store_text(sid))));
	return store_run(tx->db, SQL_SESSION_CLIENT_ADD,
			 STORE_ARGS(store_text(sid), store_text(client_id), store_text(subject)), NULL);
}

enum status
store_logout_of_session(struct store_tx *tx, struct str sid, int64_t now_us)
{
	TRY(store_run(tx->db, SQL_SESSION_CLIENT_END, STORE_ARGS(store_text(sid), store_int(now_us)), NULL));
	return store_run(tx->db, SQL_SESSION_CLIENT_DROP, STORE_ARGS(store_text(sid)), NULL);
}

enum status
store_logout_of_person(struct store_tx *tx, struct str sub, struct str keep_sid, int64_t now_us)
{
	TRY(store_run(tx->db, SQL_SESSION_CLIENT_END_ALL,
		      STORE_ARGS(store_text(sub), store_text(keep_sid), store_int(now_us)), NULL));
	return store_run(tx->db, SQL_SESSION_CLIENT_DROP_ALL, STORE_ARGS(store_text(sub), store_text(keep_sid)), NULL);
}

/* ---- sessions that end by themselves ---- */

enum status
store_logout_lapsing(struct store *db, int64_t now_us, int limit, struct store_lapse_list *out)
{
	void *items;

	TRY(store_record_list(db, SQL_SESSION_CLIENT_DUE, STORE_ARGS(store_int(now_us), store_int(limit)),
			      &lapse_record, &items, &out->count, &out->mem));
	out->items = items;
	return OK;
}

enum status
store_logout_look(struct store *db, struct str sid, int64_t look_us)
{
	return store_run(db, SQL_SESSION_CLIENT_LOOK, STORE_ARGS(store_text(sid), store_int(look_us)), NULL);
}

enum status
store_logout_lapse(struct store_tx *tx, struct str sid, int64_t now_us)
{
	TRY(store_change(tx->db, SQL_SESSION_LAPSE, STORE_ARGS(store_text(sid), store_int(now_us))));
	return store_logout_of_session(tx, sid, now_us);
}

/* ---- telling ---- */

enum status
store_notice_due(struct store *db, int64_t now_us, int limit, struct store_notice_list *out)
{
	void *items;

	TRY(store_record_list(db, SQL_LOGOUT_NOTICE_DUE, STORE_ARGS(store_int(now_us), store_int(limit)),
			      &notice_record, &items, &out->count, &out->mem));
	out->items = items;
	return OK;
}

enum status
store_notice_claim(struct store *db, const struct store_notice *n, int64_t lease_us)
{
	return store_change(
	    db, SQL_LOGOUT_NOTICE_CLAIM,
	    STORE_ARGS(store_text(n->sid), store_text(n->client_id), store_int(n->next_us), store_int(lease_us)));
}

enum status
store_notice_drop(struct store *db, const struct store_notice *n)
{
	return store_change(db, SQL_LOGOUT_NOTICE_DROP, STORE_ARGS(store_text(n->sid), store_text(n->client_id)));
}

enum status
store_notice_hurry(struct store *db, struct str client_id, int64_t now_us)
{
	return store_run(db, SQL_LOGOUT_NOTICE_HURRY, STORE_ARGS(store_text(client_id), store_int(now_us)), NULL);
}

enum status
store_notice_put_off(struct store *db, const struct store_notice *n, int64_t next_us, int attempts)
{
	return store_run(
	    db, SQL_LOGOUT_NOTICE_PUT_OFF,
	    STORE_ARGS(store_text(n->client_id), store_text(n->sid), store_int(next_us), store_int(attempts)), NULL);
}

enum status
store_notice_waiting(struct store *db, int64_t *count, int64_t *oldest_us)
{
	CLEANUP(store_result_drop) struct store_result *rows = NULL;

	TRY(store_fetch(db, SQL_LOGOUT_NOTICE_WAITING, STORE_NO_ARGS, &rows));
	TRY(store_result_int(rows, 0, 0, count));
	return store_result_int(rows, 0, 1, oldest_us);
}
