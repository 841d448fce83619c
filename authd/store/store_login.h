/* store_login.h: sign-ins under way, between the first form and the session. */
#ifndef AUTHD_STORE_STORE_LOGIN_H
#define AUTHD_STORE_STORE_LOGIN_H

#include "authd/store/store.h"

struct store_login {
	struct str id_hash; /* SHA-256 of the cookie's value */
	struct str sub;     /* p NULL: not known yet */
	int stage;
	struct str return_to;
	struct str csrf_hash;
	int64_t created_us;
	int64_t expires_us;
	int failures;
	struct store_result *mem;
};

void store_login_clear(struct store_login *l);

MUST_USE enum status store_login_add(struct store *db, const struct store_login *l);
/* E_NOT_FOUND: unknown and expired alike. */
MUST_USE enum status store_login_find(struct store *db, struct str id_hash, int64_t now_us, struct store_login *out);
/* From one stage to the next, naming the person, under a new id (nobody can fixate one). E_USED when the stage moved on
 * meanwhile, it expired, or there is none. */
MUST_USE enum status store_login_advance(struct store *db, struct str id_hash, int from_stage, int to_stage,
					 struct str sub, struct str new_id_hash, int64_t now_us);
/* Counts one failure; *failures is the new count. E_NOT_FOUND. */
MUST_USE enum status store_login_fail(struct store *db, struct str id_hash, int *failures);
/* Takes it out: OK once, for a live one at that stage. E_USED otherwise. */
MUST_USE enum status
store_login_consume(struct store_tx *tx, struct str id_hash, int stage, int64_t now_us, struct store_login *out);
/* Forgets it; fine when there is none. */
MUST_USE enum status store_login_drop(struct store *db, struct str id_hash);
/* Ends every sign-in of the person that is past its password: it was under the old one. */
MUST_USE enum status store_login_drop_all(struct store_tx *tx, struct str sub);

#endif
