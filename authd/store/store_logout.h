/*
 * store_logout.h: who must be told of a session's end (OpenID Connect Back-Channel Logout). store_session_end() and
 * store_session_end_all() turn "was told of" into "must be told" in their own transaction, so that no caller of theirs
 * can forget it; store_logout_lapse() does the same for a session that ended by silence or age.
 */
#ifndef AUTHD_STORE_STORE_LOGOUT_H
#define AUTHD_STORE_STORE_LOGOUT_H

#include "authd/store/store.h"

/*
 * Notes that the client gets an ID token of this session, with `subject` as the person's name for it. Fine when it is
 * noted already. E_NOT_FOUND: the session is over; nobody would ever tell the client so.
 */
MUST_USE enum status store_logout_told(struct store_tx *tx, struct str sid, struct str client_id, struct str subject);

/* For store_session.c, after the row was ended. keep_sid as in store_session_end_all(). */
MUST_USE enum status store_logout_of_session(struct store_tx *tx, struct str sid, int64_t now_us);
MUST_USE enum status store_logout_of_person(struct store_tx *tx, struct str sub, struct str keep_sid, int64_t now_us);

/* ---- sessions that end by themselves ---- */

struct store_lapse {
	struct str sid;
	struct str sub;
	int64_t seen_us;
	int64_t idle_us_limit;
	int64_t expires_us;
};
struct store_lapse_list {
	struct store_lapse *items;
	size_t count;
	struct store_result *mem;
};
void store_lapse_list_clear(struct store_lapse_list *l);

/* Sessions whose end somebody waits for and that may have lapsed by now; one with several clients comes several times.
 */
MUST_USE enum status store_logout_lapsing(struct store *db, int64_t now_us, int limit, struct store_lapse_list *out);
/* It was used since: not again before look_us. */
MUST_USE enum status store_logout_look(struct store *db, struct str sid, int64_t look_us);
/* Ends a session that is past its silence or its age. E_NOT_FOUND: it is not, or has ended. */
MUST_USE enum status store_logout_lapse(struct store_tx *tx, struct str sid, int64_t now_us);

/* ---- telling ---- */

struct store_notice {
	struct str sid;
	struct str client_id;
	struct str subject; /* as the client's ID token named the person */
	struct str sub;
	int64_t ended_us;
	int64_t next_us; /* not before */
	int attempts;    /* so far */
};
struct store_notice_list {
	struct store_notice *items;
	size_t count;
	struct store_result *mem;
};
void store_notice_list_clear(struct store_notice_list *l);

/* One of each client at most, the longest due first. */
MUST_USE enum status store_notice_due(struct store *db, int64_t now_us, int limit, struct store_notice_list *out);
/*
 * Takes it for one attempt, until lease_us: whoever dies with it leaves it to be taken again then. E_NOT_FOUND:
 * somebody else took it, or it is done.
 */
MUST_USE enum status store_notice_claim(struct store *db, const struct store_notice *n, int64_t lease_us);
/* Told, or given up. E_NOT_FOUND: it is gone already. */
MUST_USE enum status store_notice_drop(struct store *db, const struct store_notice *n);
/* The client answers again: all that waits for it is due now. */
MUST_USE enum status store_notice_hurry(struct store *db, struct str client_id, int64_t now_us);
/* Not before next_us: this one and every other of the client that would come earlier. They count as tried as often. */
MUST_USE enum status
store_notice_put_off(struct store *db, const struct store_notice *n, int64_t next_us, int attempts);
/* How many wait, and when the session of the oldest ended (0: none). */
MUST_USE enum status store_notice_waiting(struct store *db, int64_t *count, int64_t *oldest_us);

#endif
