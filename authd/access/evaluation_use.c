#include "authd/access/evaluation_parts.h"
#include "authd/request.h"

static struct use_of
what_is_used(const struct evaluation *e, const struct purpose *purpose, const struct decision_facts *facts)
{
	bool consent = e->verdict.basis == BASIS_CONSENT;

	return (struct use_of){
		.record_id = consent ? e->verdict.record_id : STR(""),
		.sub = e->q.person,
		.service = e->asked.service,
		.purpose = purpose,
		.from_us = consent ? facts->consent.from_us : 0,
		.now_us = e->q.now_us,
	};
}

static enum status
judge_again(struct evaluation *e, struct decision_facts *facts, uint64_t used)
{
	facts->used = used;
	return decision_evaluate(e->rq->policy, &e->asked, facts, &e->verdict);
}

enum status
evaluation_take_use(struct evaluation *e, const struct purpose *purpose, struct decision_facts *facts)
{
	struct use_of of;
	uint64_t used = 0;
	enum status st;

	if (!e->verdict.permit || !e->verdict.limited)
		return OK;
	of = what_is_used(e, purpose, facts);
	if (e->q.dry_run) {
		TRY(use_count(e->rq->authd, &of, &used));
		return judge_again(e, facts, used);
	}
	st = use_take(e->rq->authd, &of, &e->use, &used);
	if (st == E_LIMITED)
		return judge_again(e, facts, purpose->frequency.count);
	TRY(st);
	e->verdict.remaining = purpose->frequency.count - (uint32_t)used;
	return OK;
}
