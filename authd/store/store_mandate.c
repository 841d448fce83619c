#include "authd/store/store_mandate.h"

#include "authd/store/store_bound.h"
#include "authd/store/store_page.h"
#include "authd/store/store_record.h"

#define ADDED 21

static const struct store_field fields[] = {
	FIELD(TEXT, struct store_mandate, mandate_id),
	FIELD(TEXT, struct store_mandate, sub),
	FIELD(TEXT_OR_NULL, struct store_mandate, representative),
	FIELD(TEXT, struct store_mandate, kind),
	FIELD(TEXT, struct store_mandate, state),
	FIELD(TEXT, struct store_mandate, rep_id),
	FIELD(TEXT, struct store_mandate, purposes),
	FIELD(INT, struct store_mandate, actions),
	FIELD(BLOB_OR_NULL, struct store_mandate, document),
	FIELD(LONG, struct store_mandate, issued_us),
	FIELD(LONG, struct store_mandate, from_us),
	FIELD(LONG, struct store_mandate, until_us),
	FIELD(TIME, struct store_mandate, majority_us),
	FIELD(TEXT, struct store_mandate, zone),
	FIELD(TEXT_OR_NULL, struct store_mandate, organisation),
	FIELD(TEXT_OR_NULL, struct store_mandate, operator_id),
	FIELD(TEXT_OR_NULL, struct store_mandate, confirmer),
	FIELD(BLOB_OR_NULL, struct store_mandate, code_hash),
	FIELD(TIME, struct store_mandate, code_until_us),
	FIELD(LONG, struct store_mandate, created_us),
	FIELD(TEXT, struct store_mandate, event_id),
	FIELD(TEXT_OR_NULL, struct store_mandate, reason),
	FIELD(TIME, struct store_mandate, ended_us),
	FIELD(TIME, struct store_mandate, frozen_us),
	FIELD(INDEX, struct store_mandate, log_index),
	FIELD(BOOL, struct store_mandate, represented_there),
	FIELD(BOOL, struct store_mandate, representative_there),
};
static const struct store_record record = STORE_RECORD(struct store_mandate, fields);
static const struct store_paging paging = { .rec = &record, .keys = { 0 }, .key_count = 1 };

void
store_mandate_clear(struct store_mandate *m)
{
	store_result_drop(&m->mem);
	*m = (struct store_mandate){ 0 };
}

void
store_mandate_list_clear(struct store_mandate_list *l)
{
	store_result_drop(&l->mem);
	*l = (struct store_mandate_list){ 0 };
}

static enum status
find(struct store *db, enum sql_id id, const struct store_value *args, size_t count, struct store_mandate *out)
{
	struct store_result *mem;

	TRY(store_record_find(db, id, args, count, &record, out, &mem));
	out->mem = mem;
	return OK;
}

static enum status
list(struct store *db, enum sql_id id, const struct store_value *args, size_t count, struct store_mandate_list *out)
{
	struct store_page page = { 0 };

	TRY(store_record_list(db, id, args, count, &record, &page.items, &page.count, &page.mem));
	STORE_PAGE_GIVE(page, out);
	return OK;
}

/* ---- finding ---- */

enum status
store_mandate_find(struct store *db, struct str mandate_id, struct store_mandate *out)
{
	return find(db, SQL_MANDATE_FIND, STORE_ARGS(store_text(mandate_id)), out);
}

enum status
store_mandate_between(struct store *db, struct str representative, struct str sub, struct store_mandate_list *out)
{
	return list(db, SQL_MANDATE_BETWEEN, STORE_ARGS(store_text(representative), store_text(sub)), out);
}

enum status
store_mandate_of(struct store *db, struct str sub, struct store_mandate_list *out)
{
	return list(db, SQL_MANDATE_OF, STORE_ARGS(store_text(sub)), out);
}

enum status
store_mandate_page(struct store *db, const struct store_mandate_filter *f, struct str cursor, int limit,
		   struct store_mandate_list *out)
{
	struct store_page page;

	TRY(store_page_read(db, SQL_MANDATE_PAGE,
			    STORE_ARGS(store_text(f->organisation), store_text(f->sub), store_text(f->representative),
				       store_text(f->state), store_text(f->kind), store_int(f->no_heirs)),
			    &paging, cursor, limit, &page));
	STORE_PAGE_GIVE(page, out);
	return OK;
}

enum status
store_mandate_by_code(struct store *db, struct str code_hash, int64_t now_us, struct store_mandate *out)
{
	return find(db, SQL_MANDATE_BY_CODE, STORE_ARGS(store_blob(code_hash), store_int(now_us)), out);
}

enum status
store_mandate_due(struct store *db, int64_t now_us, int limit, struct store_mandate_list *out)
{
	if (limit < 1)
		return E_INVALID;
	return list(db, SQL_MANDATE_DUE, STORE_ARGS(store_int(now_us), store_int(limit)), out);
}

enum status
store_mandate_unconfirmed(struct store *db, int64_t before_us, int limit, struct store_mandate_list *out)
{
	if (limit < 1)
		return E_INVALID;
	return list(db, SQL_MANDATE_UNCONFIRMED, STORE_ARGS(store_int(before_us), store_int(limit)), out);
}

enum status
store_mandate_alive(struct store *db, struct str sub, int limit, struct store_mandate_list *out)
{
	if (limit < 1)
		return E_INVALID;
	return list(db, SQL_MANDATE_ALIVE_OF, STORE_ARGS(store_text(sub), store_int(limit)), out);
}

enum status
store_mandate_related(struct store *db, struct str a, struct str b, int64_t now_us, bool *related)
{
	int64_t count = 0;

	TRY(store_fetch_int(db, SQL_MANDATE_RELATED, STORE_ARGS(store_text(a), store_text(b), store_int(now_us)),
			    &count));
	*related = count > 0;
	return OK;
}

/* ---- beginning ---- */

enum status
store_mandate_add(struct store_tx *tx, const struct store_mandate *m)
{
	struct store_mandate fresh = *m;

	fresh.state = STR("proposed");
	fresh.event_id = STR("");
	return store_record_put(tx->db, SQL_MANDATE_ADD, &record, ADDED, &fresh);
}

enum status
store_mandate_offer(struct store_tx *tx, const struct store_mandate *m, int64_t most)
{
	TRY(store_bound_lock(tx, SQL_PERSON_LOCK, m->sub));
	TRY(store_bound_room(tx, SQL_MANDATE_WAITING, STORE_ARGS(store_text(m->sub), store_int(m->created_us)), most));
	return store_mandate_add(tx, m);
}

enum status
store_mandate_accept(struct store_tx *tx, struct str mandate_id, struct str representative, struct str event_id,
		     int64_t now_us)
{
	return store_change(
	    tx->db, SQL_MANDATE_ACCEPT,
	    STORE_ARGS(store_text(mandate_id), store_text(representative), store_text(event_id), store_int(now_us)));
}

enum status
store_mandate_confirm(struct store_tx *tx, struct str mandate_id, struct str confirmer, struct str event_id)
{
	return store_change(tx->db, SQL_MANDATE_CONFIRM,
			    STORE_ARGS(store_text(mandate_id), store_text(confirmer), store_text(event_id)));
}

/* ---- ending ---- */

/* of: a mandate, or a person. In this order: what is made under it waits for its row, and finds it ended. */
static enum status
stop_using(struct store_tx *tx, struct str of)
{
	TRY(store_run(tx->db, SQL_MANDATE_REVOKE_TOKENS, STORE_ARGS(store_text(of)), NULL));
	return store_run(tx->db, SQL_MANDATE_STOP_ACTING, STORE_ARGS(store_text(of)), NULL);
}

enum status
store_mandate_end(struct store_tx *tx, struct str mandate_id, struct str state, struct str reason, int64_t now_us)
{
	TRY(store_change(tx->db, SQL_MANDATE_END,
			 STORE_ARGS(store_text(mandate_id), store_text(state), store_text(reason), store_int(now_us))));
	return stop_using(tx, mandate_id);
}

enum status
store_mandate_lapse(struct store_tx *tx, struct str mandate_id, struct str reason, int64_t now_us)
{
	return store_change(tx->db, SQL_MANDATE_LAPSE,
			    STORE_ARGS(store_text(mandate_id), store_int(now_us), store_text(reason)));
}

enum status
store_mandate_act(struct store_tx *tx, struct str mandate_id, int64_t before_us)
{
	return store_change(tx->db, SQL_MANDATE_ACT, STORE_ARGS(store_text(mandate_id), store_int(before_us)));
}

enum status
store_mandate_freeze(struct store_tx *tx, struct str sub, int64_t now_us, int *count)
{
	CLEANUP(store_result_drop) struct store_result *rows = NULL;

	/* First the codes: one that is being used at this moment is active by then, and freezes below. */
	TRY(store_run(tx->db, SQL_MANDATE_FREEZE_OFFERS, STORE_ARGS(store_text(sub), store_int(now_us)), NULL));
	TRY(store_run(tx->db, SQL_MANDATE_FREEZE, STORE_ARGS(store_text(sub), store_int(now_us)), &rows));
	*count = (int)rows->changes;
	return stop_using(tx, sub);
}

enum status
store_freeze_set(struct store_tx *tx, struct str sub, int64_t now_us, int *count)
{
	TRY(store_run(tx->db, SQL_FREEZE_ADD, STORE_ARGS(store_text(sub), store_int(now_us)), NULL));
	return store_mandate_freeze(tx, sub, now_us, count);
}

enum status
store_freeze_find(struct store *db, struct str sub, int64_t *frozen_us)
{
	enum status st = store_fetch_int(db, SQL_FREEZE_FIND, STORE_ARGS(store_text(sub)), frozen_us);

	if (st == E_NOT_FOUND)
		*frozen_us = 0;
	return st == E_NOT_FOUND ? OK : st;
}

enum status
store_freeze_logged(struct store_tx *tx, struct str sub)
{
	int64_t unsent = 0;

	TRY(store_fetch_int(tx->db, SQL_FREEZE_UNSENT, STORE_ARGS(store_text(sub)), &unsent));
	return unsent == 0 ? OK : E_UNAVAILABLE;
}

enum status
store_freeze_lift(struct store_tx *tx, struct str sub, int64_t frozen_us)
{
	TRY(store_change(tx->db, SQL_FREEZE_DROP, STORE_ARGS(store_text(sub), store_int(frozen_us))));
	return store_run(tx->db, SQL_MANDATE_THAW, STORE_ARGS(store_text(sub)), NULL);
}

/* ---- using ---- */

enum status
store_acting_set(struct store_tx *tx, struct str sid, struct str mandate_id, int64_t now_us)
{
	if (mandate_id.n == 0)
		return store_run(tx->db, SQL_ACTING_CLEAR, STORE_ARGS(store_text(sid)), NULL);
	return store_change(tx->db, SQL_ACTING_SET,
			    STORE_ARGS(store_text(sid), store_text(mandate_id), store_int(now_us)));
}

enum status
store_acting_find(struct store *db, struct str sid, struct store_mandate *out)
{
	return find(db, SQL_ACTING_FIND, STORE_ARGS(store_text(sid)), out);
}

enum status
store_mandate_by_token(struct store *db, struct str jti, struct store_mandate *out)
{
	return find(db, SQL_MANDATE_BY_TOKEN, STORE_ARGS(store_text(jti)), out);
}

enum status
store_mandate_token(struct store_tx *tx, struct str mandate_id, struct str jti, int64_t expires_us)
{
	TRY(store_change(tx->db, SQL_MANDATE_HOLD, STORE_ARGS(store_text(mandate_id))));
	return store_change(tx->db, SQL_MANDATE_TOKEN_ADD,
			    STORE_ARGS(store_text(mandate_id), store_text(jti), store_int(expires_us)));
}
