/* store_session.h: sessions of people. Effective with a log index only; ended at commit. */
#ifndef AUTHD_STORE_STORE_SESSION_H
#define AUTHD_STORE_STORE_SESSION_H

#include "authd/store/store.h"

struct store_session {
	struct str id_hash; /* SHA-256 of the cookie's value */
	struct str sid;     /* the public name: in tokens and lists */
	struct str sub;
	struct str csrf;
	int acr;
	struct str amr;
	int64_t auth_us;
	int64_t created_us;
	int64_t seen_us;
	int64_t idle_us_limit; /* longest silence */
	int64_t expires_us;    /* absolute end */
	int64_t ended_us;      /* 0: not ended */
	struct str agent;
	struct str event_id;
	int64_t log_index;
	struct store_result *mem;
};

struct store_session_list {
	struct store_session *items;
	size_t count;
	struct store_cursor next;
	struct store_result *mem;
};

void store_session_clear(struct store_session *s);
void store_session_list_clear(struct store_session_list *l);

MUST_USE enum status store_session_add(struct store_tx *tx, const struct store_session *s);
/* The live session of a cookie. E_NOT_FOUND: unknown, ended, idle too long, expired, not yet in the log, person
 * disabled: all alike. */
MUST_USE enum status
store_session_find(struct store *db, struct str id_hash, int64_t now_us, struct store_session *out);
/* By its public name, live or not. E_NOT_FOUND. */
MUST_USE enum status store_session_by_sid(struct store *db, struct str sid, struct store_session *out);
/* Notes that a session just found was used; writes only when s->seen_us is a minute old. */
MUST_USE enum status store_session_touch(struct store *db, const struct store_session *s, int64_t now_us);
/* Another cookie for the same session. E_NOT_FOUND: it has ended, or has got another one meanwhile. */
MUST_USE enum status store_session_renew(struct store_tx *tx, struct str id_hash, struct str new_id_hash);
/*
 * Effective at commit, and with it are the notices to the clients that were told of it (store_logout.h). sub guards
 * against ending somebody else's. E_NOT_FOUND, also when it had ended.
 */
MUST_USE enum status store_session_end(struct store_tx *tx, struct str sid, struct str sub, int64_t now_us);
/* All of a person but one (keep_sid may be empty); *ended (may be NULL) counts them. */
MUST_USE enum status
store_session_end_all(struct store_tx *tx, struct str sub, struct str keep_sid, int64_t now_us, int *ended);
/* The live ones, newest first; sub empty: everybody's. */
MUST_USE enum status store_session_page(struct store *db, struct str sub, int64_t now_us, struct str cursor, int limit,
					struct store_session_list *out);

/*
 * Keeps the session as it is until this transaction ends: whoever ends it meanwhile waits, and then finds what was made
 * in it. E_NOT_FOUND: it has ended already, and nothing more may be made in it.
 */
MUST_USE enum status store_session_hold(struct store_tx *tx, struct str sid);

#endif
