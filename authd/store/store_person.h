/* store_person.h: people and staff. A person stays as a row when erased: the key, the profile and the login go. */
#ifndef AUTHD_STORE_STORE_PERSON_H
#define AUTHD_STORE_STORE_PERSON_H

#include "authd/store/store.h"

#define STORE_PERSON_DISABLED 0
#define STORE_PERSON_ACTIVE   1
#define STORE_PERSON_STRANGER 2 /* only in facts: asked about by number and not here (store_national.h) */

struct store_person {
	struct str sub;
	struct str login;       /* p NULL: has none */
	struct str kind;        /* "adult", "child", "staff" */
	int status;             /* STORE_PERSON_… */
	struct str wrapped_key; /* p NULL: erased */
	struct str profile;     /* sealed; p NULL: none */
	struct str pseudonym;   /* "opr_…" of staff; p NULL: none */
	int64_t created_us;
	struct str event_id;
	int64_t log_index;
	struct store_result *mem;
};

struct store_person_list {
	struct store_person *items; /* their mem is NULL: the list's holds everything */
	size_t count;
	struct store_cursor next;
	struct store_result *mem;
};

void store_person_clear(struct store_person *p);
void store_person_list_clear(struct store_person_list *l);

/* E_CONFLICT when sub, login or pseudonym is taken (which ends the transaction). */
MUST_USE enum status store_person_add(struct store_tx *tx, const struct store_person *p);
/* E_NOT_FOUND. Disabled and erased people are found: the caller looks at status and wrapped_key. */
MUST_USE enum status store_person_find(struct store *db, struct str sub, struct store_person *out);
MUST_USE enum status store_person_by_login(struct store *db, struct str login, struct store_person *out);
MUST_USE enum status store_person_by_pseudonym(struct store *db, struct str pseudonym, struct store_person *out);
/* Sets the status and the event that did so; the log index is then unknown until the outbox writes it. E_NOT_FOUND. */
MUST_USE enum status store_person_set_status(struct store_tx *tx, struct str sub, int status, struct str event_id);
/* The sealed profile; E_NOT_FOUND, also for an erased person. */
MUST_USE enum status store_person_set_profile(struct store_tx *tx, struct str sub, struct str profile);
/*
 * Destroys the wrapped key with its tags, profile, login and factors; ends sessions, codes, grants, tokens and open
 * requests; takes roles away; disables. E_NOT_FOUND; E_USED when erased before: abandon the transaction on both.
 */
MUST_USE enum status store_person_erase(struct store_tx *tx, struct str sub, struct str event_id);
/* By sub, ascending; kind empty: all. */
MUST_USE enum status
store_person_page(struct store *db, struct str kind, struct str cursor, int limit, struct store_person_list *out);

#endif
