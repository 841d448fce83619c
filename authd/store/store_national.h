/*
 * store_national.h: whose national number it is: by an HMAC of it, never by the number. Whom services asked about and
 * who is not here is a stranger: a person without login, particulars and event, so that a request waits for them as for
 * anybody. When they come, they find it.
 */
#ifndef AUTHD_STORE_STORE_NATIONAL_H
#define AUTHD_STORE_STORE_NATIONAL_H

#include "authd/store/store_person.h"

struct store_national {
	struct str sub;
	int stranger; /* 0: a person's own */
	struct store_result *mem;
};

void store_national_clear(struct store_national *n);

/* E_NOT_FOUND: nobody's, and nobody asked. */
MUST_USE enum status store_national_find(struct store *db, struct str hash, struct store_national *out);
/* A person's own, in the transaction that makes them. E_CONFLICT: it is somebody's (the transaction stays usable). */
MUST_USE enum status store_national_add(struct store_tx *tx, struct str hash, struct str sub);
/* The person that a stranger turns out to be: p->sub and the key are the stranger's. E_CONFLICT: they came already. */
MUST_USE enum status store_national_arrive(struct store_tx *tx, struct str hash, const struct store_person *p);

/* ---- being asked about for the first time in a while: the same number of statements in each case ---- */

/* Nobody's: a stranger with this sub and key. E_CONFLICT: somebody was faster. */
MUST_USE enum status
store_stranger_add(struct store_tx *tx, struct str hash, struct str sub, struct str wrapped_key, int64_t now_us);
/* A stranger again. E_NOT_FOUND: forgotten, or a person, in this moment. */
MUST_USE enum status store_stranger_asked(struct store_tx *tx, struct str hash, int64_t now_us);
/* A person: what is written stands for nobody. noise: three texts of one use. */
MUST_USE enum status store_stranger_none(struct store_tx *tx, const struct str noise[3], int64_t now_us);

/* ---- and forgotten ---- */

#define STORE_STRANGERS_MOST 100
/*
 * Forgets up to `batch` (at most STORE_STRANGERS_MOST) whom nobody has asked about anew since `before_us` and for whom
 * no request is open: key, tags, requests and messages. *forgotten of them.
 */
MUST_USE enum status store_stranger_forget(struct store *db, int64_t before_us, int batch, size_t *forgotten);

#endif
