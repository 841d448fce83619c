#include "authd/store/store_question.h"

#include "authd/store/store_page.h"
#include "authd/store/store_record.h"

#define ADDED 11

static const struct store_field fields[] = {
	FIELD(TEXT, struct store_question, id),
	FIELD(TEXT, struct store_question, sub),
	FIELD(LONG, struct store_question, log_index_about),
	FIELD(TEXT, struct store_question, kind),
	FIELD(BLOB, struct store_question, text),
	FIELD(TEXT, struct store_question, state),
	FIELD(LONG, struct store_question, created_us),
	FIELD(BLOB_OR_NULL, struct store_question, answer),
	FIELD(TIME, struct store_question, answered_us),
	FIELD(LONG, struct store_question, due_us),
	FIELD(TEXT, struct store_question, event_id),
	FIELD(INDEX, struct store_question, log_index),
};
static const struct store_record record = STORE_RECORD(struct store_question, fields);
static const struct store_paging paging = { .rec = &record, .keys = { 6, 0 }, .key_count = 2, .newest_first = true };

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

enum status
store_question_add(struct store_tx *tx, const struct store_question *q)
{
	struct store_question fresh = *q;

	fresh.state = STR("open");
	fresh.answer = (struct str){ 0 };
	fresh.answered_us = 0;
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

enum status
store_question_answer(struct store_tx *tx, struct str id, struct str answer, int64_t now_us)
{
	return store_change(tx->db, SQL_QUESTION_ANSWER,
			    STORE_ARGS(store_text(id), store_blob(answer), store_int(now_us)));
}

enum status
store_question_page(struct store *db, struct str sub, struct str state, struct str cursor, int limit,
		    struct store_question_list *out)
{
	struct store_page page;

	if (sub.n > 0)
		TRY(store_page_read(db, SQL_QUESTION_PAGE_OF, STORE_ARGS(store_text(sub), store_text(state)), &paging,
				    cursor, limit, &page));
	else
		TRY(store_page_read(db, SQL_QUESTION_PAGE, STORE_ARGS(store_text(state)), &paging, cursor, limit,
				    &page));
	STORE_PAGE_GIVE(page, out);
	return OK;
}
