/*
 * audit.h: how authd writes evidence. An event becomes a draft (its id fixed, its details sealed, its bytes final); the
 * draft goes to auditlogd either at once (audit_append: nothing else changes) or with a change of state:
 *
 *	TRY(audit_draft(rq->authd, &event, &draft));           before the transaction: authd-keyd is asked here
 *	TRY(store_begin(db, &tx));
 *	TRY(store_consent_withdraw(&tx, ...));
 *	TRY(audit_emit(&tx, &draft, "consent_withdraw", id));  state and outbox row share one transaction
 *	TRY(store_commit(&tx));
 *	return audit_forward(rq->authd, &draft, &receipt);     the answer waits for this (R1)
 *
 * When audit_forward fails the state has changed and the entry will follow (forward.c sends it again): grants are
 * not yet effective then, and the person is told to try again.
 */
#ifndef AUTHD_AUDIT_AUDIT_H
#define AUTHD_AUDIT_AUDIT_H

#include "auditlog/client/mapproof.h"
#include "auditlog/client/receipt.h"
#include "auditlog/core/entry.h"
#include "authd/keys/keys.h"

struct authd;
struct request;
struct store_tx;

#define AUDIT_DEADLINE_US  INT64_C(1500000)
#define AUDIT_MANDATE_MOST 64

/*
 * Of a look that the person sees later, or never (access/later.h): its entry carries a tag of its own, which leads to
 * nobody without the row that is kept with it (store_later.h). Zeroed: a look like any other.
 */
struct audit_later {
	struct str shown; /* "delayed", "on_close", "withheld"; empty: at once */
	int64_t visible_us;
	struct str service, case_ref;
};

struct audit_event {
	struct entry entry;        /* all but id and about */
	struct keys_person person; /* whom it concerns; sub.n == 0: nobody */
	struct str detail;         /* what that person may read, JSON text, sealed; empty: nothing */
	struct str own_id;         /* an id to use instead of a new one (36 characters); empty: a new one */
	struct str own_tag;        /* a tag to carry instead of the month's, which somebody keeps already; or empty */
	struct audit_later later;
	struct str mandate; /* of an act for somebody else: audit_of() and acts_under() (acts.h) fill these three */
	uint64_t seen;
	int64_t until_us;
	bool new_person; /* the person's row is not there yet: audit_remember() after the commit */
};

struct audit_draft {
	struct uuid id;
	char id_text[UUID_TEXT_LEN + 1];
	char tag[ENTRY_TAG_LEN + 1]; /* "" when nobody is concerned */
	/* Of an act for somebody else, as in the event; "" of any other. */
	char mandate[AUDIT_MANDATE_MOST + 1];
	uint64_t seen;
	int64_t until_us;
	bool ends_acts; /* its entry ends mandates */
	struct buf fragment;
};

/* The event of a request: by (service, operator, roles, acr), policy hash and trace filled from it. */
struct audit_event audit_of(const struct request *rq, enum entry_event event);
/*
 * One more fact, behind those that audit_of() put there. name: a literal; text: borrowed until the draft. An empty text
 * is no fact. With a text over ENTRY_FACT_TEXT_MAX, or more facts than ENTRY_FACTS_MAX, the draft fails: an entry that
 * says less than it should is not written. audit_fact_if_short() leaves out what is too long, where that is no loss.
 */
void audit_fact(struct audit_event *ev, const char *name, struct str text);
void audit_fact_if_short(struct audit_event *ev, const char *name, struct str text);
void audit_fact_number(struct audit_event *ev, const char *name, uint64_t number);

/* E_UNAVAILABLE, E_TIMEOUT: authd-keyd or the database did not answer. Clear with audit_draft_clear(). */
MUST_USE enum status audit_draft(struct authd *a, const struct audit_event *ev, struct audit_draft *out);
void audit_draft_clear(struct audit_draft *d);
/*
 * The same for somebody who does not exist: so that a question about an unknown person costs what one about a known
 * person costs (asked.h has the write), and so that its entry, which everybody may read, looks the same: with a tag
 * that stays for the month and is nobody's, and a sealed part that nobody opens. name: what the asker called them.
 */
MUST_USE enum status
audit_decoy(struct authd *a, const struct audit_event *ev, struct str name, struct audit_draft *out);

/* Somebody who does not exist, for the keys' work besides a draft. *out borrows from *wrapped. */
MUST_USE enum status audit_decoy_person(struct authd *a, struct buf *wrapped, struct keys_person *out);

/* 22 characters of base64url that this installation alone can make of bytes, and that stand for nobody. */
MUST_USE enum status audit_decoy_text(struct authd *a, struct str bytes, struct buf *out);

/* Notes whose tag a draft of a new person carries, once their row is there. */
MUST_USE enum status audit_remember(struct authd *a, const struct audit_draft *d, struct str sub);

/*
 * Sends and waits for the receipt. Any failure is E_UNAVAILABLE, E_BUSY or E_TIMEOUT: answer 503, release nothing; of
 * an act for somebody else also E_DENIED: the mandate has ended (acts.h).
 */
MUST_USE enum status audit_append(struct authd *a, const struct audit_draft *d, struct receipt *out);
/* Several of one request, all or none. */
MUST_USE enum status audit_append_all(struct authd *a, const struct audit_draft *d, size_t count, struct receipt *out);
/*
 * For decisions, whose ground may end while they are under way, on this node or another (auditlog/daemon/fence.h).
 * audit_seen() before the first fact is read; the append says it again, and until when the ground holds (INT64_MAX: no
 * end). E_EXPIRED: that ground ended before the entry could stand in the log, and it does not: take audit_seen() anew,
 * read the facts anew, decide anew.
 */
uint64_t audit_seen(struct authd *a);
MUST_USE enum status audit_append_fenced(struct authd *a, const struct audit_draft *d, size_t count, uint64_t seen,
					 int64_t until_us, struct receipt *out);
/* audit_draft and audit_append in one, for events whose draft nobody needs. */
MUST_USE enum status audit_record(struct authd *a, const struct audit_event *ev, struct receipt *out);

/*
 * Puts the draft into the outbox inside the caller's transaction. target names the row that waits for the index
 * (store_outbox.h), key its primary key; "" when none does. E_DENIED: it is an act for somebody else, and the mandate
 * has ended (acts.h).
 */
MUST_USE enum status audit_emit(struct store_tx *tx, const struct audit_draft *d, const char *target, struct str key);
/* After the commit: sends, waits, writes the index back to the target row. Statuses as audit_append. */
MUST_USE enum status audit_forward(struct authd *a, const struct audit_draft *d, struct receipt *out);

/*
 * Whether auditlogd answered when it was last asked. While it is silent every call here fails at once instead of
 * waiting for its deadline: one stopped process must not fill every worker. upkeep.c asks each second and clears it.
 */
void audit_log_answers(bool answers);
/*
 * E_UNAVAILABLE: nothing would even be sent now. Asked before something is taken that stays taken when it is unknown
 * whether its entry was written, so that an outage takes it from those alone who were under way when it began.
 */
MUST_USE enum status audit_reachable(struct authd *a);

/* ---- reading back ---- */

/* The entry with this id; its line is appended to *line. E_NOT_FOUND. */
MUST_USE enum status audit_find(struct authd *a, struct str id, uint64_t *index, struct buf *line);
MUST_USE enum status audit_read(struct authd *a, uint64_t index, struct buf *line);
/*
 * Several entries, AUDIT_AT_ONCE of them under way at a time: each() gets them in the order of the indices, and ends
 * the reading by any status but OK; E_END is the end that is meant, and becomes OK.
 */
#define AUDIT_AT_ONCE 64
typedef enum status audit_each(void *ctx, uint64_t index, struct str line);
MUST_USE enum status
audit_read_each(struct authd *a, const uint64_t *indices, size_t count, audit_each *each, void *ctx);
/* The newest `limit` entries below `before` that carry the tag. */
MUST_USE enum status
audit_by_tag(struct authd *a, struct str tag, uint64_t before, size_t limit, uint64_t *indices, size_t *count);
/*
 * What the maps of a month say about a tag (APPEND_MAP): answers borrow from *reply, which holds MSG_PAYLOAD_MAX at
 * most. E_NOT_FOUND: there is no map of that month. E_TIMEOUT, E_UNAVAILABLE: it is being made, or the log is silent.
 */
MUST_USE enum status audit_map(struct authd *a, struct str tag, struct str month, int64_t max_age_us, struct buf *reply,
			       struct mapproof_said out[MAPPROOF_PARTS_MAX], size_t *count);
/* The person's tag of a month ("2026-11"). */
MUST_USE enum status
audit_tag(struct authd *a, const struct keys_person *who, struct str month, char tag[ENTRY_TAG_LEN + 1]);
/* Opens what was sealed for the person in an entry that carries their tag. E_NOT_FOUND: nothing sealed for them. */
MUST_USE enum status audit_open(struct authd *a, const struct keys_person *who, struct str line, struct buf *detail);

#endif
