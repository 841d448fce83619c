/*
 * store_mandate.h: who may act for whom, in which session it is being done, and the tokens that were made so. A mandate
 * counts with a log index only; it ends at commit, and with it the acting in all sessions and its tokens.
 */
#ifndef AUTHD_STORE_STORE_MANDATE_H
#define AUTHD_STORE_STORE_MANDATE_H

#include "authd/store/store.h"

struct store_mandate {
	struct str mandate_id;     /* "mnd_…" */
	struct str sub;            /* whom it represents */
	struct str representative; /* who does; p NULL: the code has not been used yet */
	struct str kind;           /* "parent", "guardian", "power_of_attorney", "heir" */
	struct str state;          /* "proposed", "active", "revoked", "ended" */
	struct str rep_id;         /* "rep_…": how entries name the representative under this mandate */
	struct str purposes;       /* "*", or names separated by a space */
	int actions;               /* MANDATE_… of access/mandate.h */
	struct str document;       /* sealed under the represented person's key; p NULL: none */
	int64_t issued_us;         /* of the document */
	int64_t from_us, until_us;
	int64_t majority_us;     /* 18th birthday of the represented; 0: an adult */
	struct str zone;         /* IANA name that the ends were reckoned in */
	struct str organisation; /* that verified it; p NULL: the person gave it themselves */
	struct str operator_id;  /* who registered it: a pseudonym; p NULL likewise */
	struct str confirmer;    /* who confirmed it: another */
	struct str code_hash;    /* SHA-256 of the code to hand over; p NULL: none, or used */
	int64_t code_until_us;
	struct str reason; /* of its end: "revoked", "resigned", "expired", "majority", "disputed", "unfounded",
			      "death", "representative_death", "declined", "erased"; p NULL */
	int64_t created_us, ended_us, frozen_us;
	struct str event_id; /* of mandate.granted; "" before */
	int64_t log_index;
	/* Both people: active, with a key, not dead. Of an heir's: also when the death was taken back. Read only */
	bool represented_there;
	bool representative_there;
	struct store_result *mem;
};

struct store_mandate_list {
	struct store_mandate *items;
	size_t count;
	struct store_cursor next;
	struct store_result *mem;
};

/* Empty: all of them. */
struct store_mandate_filter {
	struct str organisation; /* only what officials of this one registered */
	struct str sub, representative;
	struct str state, kind;
	bool no_heirs;
};

void store_mandate_clear(struct store_mandate *m);
void store_mandate_list_clear(struct store_mandate_list *l);

/* In state "proposed". E_CONFLICT; E_NOT_FOUND: no such person (both end the transaction). */
MUST_USE enum status store_mandate_add(struct store_tx *tx, const struct store_mandate *m);
/* Likewise, one with a code. E_LIMITED: `most` of this person's wait for theirs at m->created_us. */
MUST_USE enum status store_mandate_offer(struct store_tx *tx, const struct store_mandate *m, int64_t most);
/* E_NOT_FOUND. */
MUST_USE enum status store_mandate_find(struct store *db, struct str mandate_id, struct store_mandate *out);
/* All of one pair, newest first. */
MUST_USE enum status
store_mandate_between(struct store *db, struct str representative, struct str sub, struct store_mandate_list *out);
/* Given by, and held by, one person; newest first, at most STORE_LIST_MAX. */
MUST_USE enum status store_mandate_of(struct store *db, struct str sub, struct store_mandate_list *out);
/* By id. */
MUST_USE enum status store_mandate_page(struct store *db, const struct store_mandate_filter *f, struct str cursor,
					int limit, struct store_mandate_list *out);
/* One that waits for this code. E_NOT_FOUND: unknown, used, too late. */
MUST_USE enum status
store_mandate_by_code(struct store *db, struct str code_hash, int64_t now_us, struct store_mandate *out);

/* The code is used: the representative is there and the mandate active. E_NOT_FOUND: used meanwhile, or too late. */
MUST_USE enum status store_mandate_accept(struct store_tx *tx, struct str mandate_id, struct str representative,
					  struct str event_id, int64_t now_us);
/* A second person confirms what the first registered. E_NOT_FOUND: not proposed, or the same one. */
MUST_USE enum status
store_mandate_confirm(struct store_tx *tx, struct str mandate_id, struct str confirmer, struct str event_id);
/*
 * Ends it ("revoked" or "ended") with a reason; the acting in all sessions and its tokens with it. E_NOT_FOUND: it has
 * ended before.
 */
MUST_USE enum status
store_mandate_end(struct store_tx *tx, struct str mandate_id, struct str state, struct str reason, int64_t now_us);
/* Something is done under it in this transaction: it is in force until before_us, and nothing ends it before the
 * commit. E_NOT_FOUND: it is not. */
MUST_USE enum status store_mandate_act(struct store_tx *tx, struct str mandate_id, int64_t before_us);
/* What an office registered until before_us and nobody confirmed; oldest first. Does not say who is there. */
MUST_USE enum status
store_mandate_unconfirmed(struct store *db, int64_t before_us, int limit, struct store_mandate_list *out);
/* One that is "proposed" becomes "ended" for that reason. E_NOT_FOUND: confirmed, taken or ended meanwhile. */
MUST_USE enum status store_mandate_lapse(struct store_tx *tx, struct str mandate_id, struct str reason, int64_t now_us);
/* Of one person, in either part, "proposed" or "active"; oldest first. */
MUST_USE enum status store_mandate_alive(struct store *db, struct str sub, int limit, struct store_mandate_list *out);
/* Active ones whose end has come and nobody wrote it down; oldest end first. */
MUST_USE enum status store_mandate_due(struct store *db, int64_t now_us, int limit, struct store_mandate_list *out);
/*
 * Freezes all given or held by a person, those too that an office has only prepared, and ends the acting and tokens
 * under them; *count of them. Codes that the person handed out and nobody used are good for nothing any more.
 */
MUST_USE enum status store_mandate_freeze(struct store_tx *tx, struct str sub, int64_t now_us, int *count);

/* ---- "this was not me" ---- */

/*
 * The person is frozen from now on, and with them what they gave and hold (store_mandate_freeze). What becomes active
 * until they thaw (store_mandate_accept, _confirm) begins frozen.
 */
MUST_USE enum status store_freeze_set(struct store_tx *tx, struct str sub, int64_t now_us, int *count);
/* 0: not frozen. */
MUST_USE enum status store_freeze_find(struct store *db, struct str sub, int64_t *frozen_us);
/*
 * E_UNAVAILABLE: the entry that froze the person is still on its way. What may only follow it, a sign-in or a client
 * that is let in anew, must not stand in the log before it.
 */
MUST_USE enum status store_freeze_logged(struct store_tx *tx, struct str sub);
/*
 * Not frozen any more, and those mandates neither whose other side is not frozen. E_NOT_FOUND: not frozen since
 * frozen_us, but perhaps anew.
 */
MUST_USE enum status store_freeze_lift(struct store_tx *tx, struct str sub, int64_t frozen_us);

/* One represents the other, in either direction, at now. A frozen one counts. */
MUST_USE enum status store_mandate_related(struct store *db, struct str a, struct str b, int64_t now_us, bool *related);

/* ---- acting in a session ---- */

/* The session acts under the mandate from now on; an empty mandate_id: for itself again. */
MUST_USE enum status store_acting_set(struct store_tx *tx, struct str sid, struct str mandate_id, int64_t now_us);
/* The mandate that a session acts under, whether it holds or not. E_NOT_FOUND: none. */
MUST_USE enum status store_acting_find(struct store *db, struct str sid, struct store_mandate *out);

/* A token made under a mandate: it is revoked with it. E_NOT_FOUND: the mandate is not active any more. */
MUST_USE enum status
store_mandate_token(struct store_tx *tx, struct str mandate_id, struct str jti, int64_t expires_us);
/* The mandate that a token was made under, whether it holds or not. E_NOT_FOUND. */
MUST_USE enum status store_mandate_by_token(struct store *db, struct str jti, struct store_mandate *out);

#endif
