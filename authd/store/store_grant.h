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
	int64_t expires_us; /* nothing issued under it lives longer; 0 in _add(): a day from created_us */
	struct store_result *mem;
};

void store_grant_clear(struct store_grant *g);

MUST_USE enum status store_grant_add(struct store_tx *tx, const struct store_grant *g);
/* E_NOT_FOUND. Revoked ones are found. */
MUST_USE enum status store_grant_find(struct store *db, struct str grant_id, struct store_grant *out);
/*
 * One statement: with the grant every token that was or will be issued under it is revoked. Fine when revoked before;
 * E_NOT_FOUND when there is none.
 */
MUST_USE enum status store_grant_revoke(struct store_tx *tx, struct str grant_id, int64_t now_us);
/* The same for every grant of a session, and of a person. */
MUST_USE enum status store_grant_revoke_session(struct store_tx *tx, struct str sid, int64_t now_us);
MUST_USE enum status store_grant_revoke_person(struct store_tx *tx, struct str sub, int64_t now_us);
/* Every grant of a person to one client. Fine when there is none. */
MUST_USE enum status
store_grant_revoke_client(struct store_tx *tx, struct str sub, struct str client_id, int64_t now_us);

/* The clients that a person's grants in force are for, the latest used first; at most `limit`. */
struct store_grant_client {
	struct str client_id;
	struct str name;
	int64_t first_us, last_us; /* when the oldest and the newest of these grants were made */
};
struct store_grant_client_list {
	struct store_grant_client *items;
	size_t count;
	struct store_result *mem;
};
void store_grant_client_list_clear(struct store_grant_client_list *l);
MUST_USE enum status
store_grant_clients(struct store *db, struct str sub, int limit, struct store_grant_client_list *out);

#endif
