/*
 * evaluations.h: several evaluations in one call (AuthZEN 1.0, Access Evaluations API). Each item is a decision of its
 * own with an entry and a ticket of its own; the entries go to auditlogd together and are durable together, so that an
 * answer either has all that was decided or is a 503.
 *
 * What is wrong with one item is that item's: {"decision": false, "context": {"error": {"status": …, "message": …}}}.
 */
#ifndef AUTHD_ACCESS_EVALUATIONS_H
#define AUTHD_ACCESS_EVALUATIONS_H

#include "authd/access/evaluation.h"

#define EVALUATIONS_MOST 50

/* How far the items are gone through, in their order. */
enum evaluations_until { EVALUATIONS_ALL, EVALUATIONS_FIRST_DENY, EVALUATIONS_FIRST_PERMIT };

struct evaluations {
	struct request *rq;
	struct evaluation_item *items;
	size_t count, done; /* done: answered, of count */
	enum evaluations_until until;
};

/* *several: there is an array `evaluations` that is not empty. E_INVALID: it is no array, or has too many items. */
MUST_USE enum status evaluations_wanted(struct json_in *in, bool *several);
/* The request's items; borrows from the document. E_INVALID for what is wrong with the whole: in->why names it. */
MUST_USE enum status evaluations_read(struct request *rq, struct json_in *in, struct evaluations *out);
void evaluations_clear(struct evaluations *all);

/* Statuses as evaluation_run(), but for E_DENIED, which is an item's. On anything but OK nothing may be released. */
MUST_USE enum status evaluations_run(struct evaluations *all);
/* {"evaluations": […]} in the order of the items, up to the last that was evaluated. Only after evaluations_run. */
MUST_USE enum status evaluations_answer(const struct evaluations *all, json_t **out);

#endif
