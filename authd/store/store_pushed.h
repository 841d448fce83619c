/*
 * store_pushed.h: authorization requests that a client pushed (RFC 9126). Found as often as the person loads the page,
 * used once, when the authorization is complete.
 */
#ifndef AUTHD_STORE_STORE_PUSHED_H
#define AUTHD_STORE_STORE_PUSHED_H

#include "authd/store/store.h"

struct store_pushed {
	struct str id_hash; /* SHA-256 of what follows the prefix of the request_uri */
	struct str client_id;
	struct str params;   /* form-encoded, as pushed and checked, without credentials */
	struct str dpop_jkt; /* the key of the proof that came with it, or dpop_jkt; p NULL: none */
	int64_t created_us;
	int64_t expires_us;
	int64_t used_us; /* 0: not used */
	struct store_result *mem;
};

void store_pushed_clear(struct store_pushed *p);

MUST_USE enum status store_pushed_add(struct store *db, const struct store_pushed *p);
/* Likewise. E_LIMITED: `most` of this client's wait at p->created_us. */
MUST_USE enum status store_pushed_add_bounded(struct store *db, const struct store_pushed *p, int64_t most);
/* E_NOT_FOUND: unknown, another client's, used and expired alike. */
MUST_USE enum status
store_pushed_find(struct store *db, struct str id_hash, struct str client_id, int64_t now_us, struct store_pushed *out);
/* OK once for a live one of this client, of any number at the same time; E_USED otherwise. */
MUST_USE enum status
store_pushed_consume(struct store_tx *tx, struct str id_hash, struct str client_id, int64_t now_us);

#endif
