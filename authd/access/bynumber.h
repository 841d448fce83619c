/*
 * bynumber.h: people by their national number (SNILS), for services that know nothing else of them. The number itself
 * goes nowhere: what is looked up is an HMAC under the pepper of authd-keyd, and every entry has the person's own tag.
 *
 * Nobody learns by asking whose number is known. Whoever is not here becomes a stranger (store_national.h) and is then
 * asked about by the same statements as everybody; the first mention of a number in BYNUMBER_NEW_US costs the same
 * whoever it is. A person who comes with a number that was asked about takes the stranger's place and finds the
 * requests. Strangers are forgotten when nobody asks any more.
 */
#ifndef AUTHD_ACCESS_BYNUMBER_H
#define AUTHD_ACCESS_BYNUMBER_H

#include "authd/identity/snils.h"
#include "authd/keys/keys.h"
#include "authd/store/store_national.h"

struct request;

/* In resource.id of a question: "snils:12345678900", "snils:123-456-789 00". */
#define BYNUMBER_PREFIX "snils:"
/* So often is a number a new one again. */
#define BYNUMBER_NEW_US (INT64_C(62) * DAY_US)
/*
 * When a stranger is forgotten: a number that is still no new one may be asked about on the last day, a request waits
 * 30 days, and the next stranger of this number must not have another tag in the same month.
 */
#define BYNUMBER_FORGET_US (BYNUMBER_NEW_US + INT64_C(62) * DAY_US)
/* Numbers that a service may name anew at once, and how long one takes to be given back; each node counts for itself.
 * At this rate all numbers that there can be take thirty years. */
#define BYNUMBER_BURST     3000
#define BYNUMBER_REFILL_US INT64_C(1000000)

#define BYNUMBER_SUB_MOST 64

/* Whether a text of a question names somebody by number; *number is the rest. */
bool bynumber_in(struct str said, struct str *number);

/*
 * The sub of a person or a stranger, appended. E_INVALID: no such number can be, said in the response. E_LIMITED: this
 * service has named too many new ones, said in the response. Fiber or worker.
 */
MUST_USE enum status bynumber_sub(struct request *rq, struct str number, struct buf *out);
/* What a question calls somebody: by number as above, else as subject_resolve() has it. */
MUST_USE enum status bynumber_resolve(struct request *rq, struct str said, struct buf *out);

/*
 * Who has the number, for an official who was shown it, or a person who names whom they represent: nobody is asked
 * about for later, and nothing is written. E_NOT_FOUND: nobody here (a stranger, too). E_INVALID: it can be no number;
 * nothing is said. On a worker.
 */
MUST_USE enum status bynumber_find(struct request *rq, struct str number, struct store_person *out);

/* ---- somebody comes, with a number or without ---- */

struct bynumber_newcomer {
	uint8_t hash[KEYS_PEPPER_LEN];
	bool has_number, expected; /* expected: a stranger is there for them */
	char sub[BYNUMBER_SUB_MOST + 1];
	struct buf wrapped;
};

void bynumber_newcomer_clear(struct bynumber_newcomer *n);
/*
 * Their sub and key: new ones, or what a stranger of this number had. number empty: they show none. E_CONFLICT: it is
 * another person's; only an administrator may be told so. E_INVALID: it cannot be one. On a worker.
 */
MUST_USE enum status bynumber_newcomer(struct request *rq, struct str number, struct bynumber_newcomer *out);
/* Their row, whose sub and key are those of n, and the number. E_CONFLICT: login or number is taken. */
MUST_USE enum status
bynumber_save(struct store_tx *tx, const struct bynumber_newcomer *n, const struct store_person *row);

#endif
