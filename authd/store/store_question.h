/* store_question.h: questions and complaints of people about entries of the log. */
#ifndef AUTHD_STORE_STORE_QUESTION_H
#define AUTHD_STORE_STORE_QUESTION_H

#include "authd/store/store.h"

struct store_question {
	struct str id;
	struct str sub;
	int64_t log_index_about;
	struct str kind;  /* "question", "complaint" */
	struct str text;  /* sealed */
	struct str state; /* "open", "answered" */
	int64_t created_us;
	struct str answer; /* sealed; p NULL: none */
	int64_t answered_us;
	int64_t due_us;      /* when the answer is due */
	struct str event_id; /* of question.opened */
	int64_t log_index;
	struct store_result *mem;
};

struct store_question_list {
	struct store_question *items;
	size_t count;
	struct store_cursor next;
	struct store_result *mem;
};

void store_question_clear(struct store_question *q);
void store_question_list_clear(struct store_question_list *l);

/* Adds one in state "open". */
MUST_USE enum status store_question_add(struct store_tx *tx, const struct store_question *q);
/* sub empty: anybody's. E_NOT_FOUND. */
MUST_USE enum status store_question_find(struct store *db, struct str id, struct str sub, struct store_question *out);
/* E_NOT_FOUND when there is no open one. */
MUST_USE enum status store_question_answer(struct store_tx *tx, struct str id, struct str answer, int64_t now_us);
/* Newest first; sub or state empty: all. */
MUST_USE enum status store_question_page(struct store *db, struct str sub, struct str state, struct str cursor,
					 int limit, struct store_question_list *out);

#endif
