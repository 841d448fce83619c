/*
 * entry.h: one entry of the log, to bytes and back.
 *
 * An entry has exactly one spelling: members in a fixed order, no white space, shortest escapes. The *fragment* is what
 * the emitter fixes, from `"id":` to the closing brace; auditlogd puts `{"v":1,"prev":"…","index":N,"time":"…",` before
 * it, and the result is the stored line. Reading is a straight walk along that one spelling, which refuses by
 * construction what a JSON reader has to be told to refuse (duplicate, unknown or misplaced members, odd numbers,
 * nesting).
 *
 * Texts are UTF-8 without control characters. Beyond spec/log.md 1.1 there are: in `basis` the members `recipient`,
 * `recipients`, `from`, `until` (what a consent.granted entry promises, so that a replay can judge later permits) and
 * the type `entry` (an outcome refers to its decision, a withdrawal to its grant); and `facts`, a flat list of names
 * with a text or a number, for what an event says that is nobody's personal data: a role, a version, a count, a map
 * root. Free text goes into `sealed`.
 */
#ifndef AUDITLOG_CORE_ENTRY_H
#define AUDITLOG_CORE_ENTRY_H

#include "auditlog/base/random.h"
#include "auditlog/core/hash.h"

#define ENTRY_MAX          ((size_t)16 << 10)
#define ENTRY_FRAGMENT_MAX ((size_t)15 << 10)
/* Bytes of any one text, unescaped. */
#define ENTRY_TEXT_MAX       128
#define ENTRY_FACT_TEXT_MAX  256
#define ENTRY_ROLES_MAX      16
#define ENTRY_ABOUT_MAX      16
#define ENTRY_CATEGORIES_MAX 64
#define ENTRY_FACTS_MAX      16
#define ENTRY_RECIPIENTS_MAX 8
/* Tags and ctags: 16 bytes as base64url. */
#define ENTRY_TAG_LEN    22
#define ENTRY_SEALED_MAX ((size_t)10 << 10)
/* "sha256:" and 64 hexadecimal digits; a W3C traceparent. */
#define ENTRY_POLICY_LEN 71
#define ENTRY_TRACE_LEN  55

/* The catalogue: enumerator, name, who may say it. */
#define ENTRY_EVENTS(X)                                                                                                \
	X(LOG_STARTED, "log.started", ENTRY_FROM_LOG)                                                                  \
	X(LOG_STOPPED, "log.stopped", ENTRY_FROM_LOG)                                                                  \
	X(LOG_FAULT, "log.fault", ENTRY_FROM_LOG)                                                                      \
	X(LOG_RECOVERED, "log.recovered", ENTRY_FROM_LOG)                                                              \
	X(LOG_KEY, "log.key", ENTRY_FROM_LOG)                                                                          \
	X(LOG_MAP, "log.map", ENTRY_FROM_LOG)                                                                          \
	X(LOG_PRUNED, "log.pruned", ENTRY_FROM_LOG)                                                                    \
	X(AUTH_LOGIN, "auth.login", ENTRY_FROM_EMITTER)                                                                \
	X(AUTH_FAILED, "auth.failed", ENTRY_FROM_EMITTER)                                                              \
	X(AUTH_LOCKED, "auth.locked", ENTRY_FROM_EMITTER)                                                              \
	X(AUTH_FACTOR_ADDED, "auth.factor_added", ENTRY_FROM_EMITTER)                                                  \
	X(AUTH_FACTOR_REMOVED, "auth.factor_removed", ENTRY_FROM_EMITTER)                                              \
	X(AUTH_RECOVERED, "auth.recovered", ENTRY_FROM_EMITTER)                                                        \
	X(AUTH_SESSION_ENDED, "auth.session_ended", ENTRY_FROM_EMITTER)                                                \
	X(AUTH_LOGOUT_SENT, "auth.logout_sent", ENTRY_FROM_EMITTER)                                                    \
	X(AUTH_FROZEN, "auth.frozen", ENTRY_FROM_EMITTER)                                                              \
	X(AUTH_THAWED, "auth.thawed", ENTRY_FROM_EMITTER)                                                              \
	X(TOKEN_CODE_ISSUED, "token.code_issued", ENTRY_FROM_EMITTER)                                                  \
	X(TOKEN_DEVICE_STARTED, "token.device_started", ENTRY_FROM_EMITTER)                                            \
	X(TOKEN_DEVICE_APPROVED, "token.device_approved", ENTRY_FROM_EMITTER)                                          \
	X(TOKEN_DEVICE_REFUSED, "token.device_refused", ENTRY_FROM_EMITTER)                                            \
	X(TOKEN_ISSUED, "token.issued", ENTRY_FROM_EMITTER)                                                            \
	X(TOKEN_REFRESHED, "token.refreshed", ENTRY_FROM_EMITTER)                                                      \
	X(TOKEN_REVOKED, "token.revoked", ENTRY_FROM_EMITTER)                                                          \
	X(TOKEN_REUSE_DETECTED, "token.reuse_detected", ENTRY_FROM_EMITTER)                                            \
	X(TOKEN_CLIENT_ALLOWED, "token.client_allowed", ENTRY_FROM_EMITTER)                                            \
	X(TOKEN_CLIENT_REFUSED, "token.client_refused", ENTRY_FROM_EMITTER)                                            \
	X(TOKEN_CLIENT_ENDED, "token.client_ended", ENTRY_FROM_EMITTER)                                                \
	X(CONSENT_REQUESTED, "consent.requested", ENTRY_FROM_EMITTER)                                                  \
	X(CONSENT_GRANTED, "consent.granted", ENTRY_FROM_EMITTER)                                                      \
	X(CONSENT_REFUSED, "consent.refused", ENTRY_FROM_EMITTER)                                                      \
	X(CONSENT_DEFERRED, "consent.deferred", ENTRY_FROM_EMITTER)                                                    \
	X(CONSENT_REQUEST_EXPIRED, "consent.request_expired", ENTRY_FROM_EMITTER)                                      \
	X(CONSENT_WITHDRAWN, "consent.withdrawn", ENTRY_FROM_EMITTER)                                                  \
	X(CONSENT_EXPIRED, "consent.expired", ENTRY_FROM_EMITTER)                                                      \
	X(CONSENT_REVOKED, "consent.revoked", ENTRY_FROM_EMITTER)                                                      \
	X(CONSENT_INVALIDATED, "consent.invalidated", ENTRY_FROM_EMITTER)                                              \
	X(CONSENT_RENEWED, "consent.renewed", ENTRY_FROM_EMITTER)                                                      \
	X(CONTRACT_PROPOSED, "contract.proposed", ENTRY_FROM_EMITTER)                                                  \
	X(CONTRACT_REGISTERED, "contract.registered", ENTRY_FROM_EMITTER)                                              \
	X(CONTRACT_DECLINED, "contract.declined", ENTRY_FROM_EMITTER)                                                  \
	X(CONTRACT_ENDED, "contract.ended", ENTRY_FROM_EMITTER)                                                        \
	X(OBJECTION_SET, "objection.set", ENTRY_FROM_EMITTER)                                                          \
	X(OBJECTION_LIFTED, "objection.lifted", ENTRY_FROM_EMITTER)                                                    \
	X(RESTRICTION_SET, "restriction.set", ENTRY_FROM_EMITTER)                                                      \
	X(RESTRICTION_LIFTED, "restriction.lifted", ENTRY_FROM_EMITTER)                                                \
	X(MANDATE_GRANTED, "mandate.granted", ENTRY_FROM_EMITTER)                                                      \
	X(MANDATE_REVOKED, "mandate.revoked", ENTRY_FROM_EMITTER)                                                      \
	X(MANDATE_ENDED, "mandate.ended", ENTRY_FROM_EMITTER)                                                          \
	X(DEATH_PROPOSED, "death.proposed", ENTRY_FROM_EMITTER)                                                        \
	X(DEATH_CONTESTED, "death.contested", ENTRY_FROM_EMITTER)                                                      \
	X(DEATH_DECLINED, "death.declined", ENTRY_FROM_EMITTER)                                                        \
	X(DEATH_REGISTERED, "death.registered", ENTRY_FROM_EMITTER)                                                    \
	X(DEATH_UNDO_PROPOSED, "death.undo_proposed", ENTRY_FROM_EMITTER)                                              \
	X(DEATH_UNDONE, "death.undone", ENTRY_FROM_EMITTER)                                                            \
	X(ACCESS_DECIDED, "access.decided", ENTRY_FROM_EMITTER)                                                        \
	X(ACCESS_OUTCOME, "access.outcome", ENTRY_FROM_EMITTER)                                                        \
	X(ACCESS_RECORDED, "access.recorded", ENTRY_FROM_EMITTER)                                                      \
	X(ACCESS_SEARCHED, "access.searched", ENTRY_FROM_EMITTER)                                                      \
	X(ACCESS_DENIED_REQUEST, "access.denied_request", ENTRY_FROM_EMITTER)                                          \
	X(ACCESS_CASE_CLOSED, "access.case_closed", ENTRY_FROM_EMITTER)                                                \
	X(ROLE_ASSIGNED, "role.assigned", ENTRY_FROM_EMITTER)                                                          \
	X(ROLE_REVOKED, "role.revoked", ENTRY_FROM_EMITTER)                                                            \
	X(POLICY_ACTIVATED, "policy.activated", ENTRY_FROM_EMITTER)                                                    \
	X(POLICY_PROPOSED, "policy.proposed", ENTRY_FROM_EMITTER)                                                      \
	X(POLICY_WITHDRAWN, "policy.withdrawn", ENTRY_FROM_EMITTER)                                                    \
	X(CLIENT_CHANGED, "client.changed", ENTRY_FROM_EMITTER)                                                        \
	X(KEY_ROTATED, "key.rotated", ENTRY_FROM_EMITTER)                                                              \
	X(ADMIN_CHANGED, "admin.changed", ENTRY_FROM_EMITTER)                                                          \
	X(ADMIN_READ, "admin.read", ENTRY_FROM_EMITTER)                                                                \
	X(PROFILE_READ, "profile.read", ENTRY_FROM_EMITTER)                                                            \
	X(CONSENT_READ, "consent.read", ENTRY_FROM_EMITTER)                                                            \
	X(BREAKGLASS_USED, "breakglass.used", ENTRY_FROM_EMITTER)                                                      \
	X(BREAKGLASS_CLOSED, "breakglass.closed", ENTRY_FROM_EMITTER)                                                  \
	X(BREAKGLASS_REVIEWED, "breakglass.reviewed", ENTRY_FROM_EMITTER)                                              \
	X(BREAKGLASS_SUSPENDED, "breakglass.suspended", ENTRY_FROM_EMITTER)                                            \
	X(BREAKGLASS_RESTORED, "breakglass.restored", ENTRY_FROM_EMITTER)                                              \
	X(QUESTION_OPENED, "question.opened", ENTRY_FROM_EMITTER)                                                      \
	X(QUESTION_READ, "question.read", ENTRY_FROM_EMITTER)                                                          \
	X(QUESTION_TAKEN, "question.taken", ENTRY_FROM_EMITTER)                                                        \
	X(QUESTION_ANSWERED, "question.answered", ENTRY_FROM_EMITTER)                                                  \
	X(QUESTION_FOLLOWED, "question.followed", ENTRY_FROM_EMITTER)                                                  \
	X(QUESTION_ESCALATED, "question.escalated", ENTRY_FROM_EMITTER)                                                \
	X(DESK_OPENED, "desk.opened", ENTRY_FROM_EMITTER)                                                              \
	X(DESK_PREPARED, "desk.prepared", ENTRY_FROM_EMITTER)                                                          \
	X(DESK_CONFIRMED, "desk.confirmed", ENTRY_FROM_EMITTER)                                                        \
	X(DESK_REFUSED, "desk.refused", ENTRY_FROM_EMITTER)                                                            \
	X(DESK_CODES, "desk.codes_issued", ENTRY_FROM_EMITTER)                                                         \
	X(DESK_ACCOUNT, "desk.account_made", ENTRY_FROM_EMITTER)                                                       \
	X(SUBJECT_ERASING, "subject.erasing", ENTRY_FROM_EMITTER)                                                      \
	X(SUBJECT_ERASED, "subject.erased", ENTRY_FROM_EMITTER)                                                        \
	X(NOTICE_SENT, "notice.sent", ENTRY_FROM_EMITTER)

#define ENTRY_EVENT_ENUMERATOR(id, name, source) ENTRY_##id,
/* ENTRY_AUTH_LOGIN and so on. 0 is no event, so that a forgotten one is refused. */
enum entry_event { ENTRY_NO_EVENT, ENTRY_EVENTS(ENTRY_EVENT_ENUMERATOR) ENTRY_EVENT_COUNT };

/* log.* entries come from auditlogd itself and from nobody else. */
enum entry_source { ENTRY_FROM_LOG, ENTRY_FROM_EMITTER };

/* "auth.login"; "" for no event. */
const char *entry_event_name(enum entry_event ev);
enum entry_source entry_event_source(enum entry_event ev);
/* ENTRY_NO_EVENT when the catalogue does not have it. */
enum entry_event entry_event_find(struct str name);

enum entry_decision { ENTRY_NO_DECISION, ENTRY_PERMIT, ENTRY_REFUSE };

enum entry_basis_type {
	ENTRY_NO_BASIS,
	ENTRY_BASIS_CONSENT,
	ENTRY_BASIS_STATUTE,
	ENTRY_BASIS_CONTRACT,
	ENTRY_BASIS_VITAL,
	ENTRY_BASIS_BREAK_GLASS,
	ENTRY_BASIS_ENTRY, /* an earlier entry that this one belongs to */
};

struct entry_by {
	struct str service;     /* required */
	struct str operator_id; /* a pseudonymous id */
	struct str roles[ENTRY_ROLES_MAX];
	size_t role_count;
	struct str acr;
};

struct entry_about {
	struct str tag;    /* 22 characters */
	struct str sealed; /* base64url; may be empty: then there are no details */
};

struct entry_basis {
	enum entry_basis_type type;
	bool has_index; /* a permit by consent and every reference has one, a grant has none yet */
	uint64_t index;
	struct str ctag;                             /* 22 characters */
	struct str ref;                              /* of the statute or contract in the policy */
	struct str recipient;                        /* of a grant to one; else empty */
	struct str recipients[ENTRY_RECIPIENTS_MAX]; /* of a grant to several, two at least and no two the same */
	size_t recipient_count;
	int64_t from_us, until_us; /* of a grant; 0 = absent */
};

/* name: a-z, 0-9 and _, starting with a letter, at most 32. A text (text.p != NULL, may not be empty) or a number. */
struct entry_fact {
	struct str name;
	struct str text;
	uint64_t number; /* at most 2^63-1 */
};

/*
 * An entry as its emitter knows it. Everything borrowed; empty strings, zero counts and zero enumerators mean absent.
 * Filled by entry_check_fragment() and entry_parse(), its texts are *as spelt*: entry_put_unescaped() undoes \" and \\.
 */
struct entry {
	struct uuid id;
	enum entry_event event;
	struct entry_by by;
	struct entry_about about[ENTRY_ABOUT_MAX];
	size_t about_count;
	struct str purpose; /* "eligibility/3" */
	struct str categories[ENTRY_CATEGORIES_MAX];
	size_t category_count;
	struct str action;
	enum entry_decision decision;
	struct str reason;
	struct entry_basis basis;
	struct str policy;   /* "sha256:…" */
	struct str trace;    /* traceparent */
	struct str case_ref; /* member `case` */
	struct entry_fact facts[ENTRY_FACTS_MAX];
	size_t fact_count;
};

/* An entry as the log has it. */
struct entry_view {
	struct hash prev;
	uint64_t index;
	int64_t time_us;
	struct entry entry;
};

/*
 * Appends the fragment. E_INVALID: not UTF-8, control characters, a missing or malformed member; E_TOO_LARGE: a member
 * or the whole over its limit. What it writes satisfies entry_check_fragment().
 */
MUST_USE enum status entry_encode_fragment(const struct entry *e, struct buf *out);
/* Appends the head alone, `"id":…,"event":…,"by":{…}`: the AAD of sealed parts, needed before they exist. */
MUST_USE enum status entry_encode_head(const struct entry *e, struct buf *out);
/* The head of a fragment or of a whole line, borrowed. E_INVALID when it has none. */
MUST_USE enum status entry_fragment_head(struct str fragment_or_line, struct str *head);

/* Strict. The result borrows from the fragment. E_INVALID, E_TOO_LARGE; E_UNSUPPORTED for an event not in the
 * catalogue. */
MUST_USE enum status entry_check_fragment(struct str fragment, struct entry *out);

/* Appends the stored line, without a newline. The fragment has been checked. E_TOO_LARGE past ENTRY_MAX. */
MUST_USE enum status
entry_compose(const struct hash *prev, uint64_t index, int64_t time_us, struct str fragment, struct buf *out);
/* Reads a whole line. The result borrows from it. Statuses as entry_check_fragment(). */
MUST_USE enum status entry_parse(struct str line, struct entry_view *out);
/* The chain without any parsing: 32 bytes from base64 at byte 15. E_INVALID. */
MUST_USE enum status entry_prev(struct str line, struct hash *out);
/* What the emitter sent: the line from `"id":` on. E_INVALID. */
MUST_USE enum status entry_fragment(struct str line, struct str *fragment);

/* A fact that is a text; empty when there is none of that name. */
struct str entry_fact_text(const struct entry *e, const char *name);
/* A fact that is a number; NULL when there is none of that name. */
const struct entry_fact *entry_fact_number(const struct entry *e, const char *name);

/* Appends a text of a parsed entry as it was meant. */
void entry_put_unescaped(struct buf *out, struct str spelt);
/* "permit"; "consent"; "" for none. */
const char *entry_decision_name(enum entry_decision d);
const char *entry_basis_name(enum entry_basis_type t);

#endif
