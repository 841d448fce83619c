/* mandating_parts.h: what the files of mandating.h share. */
#ifndef AUTHD_ACCESS_MANDATING_PARTS_H
#define AUTHD_ACCESS_MANDATING_PARTS_H

#include "authd/access/mandating.h"
#include "authd/audit/audit.h"
#include "authd/notify/inbox.h"
#include "authd/store/store_death.h"
#include "authd/store/store_person.h"

/* One that is being made: what is asked for, and the row that comes of it, which borrows from here. */
struct mandating_making {
	struct request *rq;
	const struct mandating_terms *terms;
	struct store_person represented, representative;
	struct buf mandate_id, rep_id, document;
	struct store_death death; /* that an heir's mandate rests on */
	struct store_mandate row;
};
void mandating_making_clear(struct mandating_making *m);

/* E_INVALID, said. */
enum status mandating_refuse(struct request *rq, const char *why);
/* Somebody who is there, with a key. E_NOT_FOUND. */
MUST_USE enum status mandating_find_active(struct request *rq, struct str sub, struct store_person *out);
bool mandating_is_heir(struct str kind);
/* Whose death stands, and is in the log: an heir of anybody else is none. E_NOT_FOUND. */
MUST_USE enum status
mandating_find_dead(struct request *rq, struct str sub, struct store_person *out, struct store_death *death);
/* Purposes, actions, term. E_INVALID, said. */
MUST_USE enum status mandating_terms_check(struct mandating_making *m);
/* Names it and seals its paper; m->represented is there by then. E_INVALID, said. */
MUST_USE enum status mandating_terms_fill(struct mandating_making *m);

/* What makes one active: the code's use, or the second person's word. */
struct mandating_granting {
	struct request *rq;
	const struct store_mandate *m;
	struct str representative;
	const struct officer *confirmer; /* NULL: the code was used */
	struct store_person represented;
	struct store_death death; /* of an heir's */
	struct audit_draft draft;
};
void mandating_granting_clear(struct mandating_granting *g);
/* Active, with its entry in the log, and both are told. E_NOT_FOUND: it does not wait for that any more. */
MUST_USE enum status mandating_grant(struct mandating_granting *g);

/* Both are told; representative may be empty: nobody took it. */
MUST_USE enum status
mandating_tell(struct store_tx *tx, const struct store_mandate *m, struct str representative, enum inbox_kind kind);

/* The entry of an end of one that is in the log; ev: which event, and who. */
MUST_USE enum status mandating_end_draft(struct authd *a, struct store *db, struct audit_event *ev,
					 const struct store_mandate *m, struct str reason, struct audit_draft *out);
/* The entry of an end of one that an office registered and nobody confirmed; why: constant text. */
MUST_USE enum status mandating_lapse_draft(struct authd *a, struct store *db, const struct store_mandate *m,
					   struct str why, struct audit_draft *out);

#endif
