/*
 * erasure.h: a person is erased by destroying their key K_s: what was sealed under it, in the log and in the database,
 * opens for nobody any more, and every proof of the log stays valid (spec of the log, 1.6).
 *
 *	asked      the person is out; subject.erasing is durable
 *	           their consents are revoked, each with its entry
 *	destroyed  one transaction: key and tags, particulars, login, factors, sessions, grants, tokens, roles
 *	           what the database still has of the deleted rows is scrubbed (store_scrub)
 *	done       subject.erased, which names the index of subject.erasing
 *
 * The state is a row (store_erasure.h). Whoever finds it goes on from there: a crash between any two steps, or a log
 * that was away, delays an erasure and never leaves it half done.
 */
#ifndef AUTHD_IDENTITY_ERASURE_H
#define AUTHD_IDENTITY_ERASURE_H

#include "authd/store/store_erasure.h"
#include "authd/store/store_person.h"

struct authd;
struct request;

/*
 * Begins: the first entry is durable when this is OK. asked_by is what the entries call the administrator. E_CONFLICT:
 * the person holds roles (said in the response): who acted for an organisation must stay answerable until those are
 * revoked. E_USED: begun before, go on.
 */
MUST_USE enum status erasure_begin(struct request *rq, const struct store_person *p, struct str asked_by);
/*
 * Goes on as far as it can on this thread's db. OK: done, *out has both receipts. Anything else: some step has to wait;
 * erasure_heal() goes on later.
 */
MUST_USE enum status erasure_go_on(struct authd *a, struct store *db, struct str sub, struct store_erasure *out);
/* Goes on with all that were begun more than 5 s ago and are not done. Not on a worker: forward.c calls it. */
void erasure_heal(struct authd *a, struct store *db);

#endif
