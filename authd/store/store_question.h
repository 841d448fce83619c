/*
 * store_question.h: questions and complaints of people about entries of the log, and what was said back and forth.
 *
 *	open ─▶ in_work ─▶ answered ─▶ open (asked again) …      answered, or its term over ─▶ escalated ─▶ closed
 *
 * Each step names the state that it leaves: of two at once one finds it gone. How many somebody may ask is counted
 * here, also of those that come at the same moment (store_bound.h).
 */
#ifndef AUTHD_STORE_STORE_QUESTION_H
#define AUTHD_STORE_STORE_QUESTION_H

#include "authd/store/store.h"

#define STORE_QUESTIONS_IN_DAY  10 /* of one person */
#define STORE_QUESTIONS_WAITING 20 /* of one person, without an answer */
#define STORE_QUESTION_AGAINS   3  /* how often a person may come back to one answer after another */
#define STORE_QUESTION_TURNS    16 /* more than can be: three times asked again and answered, one word to the officer */

struct store_question {
	struct str id;
	struct str sub;
	int64_t log_index_about;
	struct str kind;  /* "question", "complaint" */
	struct str text;  /* sealed */
	struct str state; /* "open", "in_work", "answered", "escalated", "closed" */
	int64_t created_us;
	int64_t asked_us;         /* when the term that runs began */
	int64_t due_us;           /* when the answer is due: of the organisation, or of the privacy officer */
	struct str organisation;  /* whose it is to answer; "": that of nobody known (the installation's own) */
	struct str service;       /* whose entry it is about; "": none of the policy */
	struct str operators;     /* pseudonyms of who did it, a space before and behind each */
	int follow_ups;           /* how often it was asked again */
	int64_t answered_us;      /* 0: not yet */
	int64_t escalated_us;     /* 0: never */
	struct str escalated_why; /* "no_answer", "not_satisfied"; "": it was not */
	struct str event_id;      /* of question.opened */
	int64_t log_index;
	struct store_result *mem;
};

struct store_question_list {
	struct store_question *items;
	size_t count;
	struct store_cursor next;
	struct store_result *mem;
};

/* One text behind the first. */
struct store_turn {
	struct str turn_id;
	struct str question_id;
	struct str sub;    /* whose question */
	struct str side;   /* "person", "organisation", "officer" */
	struct str author; /* the official's pseudonym; "" of the person */
	struct str text;   /* sealed */
	int64_t at_us;
	struct str event_id;
	int64_t log_index; /* shown from then on */
	struct store_result *mem;
};

struct store_turn_list {
	struct store_turn *items;
	size_t count;
	struct store_result *mem;
};

void store_question_clear(struct store_question *q);
void store_question_list_clear(struct store_question_list *l);
void store_turn_list_clear(struct store_turn_list *l);

/* Adds one in state "open". E_LIMITED: too many of this person, in a day or without an answer. */
MUST_USE enum status store_question_add(struct store_tx *tx, const struct store_question *q);
/* sub empty: anybody's. E_NOT_FOUND. */
MUST_USE enum status store_question_find(struct store *db, struct str id, struct str sub, struct store_question *out);

/* ---- steps; E_USED: it is not in the state that the step begins from ---- */

MUST_USE enum status store_question_take(struct store_tx *tx, struct str id);
MUST_USE enum status store_question_answer(struct store_tx *tx, struct str id, int64_t now_us);
/* By the privacy officer: the last word here. */
MUST_USE enum status store_question_close(struct store_tx *tx, struct str id, int64_t now_us);
/* Asked again, behind an answer that is newer than since_us. E_USED also when it was asked again often enough. */
MUST_USE enum status
store_question_follow(struct store_tx *tx, struct str id, int64_t since_us, int64_t now_us, int64_t due_us);
/* From the state and term that q was read with. */
MUST_USE enum status store_question_escalate(struct store_tx *tx, const struct store_question *q, struct str why,
					     int64_t now_us, int64_t due_us);

/* ---- lists ---- */

/* Newest first, of a person; state empty: all. */
MUST_USE enum status store_question_page(struct store *db, struct str sub, struct str state, struct str cursor,
					 int limit, struct store_question_list *out);
/*
 * Newest first, what an organisation has to answer, once it is in the log; nobodys: also what is nobody's. service or
 * state empty: all.
 */
MUST_USE enum status
store_question_page_for(struct store *db, struct str organisation, bool nobodys, struct str service, struct str state,
			struct str cursor, int limit, struct store_question_list *out);
/* The oldest whose organisation has not answered in time. */
MUST_USE enum status
store_question_overdue(struct store *db, int64_t now_us, int limit, struct store_question_list *out);

MUST_USE enum status store_turn_add(struct store_tx *tx, const struct store_turn *t);
/* In the order in which they were said. */
MUST_USE enum status store_turn_of(struct store *db, struct str question_id, struct store_turn_list *out);

#endif
