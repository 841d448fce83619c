#include "authd/store/store_grant.h"

#include "authd/store/store_record.h"

static const struct store_field fields[] = {
	FIELD(TEXT, struct store_grant, grant_id),   FIELD(TEXT, struct store_grant, client_id),
	FIELD(TEXT, struct store_grant, sub),        FIELD(TEXT, struct store_grant, sid),
	FIELD(TEXT, struct store_grant, scope),      FIELD(LONG, struct store_grant, created_us),
	FIELD(TIME, struct store_grant, revoked_us), FIELD(LONG, struct store_grant, expires_us),
};
static const struct store_record record = STORE_RECORD(struct store_grant, fields);

void
store_grant_clear(struct store_grant *g)
{
	store_result_drop(&g->mem);
	*g = (struct store_grant){ 0 };
}

enum status
store_grant_add(struct store_tx *tx, const struct store_grant *g)
{
	struct store_grant row = *g;

	if (row.expires_us == 0)
		row.expires_us = row.created_us + DAY_US;
	return store_record_put(tx->db, SQL_GRANT_ADD, &record, record.count, &row);
}

enum status
store_grant_find(struct store *db, struct str grant_id, struct store_grant *out)
{
	struct store_result *mem;

	TRY(store_record_find(db, SQL_GRANT_FIND, STORE_ARGS(store_text(grant_id)), &record, out, &mem));
	out->mem = mem;
	return OK;
}

/* Nothing else to write: whoever asks about a token asks about its grant (token_facts.sql). */
enum status
store_grant_revoke(struct store_tx *tx, struct str grant_id, int64_t now_us)
{
	return store_change(tx->db, SQL_GRANT_REVOKE, STORE_ARGS(store_text(grant_id), store_int(now_us)));
}

enum status
store_grant_revoke_session(struct store_tx *tx, struct str sid, int64_t now_us)
{
	return store_run(tx->db, SQL_GRANT_REVOKE_SESSION, STORE_ARGS(store_text(sid), store_int(now_us)), NULL);
}

enum status
store_grant_revoke_person(struct store_tx *tx, struct str sub, int64_t now_us)
{
	return store_run(tx->db, SQL_GRANT_REVOKE_PERSON, STORE_ARGS(store_text(sub), store_int(now_us)), NULL);
}

enum status
store_grant_revoke_client(struct store_tx *tx, struct str sub, struct str client_id, int64_t now_us)
{
	return store_run(tx->db, SQL_GRANT_REVOKE_CLIENT,
			 STORE_ARGS(store_text(sub), store_text(client_id), store_int(now_us)), NULL);
}

/* ---- whom a person has let in ---- */

static const struct store_field client_fields[] = {
	FIELD(TEXT, struct store_grant_client, client_id),
	FIELD(TEXT, struct store_grant_client, name),
	FIELD(LONG, struct store_grant_client, first_us),
	FIELD(LONG, struct store_grant_client, last_us),
};
static const struct store_record client_record = STORE_RECORD(struct store_grant_client, client_fields);

void
store_grant_client_list_clear(struct store_grant_client_list *l)
{
	store_result_drop(&l->mem);
	*l = (struct store_grant_client_list){ 0 };
}

enum status
store_grant_clients(struct store *db, struct str sub, int limit, struct store_grant_client_list *out)
{
	void *items;

	TRY(store_record_list(db, SQL_GRANT_CLIENTS, STORE_ARGS(store_text(sub), store_int(limit)), &client_record,
			      &items, &out->count, &out->mem));
	out->items = items;
	return OK;
}
