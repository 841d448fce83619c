/*
 * inquiry.h: questions and complaints of people about an entry of the log that is about them, and the answers.
 *
 *	open ─▶ in_work ─▶ answered ─▶ open (asked again)
 *	escalated ─▶ closed
 *
 * An answered one is asked again at most STORE_QUESTION_AGAINS times, each time within INQUIRY_AGAIN_US of the answer.
 * It is escalated when its term is over, or when the person is not content with the answer, once; it is closed by what
 * the privacy officer answers.
 *
 * Whose it is to answer follows from the entry: the organisation of its service, or of the desk. It has ten working
 * days by its own calendar (workdays.h), and then the question goes to its privacy officer by itself, who has ten more.
 * What no organisation of the policy did is answered by the one that runs the installation.
 *
 * Who did what is asked about, and who is the person or related to them, neither reads nor answers; nor does the
 * privacy officer judge an answer of their own. Whoever may not see a question gets the answer of one that is not
 * there.
 *
 * Texts are sealed under the person's key, in the rows and in the entries; the entries say in clear of which kind it
 * is, who acted, and whether in time. That somebody read a text is an entry before the text leaves (R1). An answer is
 * shown to the person once its entry is durable.
 *
 * Runs on a worker (SLOW routes).
 */
#ifndef AUTHD_ACCESS_INQUIRY_H
#define AUTHD_ACCESS_INQUIRY_H

#include <jansson.h>

#include "authd/access/officer.h"
#include "authd/consent/consenting.h"
#include "authd/store/store_question.h"

struct authd;
struct store;

#define INQUIRY_TEXT_MOST    ((size_t)4000)
#define INQUIRY_WORKING_DAYS 10
#define INQUIRY_AGAIN_US     (30 * DAY_US) /* after an answer: to ask again, or to turn to the privacy officer */
#define INQUIRY_READS_MOST   240           /* texts that an official, or a service, reads in an hour */
#define INQUIRY_ID_MOST      64

/* ---- the person ---- */

struct inquiry {
	bool complaint;          /* else a question */
	uint64_t about;          /* log index; the caller has seen that the entry is about this person */
	struct str line;         /* the entry */
	struct str organisation; /* that it is of, by history_describe(); "": none of the policy */
	struct str text;
};

/* Opens it; id gets its name. E_INVALID, said: no text, or too long. E_LIMITED, said (store_question.h). */
MUST_USE enum status inquiry_open(struct request *rq, const struct consenting_giver *giver, const struct inquiry *what,
				  char id[INQUIRY_ID_MOST + 1]);
/*
 * The signed-in person's, newest first: [{id, kind, about, text, state, at, due, turns: [{side, text, at}], waits,
 * late, may_follow, may_escalate}].
 */
MUST_USE enum status inquiry_list(struct request *rq, json_t **list);
/* Asks again, behind an answer. E_NOT_FOUND; E_INVALID, E_CONFLICT, said: no text; it cannot be now. */
MUST_USE enum status inquiry_follow(struct request *rq, struct str id, struct str text);
/* To the privacy officer: behind an answer, or when none came in time. text may be empty. Statuses as above. */
MUST_USE enum status inquiry_escalate(struct request *rq, struct str id, struct str text);

/* ---- who answers ---- */

enum inquiry_side { INQUIRY_ORGANISATION, INQUIRY_OFFICER };

struct inquiry_actor {
	enum inquiry_side side;
	struct officer officer;
	struct str service; /* of a service's token: only what is about its own entries; else "" */
};

/* What waits for the actor, newest first, without any text: [{id, kind, state, about, at, due, late}]. */
MUST_USE enum status inquiry_queue(struct request *rq, const struct inquiry_actor *a, struct str state,
				   struct str cursor, int limit, json_t **list, struct store_cursor *next);
/*
 * One with its texts: as in inquiry_list(), with `person` (their login), `sub` (never to be shown) and, once the log
 * gives it, `entry` (history_describe()). An entry is durable before. E_NOT_FOUND. E_DENIED, said:
 * conflict_of_interest. E_LIMITED, said.
 */
MUST_USE enum status inquiry_read(struct request *rq, const struct inquiry_actor *a, struct str id, json_t **out);
/* "We are at it". E_CONFLICT, said: it is not new. Others as above. */
MUST_USE enum status inquiry_take(struct request *rq, const struct inquiry_actor *a, struct str id);
/* E_CONFLICT, said: it was answered, or is the privacy officer's now. E_INVALID, said: no text, or too long. */
MUST_USE enum status inquiry_answer(struct request *rq, const struct inquiry_actor *a, struct str id, struct str text);

/* ---- by itself ---- */

/* Escalates up to `most` whose term is over; *done is how many were found. One node at a time, whoever is first. */
MUST_USE enum status inquiry_sweep(struct authd *a, struct store *db, size_t most, size_t *done);

#endif
