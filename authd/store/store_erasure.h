/*
 * store_erasure.h: how far the erasure of a person is, so that one which a crash cut short is finished. The person's
 * own rows go with store_person_erase(); this one stays and names nobody.
 */
#ifndef AUTHD_STORE_STORE_ERASURE_H
#define AUTHD_STORE_STORE_ERASURE_H

#include "authd/store/store.h"

#define STORE_ERASURE_ASKED     "asked"     /* subject.erasing is in the outbox or the log; the person is out */
#define STORE_ERASURE_DESTROYED "destroyed" /* the key is gone */
#define STORE_ERASURE_DONE      "done"      /* and its remains; subject.erased is in the outbox or the log */

struct store_erasure {
	struct str sub;
	struct str asked_by; /* the administrator: what the entries call them */
	int64_t asked_us;
	struct str state; /* STORE_ERASURE_… */
	struct str erasing_event_id;
	struct str erased_event_id;
	int64_t erasing_index; /* STORE_NO_INDEX: not yet in the log */
	struct str erasing_leaf;
	int64_t erased_index;
	struct str erased_leaf;
	struct store_result *mem;
};

struct store_erasure_list {
	struct store_erasure *items;
	size_t count;
	struct store_result *mem;
};

void store_erasure_clear(struct store_erasure *e);
void store_erasure_list_clear(struct store_erasure_list *l);

/* E_CONFLICT when there is one for this person (ends the transaction). */
MUST_USE enum status store_erasure_add(struct store_tx *tx, const struct store_erasure *e);
MUST_USE enum status store_erasure_find(struct store *db, struct str sub, struct store_erasure *out);
/* Those not done that were asked for before before_us, oldest first. */
MUST_USE enum status store_erasure_open(struct store *db, int64_t before_us, int limit, struct store_erasure_list *out);
/* From one state to the next. E_USED: somebody else was first. */
MUST_USE enum status store_erasure_go_on(struct store_tx *tx, struct str sub, struct str from, struct str to);

#endif
