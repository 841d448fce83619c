#include "authd/store/store_breakglass.h"

#include "authd/store/store_page.h"
#include "authd/store/store_record.h"

static const struct store_field fields[] = {
	FIELD(TEXT, struct store_breakglass, id),
	FIELD(TEXT, struct store_breakglass, operator_id),
	FIELD(TEXT, struct store_breakglass, organisation),
	FIELD(TEXT, struct store_breakglass, service),
	FIELD(TEXT, struct store_breakglass, role),
	FIELD(TEXT, struct store_breakglass, sub),
	FIELD(TEXT, struct store_breakglass, category),
	FIELD(TEXT, struct store_breakglass, purpose),
	FIELD(TEXT, struct store_breakglass, reason),
	FIELD(BLOB_OR_NULL, struct store_breakglass, words),
	FIELD(TEXT, struct store_breakglass, ctag),
	FIELD(LONG, struct store_breakglass, opened_us),
	FIELD(LONG, struct store_breakglass, until_us),
	FIELD(LONG, struct store_breakglass, review_by_us),
	FIELD(TIME, struct store_breakglass, closed_us),
	FIELD(TEXT, struct store_breakglass, event_id),
	FIELD(INDEX, struct store_breakglass, log_index),
	FIELD(TEXT_OR_NULL, struct store_breakglass, verdict),
	FIELD(TIME, struct store_breakglass, reviewed_us),
	FIELD(TEXT_OR_NULL, struct store_breakglass, reviewer),
	FIELD(BLOB_OR_NULL, struct store_breakglass, review_words),
	FIELD(TIME, struct store_breakglass, suspended_us),
	FIELD(TIME, struct store_breakglass, restored_us),
};
static const struct store_record record = STORE_RECORD(struct store_breakglass, fields);
/* Newest first: opened_us, id. */
static const struct store_paging paging = { .rec = &record, .keys = { 11, 0 }, .key_count = 2, .newest_first = true };

void
store_breakglass_clear(struct store_breakglass *b)
{
	store_result_drop(&b->mem);
	*b = (struct store_breakglass){ 0 };
}

void
store_breakglass_list_clear(struct store_breakglass_list *l)
{
	store_result_drop(&l->mem);
	*l = (struct store_breakglass_list){ 0 };
}

static enum status
find(struct store *db, enum sql_id id, const struct store_value *args, size_t count, struct store_breakglass *out)
{
	struct store_result *mem;

	TRY(store_record_find(db, id, args, count, &record, out, &mem));
	out->mem = mem;
	return OK;
}

/* Whether an equal one is open, whatever became of the operator's right meanwhile. */
/* One that was opened at opened_us at the latest and holds at now_us. */
static enum status
find_equal(struct store *db, const struct store_breakglass_use *u, int64_t now_us, int64_t opened_us,
	   struct store_breakglass *out)
{
	return find(db, SQL_BREAKGLASS_OPEN,
		    STORE_ARGS(store_text(u->operator_id), store_text(u->organisation), store_text(u->service),
			       store_text(u->sub), store_text(u->category), store_text(u->purpose), store_int(now_us),
			       store_int(opened_us)),
		    out);
}

/* Everything that is asked of the operator's other rows, under their lock. */
static enum status
check_operator(struct store_tx *tx, const struct store_breakglass *b)
{
	CLEANUP(store_breakglass_clear) struct store_breakglass equal = { 0 };
	const struct store_breakglass_use use = { b->operator_id, b->organisation, b->service,
						  b->sub,         b->category,     b->purpose };
	bool suspended;
	enum status st;

	TRY(store_change(tx->db, SQL_BREAKGLASS_LOCK, STORE_ARGS(store_text(b->operator_id))));
	TRY(store_breakglass_suspended(tx->db, b->operator_id, b->opened_us, &suspended));
	if (suspended)
		return E_USED;
	/* Whoever raced us may have read the clock a little later and got the lock a little earlier: equal all the
	 * same. */
	st = find_equal(tx->db, &use, b->opened_us, INT64_MAX, &equal);
	if (st == OK)
		return E_CONFLICT;
	return st == E_NOT_FOUND ? OK : st;
}

enum status
store_breakglass_add(struct store_tx *tx, const struct store_breakglass *b, int64_t since_us, uint32_t quota)
{
	enum status st;

	TRY(check_operator(tx, b));
	st = store_change(tx->db, SQL_BREAKGLASS_ADD,
			  STORE_ARGS(store_text(b->id), store_text(b->operator_id), store_text(b->organisation),
				     store_text(b->service), store_text(b->role), store_text(b->sub),
				     store_text(b->category), store_text(b->purpose), store_text(b->reason),
				     store_blob_or_null(b->words), store_text(b->ctag), store_int(b->opened_us),
				     store_int(b->until_us), store_int(b->review_by_us), store_text(b->event_id),
				     store_int(since_us), store_int(quota)));
	return st == E_NOT_FOUND ? E_LIMITED : st;
}

enum status
store_breakglass_find(struct store *db, struct str id, struct store_breakglass *out)
{
	return find(db, SQL_BREAKGLASS_FIND, STORE_ARGS(store_text(id)), out);
}

enum status
store_breakglass_by_index(struct store *db, int64_t log_index, struct store_breakglass *out)
{
	return find(db, SQL_BREAKGLASS_BY_INDEX, STORE_ARGS(store_int(log_index)), out);
}

enum status
store_breakglass_suspended(struct store *db, struct str operator_id, int64_t now_us, bool *suspended)
{
	int64_t count;

	TRY(store_fetch_int(db, SQL_BREAKGLASS_SUSPENDED, STORE_ARGS(store_text(operator_id), store_int(now_us)),
			    &count));
	*suspended = count > 0;
	return OK;
}

enum status
store_breakglass_open(struct store *db, const struct store_breakglass_use *use, int64_t now_us,
		      struct store_breakglass *out)
{
	bool suspended;

	TRY(store_breakglass_suspended(db, use->operator_id, now_us, &suspended));
	return suspended ? E_NOT_FOUND : find_equal(db, use, now_us, now_us, out);
}

enum status
store_breakglass_close(struct store_tx *tx, struct str id, struct str operator_id, int64_t now_us)
{
	return store_change(tx->db, SQL_BREAKGLASS_CLOSE,
			    STORE_ARGS(store_text(id), store_text(operator_id), store_int(now_us)));
}

/* Why a change of one changed nothing. */
static enum status
why_not(struct store_tx *tx, struct str id, enum status otherwise)
{
	CLEANUP(store_breakglass_clear) struct store_breakglass b = { 0 };

	TRY(store_breakglass_find(tx->db, id, &b));
	return b.log_index == STORE_NO_INDEX ? E_NOT_FOUND : otherwise;
}

enum status
store_breakglass_review(struct store_tx *tx, struct str id, struct str verdict, struct str reviewer, struct str words,
			int64_t now_us)
{
	enum status st = store_change(tx->db, SQL_BREAKGLASS_REVIEW,
				      STORE_ARGS(store_text(id), store_text(verdict), store_text(reviewer),
						 store_blob_or_null(words), store_int(now_us)));

	return st == E_NOT_FOUND ? why_not(tx, id, E_USED) : st;
}

enum status
store_breakglass_restore(struct store_tx *tx, struct str id, int64_t now_us)
{
	enum status st = store_change(tx->db, SQL_BREAKGLASS_RESTORE, STORE_ARGS(store_text(id), store_int(now_us)));

	return st == E_NOT_FOUND ? why_not(tx, id, E_CONFLICT) : st;
}

enum status
store_breakglass_overdue(struct store *db, int64_t now_us, int limit, struct store_breakglass_list *out)
{
	void *items;

	TRY(store_record_list(db, SQL_BREAKGLASS_OVERDUE, STORE_ARGS(store_int(now_us), store_int(limit)), &record,
			      &items, &out->count, &out->mem));
	out->items = items;
	return OK;
}

enum status
store_breakglass_suspend(struct store_tx *tx, struct str id, int64_t now_us)
{
	return store_change(tx->db, SQL_BREAKGLASS_SUSPEND, STORE_ARGS(store_text(id), store_int(now_us)));
}

enum status
store_breakglass_page(struct store *db, const struct store_breakglass_filter *f, int64_t now_us, struct str cursor,
		      int limit, struct store_breakglass_list *out)
{
	struct store_page page;

	TRY(store_page_read(db, SQL_BREAKGLASS_PAGE,
			    STORE_ARGS(store_text(f->organisation), store_text(f->operator_id), store_text(f->state),
				       store_int(now_us)),
			    &paging, cursor, limit, &page));
	STORE_PAGE_GIVE(page, out);
	return OK;
}

enum status
store_breakglass_count(struct store *db, struct str operator_id, int64_t from_us, int64_t until_us, int64_t now_us,
		       struct store_breakglass_counts *out)
{
	CLEANUP(store_result_drop) struct store_result *rows = NULL;
	int64_t *const to[] = { &out->opened, &out->in_time, &out->unjustified, &out->waiting, &out->late };

	TRY(store_fetch(db, SQL_BREAKGLASS_COUNT,
			STORE_ARGS(store_text(operator_id), store_int(from_us), store_int(until_us), store_int(now_us)),
			&rows));
	for (size_t i = 0; i < ARRAY_LEN(to); i++)
		TRY(store_result_int(rows, 0, i, to[i]));
	return OK;
}
