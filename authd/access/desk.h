/*
 * desk.h: acting with somebody's help, at an office or by telephone, in two steps by two parties.
 *
 *	look-up by an exact identifier ─▶ case (30 min, this operator, this session)
 *	the operator prepares          ─▶ offer: the whole text, sealed, under one hash; read out or printed
 *	the person confirms that hash  ─▶ with the code of one number of their own paper list (15 min, 3 tries), or
 *	                                  on signed paper that a second operator has seen (24 h)
 *	only then it is carried out, from the stored text, never from what a form brings
 *
 * Which code, and why no other. A code that a person says aloud is known to whoever hears it. So it must be worth
 * nothing anywhere else: codes of the desk are a list of their own (hotp_key.h) that signs nobody in, and codes of
 * sign-in devices are refused here, by their length alone. And it must be worth nothing for anything else: each offer
 * takes the next number of the list when it is prepared, so a code that was told for one offer and held back confirms
 * no other. What remains is that an operator reads out one text and has another one confirmed: the text names what was
 * asked, the person sees it printed or on the screen, it is kept, and the entry about it is the person's to see.
 *
 * Whoever printed a list has seen its codes, and can prepare nothing that is confirmed with it. A second operator is
 * another person, of the same organisation, with a role that helps. Nobody helps themselves (officer.h).
 *
 * Limits, each in an hour: an operator looks up 60 people, of them 20 by insurance number (people show it, and it can
 * be guessed) and 10 who are not known or cannot be helped, prepares 120 offers and hears 20 wrong codes; about one
 * person 40 offers are prepared. Ten wrong codes in a row end a list.
 *
 * The operator sees of a person which requests of their own organisation wait and which consents to it hold, and no
 * data. The look-up itself is an entry that the person sees. All of it runs on a worker (SLOW routes).
 */
#ifndef AUTHD_ACCESS_DESK_H
#define AUTHD_ACCESS_DESK_H

#include <jansson.h>

#include "auditlog/base/clock.h"
#include "auditlog/base/secret.h"
#include "auditlog/core/entry.h"
#include "authd/access/officer.h"
#include "authd/consent/consenting.h"
#include "authd/store/store_desk.h"
#include "authd/store/store_person.h"

#define DESK_CASE_US          (INT64_C(1800) * SECOND_US)
#define DESK_CODE_US          (INT64_C(900) * SECOND_US) /* an offer that waits for a code */
#define DESK_PAPER_US         DAY_US                     /* one that waits for a second operator */
#define DESK_WINDOW_US        (INT64_C(3600) * SECOND_US)
#define DESK_LOOKUPS_MOST     60
#define DESK_MISSES_MOST      10
#define DESK_NUMBERS_MOST     20
#define DESK_OFFERS_MOST      120
#define DESK_OFFERS_ABOUT     40
#define DESK_WRONG_MOST       20
#define DESK_ID_MOST          64
#define DESK_CONTENT_MOST     ((size_t)16 << 10)
#define DESK_TEXT_MOST        ((size_t)4000)
#define DESK_PARTICULARS_MOST ((size_t)500)

/* The signed paper of an offer: where it can be looked up. */
struct desk_paper {
	struct str number;     /* like the number of a file (question_is_case_number): it stands in entries in clear */
	struct str date, kept; /* as the office files it; date "2026-11-22" */
	struct str scan;       /* SHA-256 of the scan, 64 hexadecimal digits; may be empty */
};

/* What an operator prepares. Borrowed; empty means absent. */
struct desk_preparing {
	struct str action; /* store_desk.h */
	struct str target; /* give, refuse, defer: a request; withdraw: a record; question, complaint: a log index;
			    * contract, contract_no: a proposed contract */
	struct str ticked[CONSENTING_CATEGORIES_MOST]; /* optional categories that the person wants */
	size_t ticked_count;
	struct str way; /* "code", "paper" */
	struct str text;
	struct desk_paper paper;
	json_t *particulars; /* of a new account */
};

/* A case with whom it is about. */
struct desk_case {
	struct store_desk_case row;
	struct store_person person;
};
void desk_case_clear(struct desk_case *c);

/* An offer with its text, and whom it is about. */
struct desk_offer {
	struct store_desk_offer row;
	struct store_person person; /* empty of an account that is not there yet */
	struct buf text;            /* JSON: what was read out */
	json_t *content;            /* the same, read */
};
void desk_offer_clear(struct desk_offer *o);

/* What came of an offer. */
struct desk_result {
	char id[DESK_ID_MOST + 1];   /* a record's, a question's; "" when there is none */
	json_t *looks;               /* see: who looked, this month and the one before; else NULL */
	struct secret codes;         /* codes, account: the list, once */
	char card[DESK_ID_MOST + 1]; /* account: the number on the card */
};
void desk_result_clear(struct desk_result *r);

/* One more of `what` in this hour by `who`; with the `most`-th one before, E_LIMITED, said with Retry-After. */
MUST_USE enum status desk_take(struct request *rq, const char *who, const char *what, int most);

/*
 * Looks somebody up by login, card number or insurance number (SNILS), exactly. OK: a case, whose entry is in the log.
 * E_NOT_FOUND, said: nobody who can be helped here by that name (unknown, disabled, erased alike; that it was tried is
 * in the log). E_LIMITED. channel: "office" or "phone".
 */
MUST_USE enum status desk_open(struct request *rq, const struct officer *o, struct str identifier, struct str channel,
			       char case_id[DESK_ID_MOST + 1]);
/* Whom a look-up finds. Nobody who was erased, in either case. */
enum desk_whom {
	DESK_ACTIVE,     /* whose account is in use */
	DESK_REGISTERED, /* also whose account is shut: the dead, and whom an administrator disabled */
};
/*
 * Looks somebody up in the same way, under the same limits, for work that is no case; act: what for, a fact of the
 * entry, which is in the log when this returns OK. E_NOT_FOUND, E_DENIED (related), E_LIMITED: said. *out is to be
 * cleared in any case.
 */
MUST_USE enum status desk_identify(struct request *rq, const struct officer *o, struct str identifier,
				   enum desk_whom whom, const char *act, struct store_person *out);
/*
 * Before a list of the desk is shown: one entry for all that is shown at once, with what kind of list it is, about
 * `sub` where it is one person's and about nobody in particular with "" (R1).
 */
MUST_USE enum status desk_record_list(struct request *rq, const struct officer *o, const char *list, struct str sub);
/* Whether an insurance number opened it; then the login is nothing to show. */
bool desk_by_number(struct str case_id);
/* A live case of this operator in this session. E_NOT_FOUND. */
MUST_USE enum status desk_case(struct request *rq, const struct officer *o, struct str case_id, struct desk_case *out);
/* Prepares. c is NULL for an account. E_INVALID, E_CONFLICT, E_NOT_FOUND, E_LIMITED, said. */
MUST_USE enum status desk_prepare(struct request *rq, const struct officer *o, const struct desk_case *c,
				  const struct desk_preparing *what, char offer_id[DESK_ID_MOST + 1]);
/* Of the official's organisation: one's own, or on paper. E_NOT_FOUND; E_DENIED, said: theirs or their relatives'. */
MUST_USE enum status
desk_offer(struct request *rq, const struct officer *o, struct str offer_id, struct desk_offer *out);
/* Before an offer is shown: whoever did not prepare it leaves an entry, about whom it is about. */
MUST_USE enum status desk_record_look(struct request *rq, const struct officer *o, const struct desk_offer *offer);
/*
 * The person's code for what digest (hexadecimal) names. E_UNAUTHENTICATED: a wrong one, try again; E_USED, said: too
 * many, or it waits no longer; E_CONFLICT, said: another text than the one prepared.
 */
MUST_USE enum status desk_confirm_code(struct request *rq, const struct officer *o, struct desk_offer *offer,
				       struct str digest, struct str code, struct desk_result *out);
/* A second operator has seen the signed paper. E_DENIED, said: who may not be the second. */
MUST_USE enum status desk_confirm_paper(struct request *rq, const struct officer *second, struct desk_offer *offer,
					struct str digest, struct desk_result *out);
/* By the operator who prepared it (the person said no), or by a second one (the paper is not there, or not so). */
MUST_USE enum status desk_refuse(struct request *rq, const struct officer *o, struct desk_offer *offer);

/* The event of something that an official does about somebody (person may be NULL). Facts: the organisation,
 * and of an offer its action, channel and way. */
struct audit_event desk_event(const struct request *rq, const struct officer *o, enum entry_event event,
			      const struct store_person *person, const struct store_desk_offer *offer);

#endif
