/*
 * mandating.h: how a mandate begins and ends, as the database and the log see it: a transaction with its event, then
 * the entry. It counts from its log index; its end counts from the commit, and no
 * decision or page that rests on it stands behind its entry (auditlog/daemon/fence.h). Both people are told in the
 * portal.
 *
 * All of it runs on a worker. Nothing here looks at what a route allows: who may register and confirm is the caller's
 * business, that they are two different people of one organisation, neither a party nor related to one, is this
 * module's.
 */
#ifndef AUTHD_ACCESS_MANDATING_H
#define AUTHD_ACCESS_MANDATING_H

#include <jansson.h>

#include "authd/access/mandate.h"
#include "authd/access/mandate_paper.h"

struct authd;
struct officer;
struct request;

/* A code is 60 random bits, good for one use within a day; one person has at most so many of them open. */
#define MANDATING_CODE_LEN  14 /* "7K3M-9PQR-2T5V" */
#define MANDATING_CODE_US   DAY_US
#define MANDATING_OPEN_MOST 5
/*
 * So many an official registers in an hour. What nobody confirmed within `mandate_wait` of authd.yaml (a month unless
 * it says otherwise) is not confirmed any more, and ends as "unconfirmed" with an entry (desk.refused); what nobody
 * took before its code was over goes.
 */
#define MANDATING_REGISTER_MOST 30
#define MANDATING_ID_MOST       64
/* Longest term of a power of attorney (ten years), and longest list of purposes in bytes. */
#define MANDATING_TERM_US       (INT64_C(3653) * DAY_US)
#define MANDATING_PURPOSES_MOST 500

/* What is asked for. Borrowed; empty or 0: not there. */
struct mandating_terms {
	struct str sub, representative;
	struct str kind;
	struct str purposes; /* "*", or names separated by a space, each in the policy */
	unsigned actions;
	struct mandate_paper paper; /* sealed; none of a power of attorney that is offered */
	struct str born;            /* of a child: "2010-05-17"; not kept, but for the day of coming of age */
	struct str zone;            /* IANA name; empty: Europe/Moscow */
	struct str until;           /* "2029-02-01": the first day that it does not cover */
};

/*
 * The signed-in person offers a power of attorney and gets the code to hand over, in *code. E_INVALID: said; E_DENIED:
 * a child, said; E_LIMITED: too many are open.
 */
MUST_USE enum status mandating_offer(struct request *rq, const struct mandating_terms *terms, struct buf *code);
/*
 * The signed-in person takes what the code offers. E_NOT_FOUND: unknown, used, too late, or their own, all alike;
 * wrong tries count against the address.
 */
MUST_USE enum status mandating_accept(struct request *rq, struct str code);

/*
 * An official registers one; that is an entry about the represented person (desk.prepared). E_INVALID, E_DENIED (a
 * party, or a relative of one), E_LIMITED (too many in an hour): said. E_NOT_FOUND: no such people.
 */
MUST_USE enum status mandating_register(struct request *rq, const struct officer *o,
					const struct mandating_terms *terms, char id[MANDATING_ID_MOST + 1]);

/* What an official reads before confirming, and its digest. */
struct mandating_look {
	struct store_mandate mandate;
	json_t *paper; /* mandate_paper_open(); NULL: it rests on none */
	char digest[65];
};
void mandating_look_clear(struct mandating_look *l);
/*
 * Opens one that officials of this organisation registered, for one who is no party nor a relative of one; that they
 * looked is an entry about the represented person (desk.opened) before anything is shown. E_NOT_FOUND: none of this
 * organisation's. E_DENIED: said.
 */
MUST_USE enum status
mandating_look(struct request *rq, const struct officer *o, struct str mandate_id, struct mandating_look *out);
/*
 * Another official of the same organisation confirms what they read: digest is that of mandating_look(), so nobody
 * confirms blind, nor something else. E_NOT_FOUND: none of this organisation's. E_DENIED: a party, a relative of one,
 * or who registered it. E_CONFLICT: it does not wait for that, or is not what was read.
 */
MUST_USE enum status
mandating_confirm(struct request *rq, const struct officer *o, struct str mandate_id, struct str digest);

/*
 * What officials of this organisation registered, page by page (filter->organisation is set here). What people gave
 * each other is their own business. Who represents whom is about people: nothing of it is shown before the
 * caller's desk_record_list() (R1).
 */
MUST_USE enum status mandating_list(struct request *rq, const struct officer *o, struct store_mandate_filter *filter,
				    struct str cursor, int limit, struct store_mandate_list *out);
/*
 * An official ends one that their organisation registered: reason "revoked", "disputed" or "unfounded", E_INVALID,
 * said, for any other. E_NOT_FOUND: none of this organisation's, or it has ended. E_DENIED: a party or a relative of
 * one.
 */
MUST_USE enum status
mandating_revoke(struct request *rq, const struct officer *o, struct str mandate_id, struct str reason);

/* Who ends it decides the reason: the represented "revoked", the representative "resigned" (a proposed one:
 * "declined"), an officer any of "revoked", "disputed", "unfounded"; operator_id: the officer's pseudonym, which the
 * entry names, or empty. E_NOT_FOUND: no such one, or it has ended. */
MUST_USE enum status
mandating_end(struct request *rq, const struct store_mandate *m, struct str reason, struct str operator_id);

/* upkeep: writes down what ended by itself and what nobody confirmed, at most 20 of each. Nothing waits for it. */
MUST_USE enum status mandating_upkeep(struct authd *a, struct store *db);

#endif
