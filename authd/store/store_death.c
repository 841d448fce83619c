#include "authd/store/store_death.h"

#include "authd/store/store_page.h"

#define ADDED 14

static const struct store_field fields[] = {
	FIELD(TEXT, struct store_death, death_id),
	FIELD(TEXT, struct store_death, sub),
	FIELD(TEXT, struct store_death, kind),
	FIELD(TEXT, struct store_death, state),
	FIELD(TEXT_OR_NULL, struct store_death, undoes),
	FIELD(TEXT, struct store_death, organisation),
	FIELD(TEXT, struct store_death, operator_id),
	FIELD(TEXT_OR_NULL, struct store_death, confirmer),
	FIELD(BLOB_OR_NULL, struct store_death, document),
	FIELD(TEXT, struct store_death, digest),
	FIELD(INT, struct store_death, person_status),
	FIELD(LONG, struct store_death, proposed_us),
	FIELD(TIME, struct store_death, decided_us),
	FIELD(TEXT, struct store_death, event_id),
	FIELD(INDEX, struct store_death, log_index),
	FIELD(TEXT_OR_NULL, struct store_death, decided_event_id),
	FIELD(INDEX, struct store_death, decided_index),
};
static const struct store_record record = STORE_RECORD(struct store_death, fields);
static const struct store_paging paging = { .rec = &record, .keys = { 0 }, .key_count = 1 };

void
store_death_clear(struct store_death *d)
{
	store_result_drop(&d->mem);
	*d = (struct store_death){ 0 };
}

void
store_death_list_clear(struct store_death_list *l)
{
	store_result_drop(&l->mem);
	*l = (struct store_death_list){ 0 };
}

/* ---- finding ---- */

static enum status
find(struct store *db, enum sql_id id, const struct store_value *args, size_t count, struct store_death *out)
{
	struct store_result *mem;

	TRY(store_record_find(db, id, args, count, &record, out, &mem));
	out->mem = mem;
	return OK;
}

enum status
store_death_find(struct store *db, struct str death_id, struct store_death *out)
{
	return find(db, SQL_DEATH_FIND, STORE_ARGS(store_text(death_id)), out);
}

enum status
store_death_open(struct store *db, struct str sub, struct store_death *out)
{
	return find(db, SQL_DEATH_OPEN, STORE_ARGS(store_text(sub)), out);
}

enum status
store_death_stands(struct store *db, struct str sub, struct store_death *out)
{
	return find(db, SQL_DEATH_STANDS, STORE_ARGS(store_text(sub)), out);
}

enum status
store_death_latest(struct store *db, struct str sub, struct str state, struct store_death *out)
{
	return find(db, SQL_DEATH_LATEST, STORE_ARGS(store_text(sub), store_text(state)), out);
}

enum status
store_death_page(struct store *db, struct str organisation, struct str cursor, int limit, struct store_death_list *out)
{
	struct store_page page;

	TRY(store_page_read(db, SQL_DEATH_PAGE, STORE_ARGS(store_text(organisation)), &paging, cursor, limit, &page));
	STORE_PAGE_GIVE(page, out);
	return OK;
}

enum status
store_death_unsettled(struct store *db, int limit, struct store_death_list *out)
{
	void *items = NULL;

	TRY(store_record_list(db, SQL_DEATH_UNSETTLED, STORE_ARGS(store_int(limit)), &record, &items, &out->count,
			      &out->mem));
	out->items = items;
	return OK;
}

enum status
store_death_related(struct store *db, struct str a, struct str b, bool *related)
{
	int64_t count = 0;

	TRY(store_fetch_int(db, SQL_DEATH_RELATED, STORE_ARGS(store_text(a), store_text(b)), &count));
	*related = count > 0;
	return OK;
}

/* ---- changing ---- */

enum status
store_death_add(struct store_tx *tx, const struct store_death *d)
{
	struct store_death fresh = *d;

	fresh.state = STR("proposed");
	fresh.confirmer = (struct str){ 0 };
	fresh.decided_us = 0;
	return store_record_put(tx->db, SQL_DEATH_ADD, &record, ADDED, &fresh);
}

enum status
store_death_decide(struct store_tx *tx, struct str death_id, struct str state, struct str who, int64_t before_us,
		   int64_t now_us, struct str event_id)
{
	return store_change(tx->db, SQL_DEATH_DECIDE,
			    STORE_ARGS(store_text(death_id), store_text(state),
				       store_text_or_null(who.n > 0 ? who : (struct str){ 0 }), store_int(before_us),
				       store_int(now_us), store_text(event_id)));
}

enum status
store_death_undo(struct store_tx *tx, struct str death_id)
{
	return store_change(tx->db, SQL_DEATH_UNDONE, STORE_ARGS(store_text(death_id)));
}

enum status
store_death_hold(struct store_tx *tx, struct str death_id)
{
	return store_change(tx->db, SQL_DEATH_HOLD, STORE_ARGS(store_text(death_id)));
}

enum status
store_death_settle(struct store *db, struct str death_id, int64_t now_us)
{
	return store_run(db, SQL_DEATH_SETTLE, STORE_ARGS(store_text(death_id), store_int(now_us)), NULL);
}
