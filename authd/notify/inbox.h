/*
 * inbox.h: what people must be told, in the portal, always; further ways (e-mail, text message, letter) will carry the
 * same rows on. A message is a kind from the closed list below and names, never a text: each page words it in the
 * reader's language. A new kind is a row here, `inbox_<kind>` in both .po, and one call where the matter happens:
 *
 *	TRY(store_begin(db, &tx));
 *	TRY(store_consent_end(&tx, ...));
 *	TRY(inbox_tell(&tx, sub, INBOX_CONSENT_REVOKED, &(struct inbox_refs){ .target = record_id, ... }));
 *	TRY(audit_emit(&tx, ...));
 */
#ifndef AUTHD_NOTIFY_INBOX_H
#define AUTHD_NOTIFY_INBOX_H

#include <jansson.h>

#include "authd/http/i18n.h"
#include "authd/store/store_inbox.h"

struct policy;
struct request;

/* X(id, name, page): the page is what refs.target is appended to; without a target the page itself is meant. */
#define INBOX_KINDS(X)                                                                                                 \
	X(CONSENT_EXPIRING, "consent_expiring", "/consents/")                                                          \
	X(CONSENT_EXPIRED, "consent_expired", "/consents/")                                                            \
	X(CONSENT_REVOKED, "consent_revoked", "/consents/")                                                            \
	X(CONSENT_INVALIDATED, "consent_invalidated", "/consents/")                                                    \
	X(CONSENT_GIVEN_FOR_YOU, "consent_given_for_you", "/consents/")                                                \
	X(CONSENT_WITHDRAWN_FOR_YOU, "consent_withdrawn_for_you", "/consents/")                                        \
	X(REQUEST_NEW, "request_new", "/ask/")                                                                         \
	X(REQUEST_EXPIRED, "request_expired", "/consents")                                                             \
	X(EMERGENCY_LOOK, "emergency_look", "/accesses/")                                                              \
	X(EMERGENCY_REVIEWED, "emergency_reviewed", "/accesses/")                                                      \
	X(LOOK_VISIBLE, "look_visible", "/accesses/")                                                                  \
	X(VITAL_LOOK, "vital_look", "/me")                                                                             \
	X(EMERGENCY_TO_REVIEW, "emergency_to_review", "/me")                                                           \
	X(EMERGENCY_JUDGED, "emergency_judged", "/me")                                                                 \
	X(EMERGENCY_SUSPENDED, "emergency_suspended", "/me")                                                           \
	X(EMERGENCY_RESTORED, "emergency_restored", "/me")                                                             \
	X(MANDATE_GRANTED, "mandate_granted", "/representatives")                                                      \
	X(MANDATE_REVOKED, "mandate_revoked", "/representatives")                                                      \
	X(MANDATE_ENDED, "mandate_ended", "/representatives")                                                          \
	X(CONTRACT_PROPOSED, "contract_proposed", "/objections")                                                       \
	X(RESTRICTION_SET, "restriction_set", "/objections")                                                           \
	X(DESK_HELPED, "desk_helped", "/accesses")                                                                     \
	X(DESK_CODES, "desk_codes", "/security/desk_codes")                                                            \
	X(QUESTION_ANSWERED, "question_answered", "/questions")                                                        \
	X(QUESTION_ESCALATED, "question_escalated", "/questions")                                                      \
	X(QUESTION_TO_REVIEW, "question_to_review", "/desk/questions/")                                                \
	X(DEATH_PROPOSED, "death_proposed", "/alive")                                                                  \
	X(DEATH_UNDONE, "death_undone", "/consents")                                                                   \
	X(DEATH_TO_WATCH, "death_to_watch", "/me")                                                                     \
	X(DEATH_CONTESTED, "death_contested", "/me")                                                                   \
	X(DEATH_REGISTERED, "death_registered", "/me")                                                                 \
	X(RESTRICTION_LIFTED, "restriction_lifted", "/objections")

enum inbox_kind {
#define X(id, name, page) INBOX_##id,
	INBOX_KINDS(X)
#undef X
	    INBOX_KIND_COUNT
};

/* What a message names; borrowed, empty = absent. No free text: names of the policy and ids of rows. */
struct inbox_refs {
	struct str target;       /* appended to the kind's page: a record's, request's or access's id */
	struct str organisation; /* by their ids in the policy */
	struct str purpose;
	int64_t until_us; /* 0: none */
};

const char *inbox_kind_name(enum inbox_kind kind);
/*
 * In the transaction of what it tells of. Of requests and contracts one organisation has at most STORE_INBOX_FEW unread
 * messages of a kind with one person; further ones are not told. E_TOO_LARGE: names over 2 KiB together.
 */
MUST_USE enum status
inbox_tell(struct store_tx *tx, struct str sub, enum inbox_kind kind, const struct inbox_refs *refs);

/*
 * A message as pages draw it: {"kind","asks","at","new","link","organisation","purpose","until"}; with asks the
 * organisation waits for an answer until then. NULL: out of memory.
 */
json_t *inbox_card(const struct policy *p, const struct store_message *m, enum i18n_lang lang);

#endif
