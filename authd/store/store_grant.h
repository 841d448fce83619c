/* store_grant.h: what a person granted a client in one authorization; revoking it revokes its tokens. */
#ifndef AUTHD_STORE_STORE_GRANT_H
#define AUTHD_STORE_STORE_GRANT_H

#include "authd/store/store.h"

struct store_grant {
	struct str grant_id;
	struct str client_id;
	struct str sub;
	struct str sid;
	struct str scope;
	int64_t created_us;
	int64_t revoked_us; /* 0: in force */
	struct store_result *mem;
};

void store_grant_clear(struct store_grant *g);

MUST_USE enum status store_grant_add(struct store_tx *tx, const struct store_grant *g);
/* E_NOT_FOUND. Revoked ones are found. */
MUST_USE enum status store_grant_find(struct store *db, struct str grant_id, struct store_grant *out);
/* Revokes it and every token issued under it. Fine when revoked before; E_NOT_FOUND when there is none. */
MUST_USE enum status store_grant_revoke(struct store_tx *tx, struct str grant_id, int64_t now_us);
/* The same for every grant of a session. */
MUST_USE enum status store_grant_revoke_session(struct store_tx *tx, struct str sid, int64_t now_us);

#endif
