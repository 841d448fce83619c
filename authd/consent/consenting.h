/*
 * consenting.h: the life of a consent as the database and the log see it: asked, given, refused, put off, withdrawn.
 * Each step is one transaction with its event, then the entry; a grant counts from its log index, a withdrawal from its
 * commit (R6).
 *
 * All of it runs on a worker (SLOW routes). The steps are in consenting_ask.c, consenting_give.c, consenting_answer.c
 * and consenting_end.c; who acts is in consenting_giver.c.
 */
#ifndef AUTHD_CONSENT_CONSENTING_H
#define AUTHD_CONSENT_CONSENTING_H

#include <jansson.h>

#include "auditlog/base/random.h"
#include "authd/consent/consent.h"
#include "authd/store/store_consent.h"
#include "authd/store/store_request.h"

struct audit_event;
struct authd;
struct request;

#define CONSENTING_CATEGORIES_MOST 32
/* Requests of one service to one person in a day (UTC), times rate_factor: each is a message to them. */
#define CONSENTING_ASKS_A_DAY 100
/* How long a request waits for the person's answer. */
#define CONSENTING_OPEN_US (INT64_C(30) * DAY_US)
/* A consent in its last month is shown as expiring. */
#define CONSENTING_EXPIRING_US (INT64_C(30) * DAY_US)

/* ---- who gives, refuses, puts off, withdraws or renews, and how it is shown ---- */

/*
 * A representative acts under a mandate. They use their own session, never the person's. Where `id` is empty nobody
 * represents anybody. Names of entries: `pseudonym` is the recipient of the mandate's own entry (mandate.granted),
 * which is at `log_index`; each act names both, which is what `auditlog verify --lawful` judges. The caller has checked
 * that the mandate holds now and covers this matter (its themes); that it still holds when data is read is the
 * decision's.
 */
struct consenting_mandate {
	struct str id; /* of the mandate's row; kept with the consent: a revoked one makes REPRESENTATIVE_INVALID */
	uint64_t log_index;   /* of mandate.granted */
	struct str party;     /* the representative's sub; their particulars come from their own profile */
	struct str pseudonym; /* as entries call them */
	struct consent_authority authority; /* type, verified by whom, from and until when */
	struct str document;                /* the paper it rests on: into the sealed identity, never into an entry */
};

/*
 * An operator helps: prepares, never finishes alone. Where `channel` is empty nobody helped. The caller has verified
 * the confirmation (the one-time code, or the second operator's own session); here it is only written down.
 */
struct consenting_assistance {
	struct str channel;         /* "office", "phone" */
	struct str operator_id;     /* the operator's pseudonym */
	struct str organisation;    /* where they hold the role */
	struct str confirmation;    /* "sms-otp", "totp", "hotp-list", "paper" … */
	struct str second_operator; /* pseudonym; with "paper" */
	struct str operator_sub, second_sub;
	struct str paper; /* the number under which the signed paper is kept; with "paper" */
	struct str paper_date, paper_kept,
	    paper_scan; /* its day, where it is, SHA-256 of its scan; into the record only */
	int64_t confirmed_us;
};

/*
 * Whose data it is, who acts and how. Borrowed texts. Fill it like this:
 *
 *   the person themselves     consenting_giver_self(rq)
 *   a mandate                 .sub and .wrapped of the represented person, .mandate; .method and .acr of the
 *                             representative's session (consenting_giver_self() of their request has them)
 *   a desk, the second step   .sub and .wrapped of the person, .assistance; .method what confirmed it
 * ("office+sms-otp", "paper+second-operator"), .acr what that is worth. Both together: a representative at a desk. on
 * the person's word      consenting_giver_for(): an administrator takes back what the person told them to
 */
struct consenting_giver {
	struct str sub, wrapped; /* whose data it is; wrapped is their key as it is stored */
	struct str by; /* who acts, for the events of the record; empty: the representative, else the person */
	struct consenting_mandate mandate;
	struct consenting_assistance assistance;
	struct str method, acr;  /* of this act; method is the signature that 152-FZ 9(4) item 9 wants */
	enum words_lang read_in; /* of a yes: the language of the notice that was in front of them */
};

/* The signed-in person, or the person of a token, for themselves. Borrows from rq. */
struct consenting_giver consenting_giver_self(const struct request *rq);
/* Somebody who was told to by the person whose key is `wrapped`. Borrows from rq and the texts. */
struct consenting_giver consenting_giver_for(const struct request *rq, struct str sub, struct str wrapped);
/* Whom events of the record name. */
struct str consenting_giver_by(const struct consenting_giver *giver);

/* ---- asking ---- */

/* What a service asks a person for. Borrowed; empty means absent. */
struct consenting_ask {
	struct str client_id, service, organisation;
	struct str sub;
	bool by_number; /* the service named them by their national number, and learns nothing else of them */
	struct str purpose;
	struct str categories[CONSENTING_CATEGORIES_MOST]; /* necessary */
	size_t category_count;
	struct str optional[CONSENTING_CATEGORIES_MOST];
	size_t optional_count;
	/* All who may rest on it, after consenting_settle_recipients() the one that asks first; none: that one alone.
	 */
	struct str recipients[NOTICE_RECIPIENTS_MOST];
	size_t recipient_count;
	int64_t until_us; /* 0: as long as the purpose allows */
	struct str return_to, case_ref;
	struct str renews; /* a record of theirs for the same purpose, in whose place a yes comes */
};

/*
 * Before anything is made of the request: E_INVALID, said, when the recipients are not such as the notice names
 * together, leave out the service that asks, or name one twice. Puts them in order; one alone becomes none.
 */
MUST_USE enum status consenting_settle_recipients(struct request *rq, struct consenting_ask *ask);

/*
 * Makes the request, or finds an equal open one (*existed). E_INVALID: the purpose, a category or the term does not fit
 * the policy (said in the response); E_LIMITED: this service has asked them CONSENTING_ASKS_A_DAY times today (said);
 * E_NOT_FOUND: no such person. audit.h statuses. By number there is always somebody (bynumber.h): a stranger's request
 * waits for them, whoever is disabled finds it when they are not any more.
 */
MUST_USE enum status
consenting_ask(struct request *rq, const struct consenting_ask *ask, struct store_request *out, bool *existed);

/*
 * After consenting_ask() said E_NOT_FOUND: what a request of a person looks like from outside, for somebody who is not
 * there: an id to which no page belongs, the same one while an equal request would be open, an entry that is about
 * nobody, and the work of a real one. So whoever asks does not learn whether there is such a person.
 */
MUST_USE enum status consenting_ask_nobody(struct request *rq, const struct consenting_ask *ask, struct buf *request_id,
					   int64_t *expires_us);

/* ---- answering: E_NOT_FOUND when the request is not about giver->sub ---- */

/*
 * Yes, with the optional categories that were ticked. The record is validated before it is stored. record_id gets its
 * id. E_USED: answered before. E_EXPIRED. E_CONFLICT: the policy has changed since it was asked; the service must ask
 * anew. E_INVALID: the particulars of the person or the representative lack what the law asks for.
 */
MUST_USE enum status
consenting_give(struct request *rq, const struct store_request *request, const struct consenting_giver *giver,
		const struct str *ticked, size_t ticked_count, char record_id[UUID_TEXT_LEN + 1]);
/* No. E_USED, E_EXPIRED. */
MUST_USE enum status
consenting_refuse(struct request *rq, const struct store_request *request, const struct consenting_giver *giver);
/* Later: it stays open as long as it would have; putting it off again changes nothing. E_USED, E_EXPIRED. */
MUST_USE enum status
consenting_defer(struct request *rq, const struct store_request *request, const struct consenting_giver *giver);

/* ---- ending ---- */

/*
 * The same again: a new record in the place of one that holds, from now on and as long as that one was given for, at
 * most as long as the purpose allows; of its optional categories those that are ticked. The old one holds until the new
 * one is in the log. E_NOT_FOUND. E_USED: it does not hold any more. E_CONFLICT: the policy has changed; the service
 * must ask anew.
 */
MUST_USE enum status consenting_renew(struct request *rq, const struct consenting_giver *giver, struct str old_id,
				      const struct str *ticked, size_t ticked_count, char record_id[UUID_TEXT_LEN + 1]);

/* Takes a consent of giver->sub back. E_NOT_FOUND; E_USED: withdrawn before. */
MUST_USE enum status
consenting_withdraw(struct request *rq, const struct consenting_giver *giver, struct str record_id);

/*
 * The consent ends without the person, who is told: expired (its term is over), revoked (by the organisation that holds
 * it or an officer), invalidated (it was never good, or what it was about is no more). `why` is a word of
 * consenting_may_lapse(). Effective at the commit, as a withdrawal. E_USED: it has ended before; E_UNAVAILABLE: it is
 * not in the log yet. ev: who does it, from audit_of(), or of a daemon's own doing.
 */
MUST_USE enum status consenting_lapse(struct authd *a, struct store *db, const struct audit_event *ev, struct str by,
				      const struct store_consent *c, enum consent_state state, struct str why);
/* Whether this may be the reason: expired: term_over; revoked: purpose_reached, service_ended, officer; invalidated:
 * error, no_authority, purpose_changed, purpose_gone. */
bool consenting_may_lapse(enum consent_state state, struct str why);
/* The same for a request, by its record or an officer: E_INVALID when why is not one, said in the response. */
MUST_USE enum status
consenting_end(struct request *rq, const struct store_consent *c, enum consent_state state, struct str why);

/* An open request's term is over: an entry, and the person is told. E_USED: it was answered. */
MUST_USE enum status consenting_request_over(struct authd *a, struct store *db, const struct store_request *r);

/* ---- showing ---- */

/* The record as it is now: the stored one with every event and log position. The caller owns *out. */
MUST_USE enum status consenting_record(struct request *rq, const struct store_consent *stored, json_t **out);

/*
 * What somebody would sign: the record of an open request, in the words of the policy in force, without code, events
 * and identity hash; all optional categories are in it. E_CONFLICT, said: the rules have changed.
 */
MUST_USE enum status consenting_preview(struct request *rq, const struct store_request *asked,
					const struct consenting_giver *giver, json_t **out);
/* The identity object that goes with it, as the profiles say now. E_INVALID, said: no particulars are on file. */
MUST_USE enum status
consenting_preview_identity(struct request *rq, const struct consenting_giver *giver, json_t **out);

/*
 * The particulars as they stood when it was given; their hash is the record's. owner: the person's id and key.
 * E_NOT_FOUND: none are kept (given before they were, or erased).
 */
MUST_USE enum status consenting_identity(struct request *rq, const struct store_consent *stored,
					 const struct consenting_giver *owner, json_t **out);

/*
 * The receipt that can be checked without us:
 *
 *	{"record","code","check","log","withdrawal","proofs":[{"state","index","entry","proof"}]}
 *
 * of its grant and, when it has ended, of its end the entry with its proof; "log" is the first of them, "withdrawal"
 * (absent while it holds) the last. E_UNAVAILABLE: not in the log, or under no checkpoint yet.
 */
MUST_USE enum status consenting_receipt(struct request *rq, const struct store_consent *stored, json_t **out);

#endif
