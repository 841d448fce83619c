/*
 * inquiry.h: questions and complaints of people about an entry of the log that is about them. The text is sealed under
 * the person's key; the entry question.opened names the entry that it is about and carries the text sealed. An answer
 * is due in ten working days (Monday to Friday; public holidays are not known here and make the term no longer).
 *
 * Runs on a worker (SLOW routes).
 */
#ifndef AUTHD_ACCESS_INQUIRY_H
#define AUTHD_ACCESS_INQUIRY_H

#include <jansson.h>

#include "authd/consent/consenting.h"

#define INQUIRY_TEXT_MOST    ((size_t)4000)
#define INQUIRY_WORKING_DAYS 10
#define INQUIRY_ID_MOST      64

struct inquiry {
	bool complaint; /* else a question */
	uint64_t about; /* log index; the caller has seen that the entry is about this person */
	struct str text;
};

/* Opens it; id gets its name. E_INVALID, said: no text, or too long. audit.h statuses. */
MUST_USE enum status inquiry_open(struct request *rq, const struct consenting_giver *giver, const struct inquiry *what,
				  char id[INQUIRY_ID_MOST + 1]);
/* The signed-in person's, newest first: [{id, kind, about, text, state, at, due, answer, answered}]. */
MUST_USE enum status inquiry_list(struct request *rq, json_t **list);
/* Ten working days after now, at the same time of day. */
int64_t inquiry_due_us(int64_t now_us);

#endif
