/*
 * consent.h: the consent record: ISO/IEC TS 27560 members, DPV terms, and the nine items of 152-FZ art. 9(4).
 *
 * One purpose per record. What was agreed never changes; events are appended and the state follows them. Particulars of
 * the person and of the representative (items 1, 2) are not in the record in clear: the caller seals the identity
 * object under the person's key, and the record carries how and the hash.
 *
 * The identity object, before sealing:
 *   {"name":…,"address":…,"document":{"type":…,"number":…,"issued":…,"issuer":…},
 *    "representative":{"name":…,"address":…,"document":{…},"authority":{"type":…,"document":…}}}
 * with "representative" only when one acts. Further members are sealed and hashed with the rest: a random "salt" keeps
 * the hash from being guessed from what is known about a person.
 *
 * The record's spelling is canonical.h's CANONICAL_AS_BUILT: members in the order of spec/consent.md.
 */
#ifndef AUTHD_CONSENT_CONSENT_H
#define AUTHD_CONSENT_CONSENT_H

#include <jansson.h>

#include "authd/consent/consent_state.h"
#include "authd/policy/canonical.h"
#include "authd/policy/policy.h"

struct hash; /* auditlog/core/hash.h */

#define CONSENT_RECORD_MOST ((size_t)32 << 10) /* canonical bytes */
#define CONSENT_EVENT_MOST  64

struct consent_sealed {
	struct str alg, kid; /* "A256GCM", "sk_…" */
	struct str sha256;   /* lower-case hexadecimal over the canonical identity object */
};

/* What a representative acts on. The paper itself is in the identity object, sealed. */
struct consent_authority {
	struct str type; /* parent, guardian, power_of_attorney … */
	struct str verified_by;
	int64_t issued_us, valid_until_us;
};

/* What the record is built from besides the policy. Strings are borrowed; empty = absent. */
struct consent_terms {
	struct str base_url;     /* "https://host[:port]", without a slash at the end */
	struct str record_id;    /* UUID */
	struct str code;         /* checkcode.h */
	struct str subject;      /* sub_… */
	struct str subject_kind; /* "adult", "child" */
	struct consent_sealed sealed;
	bool by_representative;
	struct str party; /* who gives it: the subject, or the representative */
	struct consent_authority authority;
	bool assisted;
	struct str channel, assist_operator, assist_organisation, confirmation;
	struct str second_operator; /* pseudonym of who saw the signed paper; with confirmation "paper" */
	struct str paper, paper_date, paper_kept, paper_scan; /* its number, day, place and the hash of its scan */
	int64_t confirmed_us;
	enum words_lang lang; /* in which the notice was shown */
	struct str purpose;
	struct str service;           /* who asks, and receives */
	const struct str *recipients; /* all who receive, that one first */
	size_t recipient_count;       /* 0: that one alone */
	const struct str *required;   /* categories asked as necessary */
	size_t required_count;
	const struct str *optional; /* optional categories; in a given record only those that were ticked */
	size_t optional_count;
	int64_t from_us;
	int64_t until_us;  /* 0: as long as the purpose allows */
	struct str renews; /* the record in whose place this one is; empty: none */
};

/*
 * Builds a record in state requested, without events. *out is the caller's (json_decref). E_NOT_FOUND: a purpose,
 * service or category that the policy does not have. E_DENIED: the service does not declare the purpose, the notice
 * does not name all recipients, or a category does not rest on consent in it. E_INVALID: a category twice, none at all,
 * text that is not UTF-8, or a term that ends before it starts.
 */
MUST_USE enum status consent_record_build(const struct policy *p, const struct consent_terms *terms, json_t **out);

struct consent_event {
	enum consent_state state;
	int64_t at_us;
	struct str by;
	struct str method; /* "button+otp", "paper+second-operator" …; with given: the signature of item 9 */
	struct str acr;
};

/*
 * Appends an event with the next seq and sets the record's state. E_CONFLICT when the state may not follow, E_TOO_LARGE
 * past CONSENT_EVENT_MOST, E_INVALID for a time before the last event's.
 */
MUST_USE enum status consent_record_add_event(json_t *record, const struct consent_event *event);
/* Writes the log position of event seq (from 1). The same again is fine; another one is E_CONFLICT. */
MUST_USE enum status consent_record_set_log(json_t *record, unsigned seq, uint64_t index, const struct hash *leaf);

enum consent_stage {
	CONSENT_STAGE_ASKED,     /* shown to the person: no signature yet */
	CONSENT_STAGE_GIVEN,     /* to be stored: signed, its log position not known yet */
	CONSENT_STAGE_EFFECTIVE, /* every event has its log position */
};

/*
 * OK when nothing is missing or of the wrong shape. E_INVALID otherwise: one line per fault in *why,
 * "path: what is missing (ISO 27560 …)" or "(152-FZ 9(4) item n)". identity is the opened identity object; NULL counts
 * as lacking items 1 and 2. Its canonical hash must be the record's sealed_identity.sha256.
 */
MUST_USE enum status
consent_record_validate(const json_t *record, const json_t *identity, enum consent_stage stage, struct buf *why);

/* Canonical bytes, at most CONSENT_RECORD_MOST. */
MUST_USE enum status consent_record_put(const json_t *record, struct buf *out);
/* Over the canonical bytes of what was agreed: the record without state and events. Same for its whole life. */
MUST_USE enum status consent_record_digest(const json_t *record, struct hash *out);
/* Over the canonical bytes of the identity object: what sealed_identity.sha256 must say. */
MUST_USE enum status consent_identity_digest(const json_t *identity, struct hash *out);

/* ---- the receipt ---- */

enum consent_line_kind {
	CONSENT_LINE_TEXT,
	CONSENT_LINE_NAME, /* a person or body: not to be translated */
	CONSENT_LINE_TIME, /* RFC 3339 */
	CONSENT_LINE_LINK,
	CONSENT_LINE_EVENT, /* what happened, and in `at` when */
};

/* One line of a receipt, in the language asked for. */
struct consent_line {
	const char *section; /* never NULL; consecutive lines with the same one belong together */
	const char *label;   /* never NULL; consecutive lines with the same one are one list */
	char *value;
	enum consent_line_kind kind;
	unsigned item; /* of 152-FZ 9(4), 1 to 9; 0: of none */
	char *at;      /* of an event: RFC 3339; else NULL */
};

struct consent_receipt {
	struct consent_line *line;
	size_t n;
};

/*
 * What a receipt or printable form shows, in order: the nine items, limits, rights, events. identity may be NULL (a
 * receipt that others may see). Free with consent_receipt_clear().
 */
MUST_USE enum status
consent_receipt_lines(const json_t *record, const json_t *identity, enum words_lang lang, struct consent_receipt *out);
/* The same as plain text. */
MUST_USE enum status
consent_receipt_text(const json_t *record, const json_t *identity, enum words_lang lang, struct buf *out);
void consent_receipt_clear(struct consent_receipt *r);

/* ---- deadlines ---- */

/* When data received under the record must be destroyed at the latest after it ended at ended_us. */
MUST_USE enum status consent_destroy_by(const json_t *record, int64_t ended_us, int64_t *by_us);

#endif
