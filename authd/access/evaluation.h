/*
 * evaluation.h: from a question to an answer, whichever endpoint it came through:
 *
 *	question → facts (one query) → decide (pure) → entry durable → ticket (signed against the receipt) → answer
 *
 * evaluation.c tells the order; evaluation_use.c takes one use of a frequency, evaluation_entry.c writes what the log
 * says, ticket.c what those who hold the data check, evaluation_answer.c what the caller reads.
 *
 * A person whom nobody knows and a person who has nothing to do with the caller get the same bytes and cost the same
 * work: for the unknown one a decoy's details are sealed and thrown away.
 */
#ifndef AUTHD_ACCESS_EVALUATION_H
#define AUTHD_ACCESS_EVALUATION_H

#include "authd/access/decision.h"
#include "authd/access/facts.h"
#include "authd/access/question.h"
#include "authd/access/use.h"
#include "authd/audit/audit.h"

struct request;

/* One evaluation on its way. Begin with evaluation_of(), fill q, end with evaluation_clear(). */
struct evaluation {
	struct request *rq;
	struct question q; /* q.person is what the caller wrote until evaluation_run, then whom it means */
	struct facts *facts;
	struct decision_request asked;
	struct decision verdict;
	struct use use;       /* of a frequency, while the permit is not released */
	int64_t use_until_us; /* before when the entry of that use must stand; 0: whenever */
	bool logged;          /* its entry is in the log, or may be: then a use stays taken */
	struct audit_draft draft;
	bool seen_later; /* the person sees the look later, or never (later.h) */
	struct receipt receipt;
	struct buf purpose_ref; /* "eligibility/3" */
	struct buf ticket;
	struct buf person; /* whom resource.id means */
};

struct evaluation evaluation_of(struct request *rq);
void evaluation_clear(struct evaluation *e);

/*
 * The whole order. On OK the entry is durable and evaluation_answer() may be released; on anything else no answer is,
 * and a use that was taken is given back. E_DENIED: subject.id is not the caller. E_UNAVAILABLE, E_TIMEOUT, E_BUSY: no
 * decision can be recorded now. rq->policy must be there.
 */
MUST_USE enum status evaluation_run(struct evaluation *e);

/* The answer of AuthZEN 1.0 ({"decision": …, "context": …}) as a new object. Only after evaluation_run said OK. */
MUST_USE enum status evaluation_answer(const struct evaluation *e, json_t **out);

#endif
