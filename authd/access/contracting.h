/*
 * contracting.h: contracts between a person and a service, as a ground for decisions. A service cannot invent one: what
 * it registers is a proposal that the person sees and is told of; only the person's confirmation makes a ground of it,
 * from its log entry on. Either side ends it, from the commit on, like a withdrawal.
 *
 * All of it runs on a worker (SLOW routes).
 */
#ifndef AUTHD_ACCESS_CONTRACTING_H
#define AUTHD_ACCESS_CONTRACTING_H

#include "auditlog/base/random.h"
#include "authd/consent/consenting.h"
#include "authd/keys/keys.h"
#include "authd/store/store_contract.h"

struct request;

#define CONTRACTING_NUMBER_MOST ((size_t)128)

struct contracting_terms {
	struct str service, organisation; /* of the caller */
	struct str kind;                  /* one that a purpose of the service names */
	struct str number;                /* the service's own; sealed */
	int64_t from_us, until_us;
};

/* who->wrapped empty: somebody unknown, or erased. That is the same answer and work, a row that nobody answers, and an
 * entry about nobody. E_INVALID (said in the response); E_CONFLICT: one of the kind is open. E_LIMITED: too many in a
 * day (store_contract.h). id gets the contract's. */
MUST_USE enum status contracting_propose(struct request *rq, const struct keys_person *who,
					 const struct contracting_terms *t, char id[UUID_TEXT_LEN + 1]);
/* The person's word. E_NOT_FOUND: not theirs. E_USED: answered before, or its term is over. */
MUST_USE enum status contracting_answer(struct request *rq, const struct keys_person *who, struct str id, bool yes);
/* The same with somebody's help, at the desk: the entry says who helped and how it was confirmed. */
MUST_USE enum status
contracting_answer_for(struct request *rq, const struct consenting_giver *giver, struct str id, bool yes);
/* By the person or the service that c was found for. E_USED: not in force. */
MUST_USE enum status contracting_end(struct request *rq, const struct keys_person *who, const struct store_contract *c);

/* What is sealed of it, for the person: the number. Empty when it was erased. */
MUST_USE enum status
contracting_number(struct request *rq, const struct keys_person *who, const struct store_contract *c, struct buf *out);

#endif
