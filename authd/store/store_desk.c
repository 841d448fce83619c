#include "authd/store/store_desk.h"

#include <string.h>

#include "authd/store/store_record.h"

#define CASE_ADDED  9
#define OFFER_ADDED 17

static const struct store_field case_fields[] = {
	FIELD(TEXT, struct store_desk_case, case_id),      FIELD(TEXT, struct store_desk_case, sub),
	FIELD(TEXT, struct store_desk_case, operator_sub), FIELD(TEXT, struct store_desk_case, organisation),
	FIELD(TEXT, struct store_desk_case, sid),          FIELD(TEXT, struct store_desk_case, channel),
	FIELD(LONG, struct store_desk_case, opened_us),    FIELD(LONG, struct store_desk_case, expires_us),
	FIELD(TEXT, struct store_desk_case, event_id),     FIELD(INDEX, struct store_desk_case, log_index),
};
static const struct store_record case_record = STORE_RECORD(struct store_desk_case, case_fields);

static const struct store_field offer_fields[] = {
	FIELD(TEXT, struct store_desk_offer, offer_id),
	FIELD(TEXT, struct store_desk_offer, case_id),
	FIELD(TEXT, struct store_desk_offer, sub),
	FIELD(TEXT, struct store_desk_offer, operator_sub),
	FIELD(TEXT, struct store_desk_offer, operator_id),
	FIELD(TEXT, struct store_desk_offer, organisation),
	FIELD(TEXT, struct store_desk_offer, role),
	FIELD(TEXT, struct store_desk_offer, action),
	FIELD(TEXT, struct store_desk_offer, channel),
	FIELD(TEXT, struct store_desk_offer, way),
	FIELD(TEXT, struct store_desk_offer, content),
	FIELD(BLOB, struct store_desk_offer, digest),
	FIELD(TEXT, struct store_desk_offer, list_id),
	FIELD(LONG, struct store_desk_offer, code_number),
	FIELD(LONG, struct store_desk_offer, created_us),
	FIELD(LONG, struct store_desk_offer, expires_us),
	FIELD(TEXT, struct store_desk_offer, event_id),
	FIELD(INDEX, struct store_desk_offer, log_index),
	FIELD(INT, struct store_desk_offer, tries),
	FIELD(TEXT, struct store_desk_offer, state),
	FIELD(TEXT_OR_NULL, struct store_desk_offer, second_sub),
	FIELD(TEXT_OR_NULL, struct store_desk_offer, second),
	FIELD(TIME, struct store_desk_offer, confirmed_us),
	FIELD(TEXT, struct store_desk_offer, result),
};
static const struct store_record offer_record = STORE_RECORD(struct store_desk_offer, offer_fields);

void
store_desk_case_clear(struct store_desk_case *c)
{
	store_result_drop(&c->mem);
	*c = (struct store_desk_case){ 0 };
}

void
store_desk_offer_clear(struct store_desk_offer *o)
{
	store_result_drop(&o->mem);
	*o = (struct store_desk_offer){ 0 };
}

void
store_desk_offer_list_clear(struct store_desk_offer_list *l)
{
	store_result_drop(&l->mem);
	*l = (struct store_desk_offer_list){ 0 };
}

/* Every change here is good once: no row means that somebody else was first, or that it may not be. */
static enum status
once(enum status st)
{
	return st == E_NOT_FOUND ? E_USED : st;
}

/* ---- cases ---- */

enum status
store_desk_case_add(struct store_tx *tx, const struct store_desk_case *c)
{
	return store_record_put(tx->db, SQL_DESK_CASE_ADD, &case_record, CASE_ADDED, c);
}

enum status
store_desk_case_find(struct store *db, struct str case_id, struct str operator_sub, struct str sid, int64_t now_us,
		     struct store_desk_case *out)
{
	struct store_result *mem;

	TRY(store_record_find(
	    db, SQL_DESK_CASE_FIND,
	    STORE_ARGS(store_text(case_id), store_text(operator_sub), store_text(sid), store_int(now_us)), &case_record,
	    out, &mem));
	out->mem = mem;
	return OK;
}

/* ---- offers ---- */

enum status
store_desk_offer_add(struct store_tx *tx, const struct store_desk_offer *o)
{
	return store_record_put(tx->db, SQL_DESK_OFFER_ADD, &offer_record, OFFER_ADDED, o);
}

enum status
store_desk_offer_find(struct store *db, struct str offer_id, struct str organisation, struct store_desk_offer *out)
{
	struct store_result *mem;

	TRY(store_record_find(db, SQL_DESK_OFFER_FIND, STORE_ARGS(store_text(offer_id), store_text(organisation)),
			      &offer_record, out, &mem));
	out->mem = mem;
	return OK;
}

enum status
store_desk_offer_queue(struct store *db, struct str organisation, int64_t now_us, int limit,
		       struct store_desk_offer_list *out)
{
	void *items;

	TRY(store_record_list(db, SQL_DESK_OFFER_QUEUE,
			      STORE_ARGS(store_text(organisation), store_int(now_us), store_int(limit)), &offer_record,
			      &items, &out->count, &out->mem));
	out->items = items;
	return OK;
}

enum status
store_desk_offer_try(struct store *db, struct str offer_id, struct str operator_sub, int64_t now_us)
{
	return once(store_change(db, SQL_DESK_OFFER_TRY,
				 STORE_ARGS(store_text(offer_id), store_text(operator_sub), store_int(STORE_DESK_TRIES),
					    store_int(now_us))));
}

enum status
store_desk_offer_by_code(struct store_tx *tx, struct str offer_id, struct str operator_sub, struct str digest,
			 int64_t now_us)
{
	return once(store_change(
	    tx->db, SQL_DESK_OFFER_BY_CODE,
	    STORE_ARGS(store_text(offer_id), store_text(operator_sub), store_blob(digest), store_int(now_us))));
}

enum status
store_desk_offer_by_second(struct store_tx *tx, const struct store_desk_offer *o, struct str second_sub,
			   struct str second, struct str organisation, int64_t now_us)
{
	return once(store_change(tx->db, SQL_DESK_OFFER_BY_SECOND,
				 STORE_ARGS(store_text(o->offer_id), store_text(second_sub), store_text(second),
					    store_text(organisation), store_blob(o->digest), store_int(now_us))));
}

enum status
store_desk_offer_refuse(struct store_tx *tx, struct str offer_id, struct str organisation)
{
	return once(
	    store_change(tx->db, SQL_DESK_OFFER_REFUSE, STORE_ARGS(store_text(offer_id), store_text(organisation))));
}

enum status
store_desk_end_all(struct store_tx *tx, struct str sub, int64_t now_us)
{
	TRY(store_run(tx->db, SQL_DESK_OFFER_DROP_ALL, STORE_ARGS(store_text(sub)), NULL));
	return store_run(tx->db, SQL_DESK_CASE_CLOSE_ALL, STORE_ARGS(store_text(sub), store_int(now_us)), NULL);
}

enum status
store_desk_offer_done(struct store *db, struct str offer_id, struct str sub, struct str result)
{
	return once(store_change(db, SQL_DESK_OFFER_DONE,
				 STORE_ARGS(store_text(offer_id), store_text(sub), store_text(result))));
}

/* ---- duties ---- */

enum status
store_desk_duty_take(struct store *db, struct str sid, struct str role)
{
	return store_run(db, SQL_DESK_DUTY_TAKE, STORE_ARGS(store_text(sid), store_text(role)), NULL);
}

enum status
store_desk_duty_of(struct store *db, struct str sid, char role[64])
{
	CLEANUP(store_result_drop) struct store_result *rows = NULL;
	enum status st = store_fetch(db, SQL_DESK_DUTY_OF, STORE_ARGS(store_text(sid)), &rows);
	struct str name;

	role[0] = '\0';
	if (st != OK)
		return st == E_NOT_FOUND ? OK : st;
	name = store_result_cell(rows, 0, 0)->s;
	if (name.n >= 64)
		return E_CORRUPT;
	memcpy(role, name.p, name.n);
	role[name.n] = '\0';
	return OK;
}

/* ---- how often ---- */

enum status
store_desk_use_take(struct store *db, struct str who, struct str what, int64_t window_us, int most)
{
	enum status st =
	    store_change(db, SQL_DESK_USE_TAKE,
			 STORE_ARGS(store_text(who), store_text(what), store_int(window_us), store_int(most)));

	return st == E_NOT_FOUND ? E_LIMITED : st;
}

/* The first of a window goes as a row. */
enum status
store_desk_use_give_back(struct store *db, struct str who, struct str what, int64_t window_us)
{
	enum status st = store_change(db, SQL_DESK_USE_GIVE_BACK,
				      STORE_ARGS(store_text(who), store_text(what), store_int(window_us)));

	return st != E_NOT_FOUND ? st
				 : store_run(db, SQL_DESK_USE_DROP,
					     STORE_ARGS(store_text(who), store_text(what), store_int(window_us)), NULL);
}
