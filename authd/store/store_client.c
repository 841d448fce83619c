#include "authd/store/store_client.h"

#include "authd/store/store_page.h"
#include "authd/store/store_record.h"

#define ADDED   39
#define CREATED 37 /* created_us, which a replacement leaves alone */

static const struct store_field fields[] = {
	FIELD(TEXT, struct store_client, client_id),
	FIELD(TEXT, struct store_client, name),
	FIELD(TEXT, struct store_client, kind),
	FIELD(TEXT, struct store_client, organisation),
	FIELD(INT, struct store_client, status),
	FIELD(TEXT, struct store_client, auth_method),
	FIELD(BLOB_OR_NULL, struct store_client, secret_hash),
	FIELD(TEXT_OR_NULL, struct store_client, jwks),
	FIELD(TEXT_OR_NULL, struct store_client, tls_san),
	FIELD(TEXT, struct store_client, redirect_uris),
	FIELD(TEXT, struct store_client, post_logout_uris),
	FIELD(TEXT, struct store_client, scopes),
	FIELD(TEXT, struct store_client, grants),
	FIELD(TEXT, struct store_client, audiences),
	FIELD(TEXT, struct store_client, id_token_alg),
	FIELD(INT, struct store_client, fapi),
	FIELD(TEXT_OR_NULL, struct store_client, service),
	FIELD(TEXT, struct store_client, roles),
	FIELD(INT, struct store_client, legacy),
	FIELD(INT, struct store_client, native),
	FIELD(TEXT_OR_NULL, struct store_client, jwks_uri),
	FIELD(TEXT, struct store_client, tls_certificates),
	FIELD(BLOB_OR_NULL, struct store_client, secret_hash_old),
	FIELD(TIME, struct store_client, secret_old_until_us),
	FIELD(TEXT, struct store_client, access_token_alg),
	FIELD(TEXT, struct store_client, userinfo_alg),
	FIELD(TEXT, struct store_client, assertion_alg),
	FIELD(INT, struct store_client, pairwise),
	FIELD(TEXT_OR_NULL, struct store_client, backchannel_logout_uri),
	FIELD(INT, struct store_client, backchannel_session),
	FIELD(INT, struct store_client, tls_bound),
	FIELD(INT, struct store_client, dpop_bound),
	FIELD(INT, struct store_client, par_required),
	FIELD(LONG, struct store_client, refresh_life_s),
	FIELD(LONG, struct store_client, refresh_idle_s),
	FIELD(INT, struct store_client, third_party),
	FIELD(TEXT, struct store_client, may_act),
	FIELD(LONG, struct store_client, created_us),
	FIELD(TEXT, struct store_client, event_id),
	FIELD(INDEX, struct store_client, log_index),
};
static const struct store_record record = STORE_RECORD(struct store_client, fields);
static const struct store_paging paging = { .rec = &record, .keys = { 0 }, .key_count = 1 };

void
store_client_clear(struct store_client *c)
{
	store_result_drop(&c->mem);
	*c = (struct store_client){ 0 };
}

void
store_client_list_clear(struct store_client_list *l)
{
	store_result_drop(&l->mem);
	*l = (struct store_client_list){ 0 };
}

enum status
store_client_add(struct store_tx *tx, const struct store_client *c)
{
	return store_record_put(tx->db, SQL_CLIENT_ADD, &record, ADDED, c);
}

enum status
store_client_replace(struct store_tx *tx, const struct store_client *c, struct str was_event_id)
{
	struct store_value args[ADDED];

	store_record_bind(&record, ADDED, c, args);
	args[CREATED] = args[CREATED + 1];
	args[CREATED + 1] = store_text(was_event_id);
	return store_change(tx->db, SQL_CLIENT_REPLACE, args, ADDED);
}

enum status
store_client_find(struct store *db, struct str client_id, struct store_client *out)
{
	struct store_result *mem;

	TRY(store_record_find(db, SQL_CLIENT_FIND, STORE_ARGS(store_text(client_id)), &record, out, &mem));
	out->mem = mem;
	return OK;
}

enum status
store_client_origin(struct store *db, struct str origin, bool *known)
{
	int64_t count;

	TRY(store_fetch_int(db, SQL_CLIENT_ORIGIN, STORE_ARGS(store_text(origin)), &count));
	*known = count > 0;
	return OK;
}

enum status
store_client_works(struct store *db, struct str service, bool *works)
{
	int64_t count;

	TRY(store_fetch_int(db, SQL_CLIENT_WORKS, STORE_ARGS(store_text(service)), &count));
	*works = count > 0;
	return OK;
}

enum status
store_client_set_status(struct store_tx *tx, struct str client_id, int status, struct str event_id)
{
	return store_change(tx->db, SQL_CLIENT_SET_STATUS,
			    STORE_ARGS(store_text(client_id), store_int(status), store_text(event_id)));
}

enum status
store_client_page(struct store *db, struct str cursor, int limit, struct store_client_list *out)
{
	struct store_page page;

	TRY(store_page_read(db, SQL_CLIENT_PAGE, STORE_NO_ARGS, &paging, cursor, limit, &page));
	STORE_PAGE_GIVE(page, out);
	return OK;
}
