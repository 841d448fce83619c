/* inquiry_parts.h: what the files of inquiry.h share. */
#ifndef AUTHD_ACCESS_INQUIRY_PARTS_H
#define AUTHD_ACCESS_INQUIRY_PARTS_H

#include "authd/access/inquiry.h"
#include "authd/audit/audit.h"

/* A text that is said about a question, ready for its row and its entry. */
struct inquiry_turn {
	char id[INQUIRY_ID_MOST + 1];
	struct buf sealed, detail;
	struct store_turn row;
};
void inquiry_turn_clear(struct inquiry_turn *t);
/* Seals text under who's key. E_INVALID, said: none, or too long. */
MUST_USE enum status
inquiry_turn_make(struct request *rq, const struct keys_person *who, const struct store_question *q, const char *side,
		  struct str author, struct str text, struct inquiry_turn *out);
/* Adds the row with its event, in the caller's transaction. */
MUST_USE enum status inquiry_turn_put(struct store_tx *tx, struct inquiry_turn *t, const struct audit_draft *d);
/* A text that can be said: E_INVALID, said. */
MUST_USE enum status inquiry_check_text(struct request *rq, struct str text);

/* What the entries about a question have in common: that of its opening as the basis, and its kind. */
void inquiry_event(const struct store_question *q, struct audit_event *ev);
/* {id, kind, about, text, state, at, due, turns, …} of a question of who's. */
MUST_USE enum status
inquiry_show(struct request *rq, const struct keys_person *who, const struct store_question *q, json_t **out);
/* When the answer is due that somebody at this organisation begins to owe now. */
MUST_USE enum status inquiry_due(const struct policy *p, struct str organisation, int64_t now_us, int64_t *due_us);
/* To the privacy officer, with the turn (NULL: none): one transaction, and who has to know is told. ev: who does it.
 * E_USED: another was faster. */
MUST_USE enum status inquiry_pass_on(struct authd *a, struct store *db, const struct store_question *q, const char *why,
				     struct audit_event *ev, struct inquiry_turn *turn);
/* The organisation that has to answer: its own, or whoever runs the installation. */
struct str inquiry_owner(const struct policy *p, const struct store_question *q);

#endif
