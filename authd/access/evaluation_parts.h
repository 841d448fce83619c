/*
 * evaluation_parts.h: the steps of an evaluation, for evaluation.c (one) and evaluations.c (several). Nobody else
 * includes this.
 */
#ifndef AUTHD_ACCESS_EVALUATION_PARTS_H
#define AUTHD_ACCESS_EVALUATION_PARTS_H

#include "authd/access/evaluation.h"

/* Up to the verdict, use of a frequency included. Statuses as evaluation_run(). Between grace_enter and grace_leave. */
MUST_USE enum status evaluation_judge(struct evaluation *e);
/* With the entry durable: the ticket of a permit. */
MUST_USE enum status evaluation_release(struct evaluation *e);

/* The level that who asks is known at. */
unsigned evaluation_assurance(const struct evaluation *e);

/*
 * For a permit that rests on a consent whose purpose has a frequency: takes one use before the permit exists, so that
 * of N parallel requests exactly as many pass as are left. With none left the verdict becomes limit_frequency. A dry
 * run takes nothing. facts is what the verdict was made of.
 */
MUST_USE enum status
evaluation_take_use(struct evaluation *e, const struct purpose *purpose, struct decision_facts *facts);
/* What was taken, when no permit came of it. */
void evaluation_give_back(struct evaluation *e);

/* The entry's draft: sealed and final, not yet sent. */
MUST_USE enum status evaluation_draft(struct evaluation *e);

#endif
