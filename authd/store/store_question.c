#include "authd/store/store_question.h"

#include "authd/store/store_bound.h"
#include "authd/store/store_page.h"
#include "authd/store/store_record.h"

#define ADDED      17
#define TURN_ADDED 8

static const struct store_field fields[] = {
	FIELD(TEXT, struct store_question, id),
	FIELD(TEXT, struct store_question, sub),
	FIELD(LONG, struct store_question, log_index_about),
	FIELD(TEXT, struct store_question, kind),
	FIELD(BLOB, struct store_question, text),
	FIELD(TEXT, struct store_question, state),
	FIELD(LONG, struct store_question, created_us),
	FIELD(LONG, struct store_question, asked_us),
	FIELD(LONG, struct store_question, due_us),
	FIELD(TEXT, struct store_question, organisation),
	FIELD(TEXT, struct store_question, service),
	FIELD(TEXT, struct store_question, operators),
	FIELD(INT, struct store_question, follow_ups),
	FIELD(TIME, struct store_question, answered_us),
	FIELD(TIME, struct store_question, escalated_us),
	FIELD(TEXT, struct store_question, escalated_why),
	FIELD(TEXT, struct store_question, event_id),
	FIELD(INDEX, struct store_question, log_index),
};
static const struct store_record record = STORE_RECORD(struct store_question, fields);
static const struct store_paging paging = { .rec = &record, .keys = { 6, 0 }, .key_count = 2, .newest_first = true };

static const struct store_field turn_fields[] = {
	FIELD(TEXT, struct store_turn, turn_id),    FIELD(TEXT, struct store_turn, question_id),
	FIELD(TEXT, struct store_turn, sub),        FIELD(TEXT, struct store_turn, side),
	FIELD(TEXT, struct store_turn, author),     FIELD(BLOB, struct store_turn, text),
	FIELD(LONG, struct store_turn, at_us),      FIELD(TEXT, struct store_turn, event_id),
	FIELD(INDEX, struct store_turn, log_index),
};
static const struct store_record turn_record = STORE_RECORD(struct store_turn, turn_fields);

void
store_question_clear(struct store_question *q)
{
	store_result_drop(&q->mem);
	*q = (struct store_question){ 0 };
}

void
store_question_list_clear(struct store_question_list *l)
{
	store_result_drop(&l->mem);
	*l = (struct store_question_list){ 0 };
}

void
store_turn_list_clear(struct store_turn_list *l)
{
	store_result_drop(&l->mem);
	*l = (struct store_turn_list){ 0 };
}

static enum status
check_room(struct store_tx *tx, const struct store_question *q)
{
	const struct store_value recent[] = { store_text(q->sub), store_int(q->created_us - DAY_US) };

	TRY(store_bound_lock(tx, SQL_PERSON_LOCK, q->sub));
	TRY(store_bound_room(tx, SQL_QUESTION_WAITING_OF, STORE_ARGS(store_text(q->sub)), STORE_QUESTIONS_WAITING));
	return store_bound_room(tx, SQL_QUESTION_RECENT_OF, recent, ARRAY_LEN(recent), STORE_QUESTIONS_IN_DAY);
}

enum status
store_question_add(struct store_tx *tx, const struct store_question *q)
{
	struct store_question fresh = *q;

	TRY(check_room(tx, q));
	fresh.state = STR("open");
	fresh.asked_us = q->created_us;
	fresh.follow_ups = 0;
	fresh.answered_us = fresh.escalated_us = 0;
	fresh.escalated_why = STR("");
	return store_record_put(tx->db, SQL_QUESTION_ADD, &record, ADDED, &fresh);
}

enum status
store_question_find(struct store *db, struct str id, struct str sub, struct store_question *out)
{
	struct store_result *mem;

	TRY(store_record_find(db, SQL_QUESTION_FIND, STORE_ARGS(store_text(id), store_text(sub)), &record, out, &mem));
	out->mem = mem;
	return OK;
}

/* ---- steps ---- */

static enum status
used(enum status st)
{
	return st == E_NOT_FOUND ? E_USED : st;
}

enum status
store_question_take(struct store_tx *tx, struct str id)
{
	return used(store_change(tx->db, SQL_QUESTION_TAKE, STORE_ARGS(store_text(id))));
}

enum status
store_question_answer(struct store_tx *tx, struct str id, int64_t now_us)
{
	return used(store_change(tx->db, SQL_QUESTION_ANSWER, STORE_ARGS(store_text(id), store_int(now_us))));
}

enum status
store_question_close(struct store_tx *tx, struct str id, int64_t now_us)
{
	return used(store_change(tx->db, SQL_QUESTION_CLOSE, STORE_ARGS(store_text(id), store_int(now_us))));
}

enum status
store_question_follow(struct store_tx *tx, struct str id, int64_t since_us, int64_t now_us, int64_t due_us)
{
	return used(store_change(tx->db, SQL_QUESTION_FOLLOW,
				 STORE_ARGS(store_text(id), store_int(now_us), store_int(due_us),
					    store_int(STORE_QUESTION_AGAINS), store_int(since_us))));
}

enum status
store_question_escalate(struct store_tx *tx, const struct store_question *q, struct str why, int64_t now_us,
			int64_t due_us)
{
	return used(store_change(tx->db, SQL_QUESTION_ESCALATE,
				 STORE_ARGS(store_text(q->id), store_int(now_us), store_int(due_us), store_text(why),
					    store_text(q->state), store_int(q->due_us))));
}

/* ---- lists ---- */

enum status
store_question_page(struct store *db, struct str sub, struct str state, struct str cursor, int limit,
		    struct store_question_list *out)
{
	struct store_page page;

	TRY(store_page_read(db, SQL_QUESTION_PAGE_OF, STORE_ARGS(store_text(sub), store_text(state)), &paging, cursor,
			    limit, &page));
	STORE_PAGE_GIVE(page, out);
	return OK;
}

enum status
store_question_page_for(struct store *db, struct str organisation, bool nobodys, struct str service, struct str state,
			struct str cursor, int limit, struct store_question_list *out)
{
	struct store_page page;

	if (organisation.n == 0)
		return E_INVALID;
	TRY(store_page_read(db, SQL_QUESTION_PAGE_FOR,
			    STORE_ARGS(store_text(organisation), store_text(nobodys ? STR("") : organisation),
				       store_text(service), store_text(state)),
			    &paging, cursor, limit, &page));
	STORE_PAGE_GIVE(page, out);
	return OK;
}

enum status
store_question_overdue(struct store *db, int64_t now_us, int limit, struct store_question_list *out)
{
	void *items;

	TRY(store_record_list(db, SQL_QUESTION_OVERDUE, STORE_ARGS(store_int(now_us), store_int(limit)), &record,
			      &items, &out->count, &out->mem));
	out->items = items;
	return OK;
}

enum status
store_turn_add(struct store_tx *tx, const struct store_turn *t)
{
	return store_record_put(tx->db, SQL_QUESTION_TURN_ADD, &turn_record, TURN_ADDED, t);
}

enum status
store_turn_of(struct store *db, struct str question_id, struct store_turn_list *out)
{
	void *items;

	TRY(store_record_list(db, SQL_QUESTION_TURN_OF,
			      STORE_ARGS(store_text(question_id), store_int(STORE_QUESTION_TURNS)), &turn_record,
			      &items, &out->count, &out->mem));
	out->items = items;
	return OK;
}
