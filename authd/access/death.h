/*
 * death.h: a death is registered, and taken back. To declare somebody dead is an attack on them, so:
 *
 *   an official with the right `register-death` proposes it from a document (kind, number, date, issuer: sealed under
 *   the person's key, the digest of what was sealed in the entry death.proposed)
 *	the person and the privacy officers of the organisation are told at once; nothing else changes. The person may
 *	say "I am alive" in the portal (death.contested): that proposal is over, and no new one is taken for
 *	DEATH_QUIET_US
 *   another official of the same organisation confirms it (death.registered), not before `death_wait` of authd.yaml is
 *   over, or declines it (death.declined)
 *	neither is the person, nor anybody who ever represented them or was represented by them (conflict_of_interest)
 *
 * What a confirmed death does, in one transaction with its entries:
 *
 * The account is like a disabled one: a sign-in fails as with a wrong password; sessions, sign-ins under way, grants,
 * refresh tokens and devices end, and so does what a desk has prepared. Password, factors and paper codes stay, for an
 * undoing, and open nothing before it. Consents become `revoked` with the reason
 * `death`: DPV's ConsentRevoked is what somebody else than the person ended before its time (ConsentExpired is a term
 * that ran out, ConsentInvalidated one that never should have counted). Open requests expire. Contracts end: what is
 * owed to one person in particular ends with them (Civil Code of Russia, art. 418).
 *
 * Mandates under which they are represented end with the reason `death`; those under which they represent somebody
 * with `representative_death`: what they did for somebody stays (art. 188, 189), so a child's consents do not end with
 * the parent who gave them. A new kind of mandate begins: heir. Decisions permit by statute alone, where the purpose
 * says `after_death: true` (else restricted_person). No messages are sent any more.
 *
 * What an office registered about either and nobody confirmed ends likewise, with an entry (desk.refused). Questions
 *and complaints stay: they are about what was done while the person lived, the organisation owes its answer to the file
 *and to the log, in time as before, and a complaint that nobody answers goes to the privacy officer all the same. An
 *answer is told to nobody; it is there for whoever lives after all.
 *
 * The log orders it like a withdrawal: a decision that began before the entry is made again (auditlog/daemon/fence.h).
 * More than DEATH_ENDS_MOST consents, contracts, requests and mandates of one person together: the rest, however many,
 * is ended by upkeep, as many each second; nothing rests on it meanwhile.
 *
 * A mistake is undone by two officials with the same right, of whichever organisation, with a document
 * (death.undo_proposed, death.undone). The person signs in as before and finds a message; mandates of heirs hold
 * no more and end as `unfounded`; what had ended stays ended and is asked anew.
 *
 * Heirs are registered and confirmed like other mandates (mandating.h), with the notary's certificate: of the kind
 * `heir`, about a person whose death stands, never one of the two officials who registered it. An heir sees and
 * downloads documents, in the portal; there are no tokens under such a mandate.
 *
 * An erased person is nobody here. All of it runs on a worker.
 */
#ifndef AUTHD_ACCESS_DEATH_H
#define AUTHD_ACCESS_DEATH_H

#include "auditlog/base/clock.h"
#include "authd/store/store_death.h"

struct authd;
struct buf;
struct officer;
struct request;

#define DEATH_QUIET_US     (30 * DAY_US)
#define DEATH_ENDS_MOST    200
#define DEATH_PROPOSE_MOST 20 /* by one official in an hour */
#define DEATH_CONFIRM_MOST 20 /* likewise, wrong numbers of papers included */
#define DEATH_TEXT_MOST    ((size_t)100)

/* The paper. Borrowed; each needed, DEATH_TEXT_MOST bytes at most. */
struct death_paper {
	struct str kind;   /* "Свидетельство о смерти" */
	struct str number; /* as the paper has it */
	struct str date;   /* "2026-11-20", not in the future */
	struct str issuer;
};

/*
 * An official puts a death forward; or, undo, that the one that stands is taken back. E_INVALID, E_DENIED (themselves,
 * or ever a relative), E_LIMITED, E_CONFLICT (one is open, it stands already or does not, or the person said lately
 * that they are alive): said. E_NOT_FOUND: nobody of that name.
 */
MUST_USE enum status
death_propose(struct request *rq, const struct officer *o, struct str sub, bool undo, const struct death_paper *paper);
/*
 * Another official of the same organisation confirms what was put forward; death or undoing. number: that of the paper,
 * as they read it from the paper themselves. E_NOT_FOUND: none of theirs. E_DENIED: who proposed it, or ever a
 * relative; E_INVALID: the paper has another number; E_LIMITED; E_CONFLICT: it waits no longer, or has to wait yet:
 * said.
 */
MUST_USE enum status death_confirm(struct request *rq, const struct officer *o, struct str death_id, struct str number);
/* By any official of that organisation who might confirm it, or by who put it forward. Statuses as death_confirm(). */
MUST_USE enum status death_decline(struct request *rq, const struct officer *o, struct str death_id);
/* "I am alive": the signed-in person. E_NOT_FOUND: nothing is put forward about them. */
MUST_USE enum status death_contest(struct request *rq);

/* What is on the paper, as JSON text {"kind","number","date","issuer"}. Empty when it was erased. */
MUST_USE enum status death_paper_open(struct request *rq, const struct store_death *d, struct buf *out);

/* upkeep: ends what a registered death has left over, or, of heirs, one that was taken back. Nothing rests on it. */
MUST_USE enum status death_upkeep(struct authd *a, struct store *db);

#endif
