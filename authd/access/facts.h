/*
 * facts.h: what the database knows about one decision, gathered in one job of a worker: the consent facts in one query,
 * and the operator's roles in another when an operator is named.
 */
#ifndef AUTHD_ACCESS_FACTS_H
#define AUTHD_ACCESS_FACTS_H

#include "authd/access/decision.h"
#include "authd/store/store_consent.h"

struct authd;

#define FACTS_TEXT_MOST 128

/* What is asked about; texts over FACTS_TEXT_MOST are E_INVALID. */
struct facts_query {
	struct str sub;
	struct str service;
	struct str purpose;
	struct str category;
	struct str operator_id;  /* a person's id or pseudonym; empty: the service by itself */
	struct str organisation; /* of the service: only roles held there count */
	struct str contract;     /* the kind of contract that the purpose names for the category; else empty */
	bool break_glass;        /* an open emergency of the operator is looked for, too */
	int64_t now_us;
};

/* Counted memory (worker.h): drop with facts_dropp. */
struct facts;

MUST_USE enum status facts_gather(struct authd *a, const struct facts_query *q, struct facts **out);
void facts_dropp(struct facts **f);

/* As the decision wants them; borrows from f. acr is that of whoever asks. */
struct decision_facts
facts_for(const struct facts *f, const struct policy *p, const struct purpose *purpose, unsigned acr);
/* The person's wrapped key; empty when unknown or erased. */
struct str facts_wrapped(const struct facts *f);
/* The operator's pseudonym for the entry; empty unless they have a role in the caller's organisation. */
struct str facts_operator(const struct facts *f);

#endif
