/*
 * breakglass.h: emergencies. An operator with the permission `break-glass` opens one person's one category for one
 * purpose, says why, and may then look without consent for a while (decision.h, BASIS_BREAK_GLASS). Everything about it
 * is in the open: the entry breakglass.used is durable before anything can be seen, the person and the privacy officers
 * are told in the same transaction, somebody else judges it within the role's review_within, and whoever is not judged
 * in time, or judged unjustified, may not do it again (store_breakglass.h: asked of the rows at that moment).
 *
 * Whether the person exists cannot be learned here: an emergency about a person whom nobody knows is opened, counted,
 * told of and reviewed like any other; it only finds nothing.
 *
 * All of it runs on a worker (SLOW routes), breakglass_sweep() on any thread with a store.
 */
#ifndef AUTHD_ACCESS_BREAKGLASS_H
#define AUTHD_ACCESS_BREAKGLASS_H

#include <jansson.h>

#include "authd/policy/words.h"
#include "authd/store/store_breakglass.h"

struct authd;
struct request;

#define BREAKGLASS_FRESH_S    300  /* how old the operator's sign-in may be when the glass is broken */
#define BREAKGLASS_TEXT_LEAST 20   /* characters that are no white space */
#define BREAKGLASS_TEXT_MOST  2000 /* bytes */

/* ---- why: a closed list ---- */

/* E_NOT_FOUND for a code that is not in the list. */
MUST_USE enum status breakglass_reason(struct str code, const struct words **out);
/* The code at i, NULL past the end; for lists of them. */
const char *breakglass_reason_at(size_t i);
/* E_INVALID: not UTF-8, shorter than BREAKGLASS_TEXT_LEAST, longer than BREAKGLASS_TEXT_MOST. */
MUST_USE enum status breakglass_check_text(struct str text);

/* ---- the operator ---- */

/* What is asked for; borrowed. sub is already resolved. */
struct breakglass_ask {
	struct str sub, category, purpose, reason, text;
};

/*
 * Opens one for the operator behind rq's token, through the service of their client. *existed: an equal one was open
 * and is returned. What is refused is said: E_INVALID, E_DENIED (role_missing, own_matter, breakglass_suspended,
 * breakglass_quota), E_UNAUTHENTICATED with a challenge for a stronger or fresher sign-in (RFC 9470). audit.h statuses:
 * then nothing can be seen yet.
 */
MUST_USE enum status
breakglass_open(struct request *rq, const struct breakglass_ask *ask, struct store_breakglass *out, bool *existed);
/* Ends one before its time. Holds for decisions from the commit on. E_NOT_FOUND: not the caller's, unknown, over. */
MUST_USE enum status breakglass_close(struct request *rq, struct str id);

/* ---- the privacy officer ---- */

/* What the caller may see: an officer those of their organisation, the administrator all. E_NOT_FOUND for the rest. */
MUST_USE enum status breakglass_find(struct request *rq, struct str id, struct store_breakglass *out);
/*
 * Judges one: verdict "justified" or "unjustified", and why. E_DENIED own_matter: nobody judges themselves, nor about
 * themselves; E_USED: judged before.
 */
MUST_USE enum status
breakglass_review(struct request *rq, const struct store_breakglass *b, struct str verdict, struct str text);
/* Gives the right back that an unjustified one took. E_CONFLICT: this one takes it from nobody. */
MUST_USE enum status breakglass_restore(struct request *rq, const struct store_breakglass *b, struct str text);
/* The operator's and the reviewer's words, opened; empty when they went with the person. */
MUST_USE enum status
breakglass_words(struct request *rq, const struct store_breakglass *b, struct buf *why, struct buf *judged);
/* What was looked at under it, from the log, newest first: [{id, index, at, category, decision}]. */
MUST_USE enum status breakglass_looks(struct request *rq, const struct store_breakglass *b, json_t **out);

/* ---- the background ---- */

/* Says in the log, once for all nodes, whose right ended because nobody reviewed in time, and tells them. */
void breakglass_sweep(struct authd *a, struct store *db);
/* "waiting", "overdue", "justified", "unjustified". */
const char *breakglass_state(const struct store_breakglass *b, int64_t now_us);

#endif
