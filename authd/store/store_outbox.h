/*
 * store_outbox.h: events on their way to the audit log. A row is written in the transaction that changes the state;
 * when the log has it, the index goes back to the row that the event is about. That must be done before the answer
 * leaves: sessions, codes, roles and consents do not count without it.
 */
#ifndef AUTHD_STORE_STORE_OUTBOX_H
#define AUTHD_STORE_STORE_OUTBOX_H

#include "authd/store/store.h"

/* Which row the log index goes to, and what target_key is then. The row must carry the event's id. */
#define STORE_TARGET_NONE             ""                 /* nowhere */
#define STORE_TARGET_PERSON           "person"           /* sub */
#define STORE_TARGET_ROLE             "role"             /* sub */
#define STORE_TARGET_SESSION          "session"          /* sid */
#define STORE_TARGET_CLIENT           "client"           /* client_id */
#define STORE_TARGET_CODE             "code"             /* grant_id */
#define STORE_TARGET_APPROVAL         "approval"         /* sub */
#define STORE_TARGET_REQUEST          "request"          /* request_id */
#define STORE_TARGET_CONSENT          "consent"          /* record_id; its consent event too */
#define STORE_TARGET_CONSENT_RENEWAL  "consent_renewal"  /* the new record_id; the renewed one too, and both events */
#define STORE_TARGET_CONSENT_WITHDRAW "consent_withdraw" /* record_id; its consent event too */
#define STORE_TARGET_CONSENT_EVENT    "consent_event"    /* record_id */
#define STORE_TARGET_REFRESH          "refresh"          /* handle */
#define STORE_TARGET_DEVICE           "device"           /* client_id */
#define STORE_TARGET_OUTCOME          "outcome"          /* evaluation_id */
#define STORE_TARGET_BREAKGLASS       "breakglass"       /* id */
#define STORE_TARGET_POLICY           "policy"           /* version in decimal */
#define STORE_TARGET_MANDATE          "mandate"          /* mandate_id */
#define STORE_TARGET_PROPOSAL         "proposal"         /* id */
#define STORE_TARGET_OBJECTION        "objection"        /* sub */
#define STORE_TARGET_OBJECTION_LIFT   "objection_lift"   /* sub */
#define STORE_TARGET_RESTRICTION      "restriction"      /* sub */
#define STORE_TARGET_RESTRICTION_LIFT "restriction_lift" /* sub */
#define STORE_TARGET_CONTRACT         "contract"         /* contract_id */
#define STORE_TARGET_CONTRACT_END     "contract_end"     /* contract_id */
#define STORE_TARGET_ERASING          "erasing"          /* sub; store_erasure.h */
#define STORE_TARGET_ERASED           "erased"           /* sub */
#define STORE_TARGET_DESK_CASE        "desk_case"        /* case_id */
#define STORE_TARGET_DESK_OFFER       "desk_offer"       /* offer_id */
#define STORE_TARGET_DESK_CODES       "desk_codes"       /* sub */
#define STORE_TARGET_QUESTION         "question"         /* id */
#define STORE_TARGET_QUESTION_TURN    "question_turn"    /* turn_id */
#define STORE_TARGET_DEATH            "death"            /* death_id; of the proposal */
#define STORE_TARGET_FREEZE           "freeze"           /* sub; nowhere, but looked for: store_freeze_logged() */
#define STORE_TARGET_DEATH_DECIDED    "death_decided"    /* death_id; of what became of it, and its person */

struct store_outbox {
	struct str event_id; /* 36 characters */
	struct str target;   /* STORE_TARGET_… */
	struct str target_key;
	struct str fragment; /* what auditlogd gets */
	int64_t created_us;
	struct str mandate_id; /* that it was an act under; p NULL: none */
	int64_t sent_us;       /* 0: not yet */
	int64_t log_index;
	struct str leaf;
	struct store_result *mem;
};

struct store_outbox_list {
	struct store_outbox *items;
	size_t count;
	struct store_result *mem;
};

/* One receipt of the log. */
struct store_receipt {
	struct str event_id;
	uint64_t index;
	uint8_t leaf[32];
};

void store_outbox_clear(struct store_outbox *o);
void store_outbox_list_clear(struct store_outbox_list *l);

/* E_INVALID for a target that is not listed above. E_CONFLICT when the event id is taken (ends the transaction). */
MUST_USE enum status store_outbox_add(struct store_tx *tx, const struct store_outbox *o);
/* E_NOT_FOUND, also when it was sent long ago and swept. */
MUST_USE enum status store_outbox_find(struct store *db, struct str event_id, struct store_outbox *out);
/*
 * Unsent ones made before before_us and not set aside, oldest first; for resending after a crash. Before all others
 * what was done under a mandate, however young: no end of a mandate overtakes it.
 */
MUST_USE enum status store_outbox_unsent(struct store *db, int64_t before_us, int limit, struct store_outbox_list *out);
/* Those alone that were done under a mandate. */
MUST_USE enum status store_outbox_acts(struct store *db, int limit, struct store_outbox_list *out);
/*
 * Sets an unsent row aside that the log refuses for good: it is kept, never sent by itself again, and holds up no
 * other. E_NOT_FOUND: unknown, or sent meanwhile. store_outbox_try_again() puts all of them back.
 */
MUST_USE enum status store_outbox_refuse(struct store *db, struct str event_id, int64_t now_us);
MUST_USE enum status store_outbox_refused(struct store *db, int64_t *count);
MUST_USE enum status store_outbox_try_again(struct store *db);
/* How many are unsent and not set aside, and when the oldest was made (0: none). */
MUST_USE enum status store_outbox_backlog(struct store *db, int64_t *count, int64_t *oldest_us);
/*
 * Notes receipts (at most 1000) and writes each index to its target, all in one transaction. A receipt noted before
 * with the same index is skipped; with another index it is E_CORRUPT and nothing is written. Unknown event:
 * E_NOT_FOUND. A target row that is gone by now (a role revoked meanwhile) is no error. Retries by itself on E_BUSY.
 */
MUST_USE enum status
store_outbox_done(struct store *db, const struct store_receipt *receipts, size_t count, int64_t now_us);

#endif
