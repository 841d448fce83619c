#include "authd/access/evaluation_parts.h"
#include "authd/request.h"

static bool
takes_use(const struct evaluation *e)
{
	const struct decision *d = &e->verdict;

	return d->permit && d->limited && d->basis == BASIS_CONSENT && !e->q.dry_run;
}

enum status
evaluation_take_use(struct evaluation *e, const struct purpose *purpose, struct decision_facts *facts)
{
	enum status st;
	int used = 0;

	if (!takes_use(e))
		return OK;
	e->window_us = decision_window(purpose, facts->consent.from_us, e->q.now_us);
	st = facts_take_use(e->rq->authd, e->verdict.record_id, e->window_us, purpose->frequency.count, &used);
	if (st == OK) {
		e->took_use = true;
		e->verdict.remaining = purpose->frequency.count - (uint32_t)used;
		return OK;
	}
	if (st != E_LIMITED)
		return st;
	facts->used = purpose->frequency.count;
	return decision_evaluate(e->rq->policy, &e->asked, facts, &e->verdict);
}

void
evaluation_give_back(struct evaluation *e)
{
	if (e->took_use)
		facts_give_back(e->rq->authd, e->verdict.record_id, e->window_us);
	e->took_use = false;
}
