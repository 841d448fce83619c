/*
 * evaluation_parts.h: the steps of an evaluation, for evaluation.c (one) and evaluations.c (several) and search_find.c
 * (as it would be). Nobody else includes this.
 */
#ifndef AUTHD_ACCESS_EVALUATION_PARTS_H
#define AUTHD_ACCESS_EVALUATION_PARTS_H

#include "authd/access/evaluation.h"

/*
 * Decisions whose ground ends while they are under way are made again (auditlog/daemon/fence.h): audit_seen() before
 * evaluation_judge(), the entry by audit_append_fenced(); when that is E_EXPIRED evaluation_forget() and all of it
 * anew. That happens once in a great while; after so many times in a row it is E_BUSY.
 */
#define EVALUATION_ATTEMPTS 4

/* Up to the verdict, use of a frequency included. Statuses as evaluation_run(). */
MUST_USE enum status evaluation_judge(struct evaluation *e);
/* Before when the entry must stand; INT64_MAX: whenever. */
int64_t evaluation_until(const struct evaluation *e);
/* Gives back and drops what an attempt left; the next one is about now. */
void evaluation_forget(struct evaluation *e);
/* With the entry durable: the ticket of a permit. */
MUST_USE enum status evaluation_release(struct evaluation *e);

/* asked from q, in the name of whoever makes the request; then the facts about q.person and asked.service. */
void evaluation_fill(struct evaluation *e);
MUST_USE enum status evaluation_gather(struct evaluation *e);

/* The level that who asks is known at. */
unsigned evaluation_assurance(const struct evaluation *e);

/*
 * For a permit whose purpose has a frequency, on whatever ground but break-glass: takes one use before the permit
 * exists (use.h). With none left the verdict becomes limit_frequency. A dry run only looks. facts is what the verdict
 * was made of.
 */
MUST_USE enum status
evaluation_take_use(struct evaluation *e, const struct purpose *purpose, struct decision_facts *facts);

/* The entry's draft: sealed and final, not yet sent. */
MUST_USE enum status evaluation_draft(struct evaluation *e);

/* Of a durable permit by vital interest: the person and the officers hear of it. Nothing for any other. */
MUST_USE enum status evaluation_tell(struct evaluation *e);

/* What the status of an append says about its entries: false only when they are certainly not in the log. */
bool evaluation_may_be_logged(enum status appended);

#endif
