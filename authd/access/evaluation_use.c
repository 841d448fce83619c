#include "authd/access/evaluation_parts.h"
#include "authd/policy/limits.h"
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

/* A use counts for the window that it was taken in; whoever reads the log counts what stands there. */
static int64_t
window_end(const struct use_of *of)
{
	const int64_t per_us = of->purpose->frequency.per_us;

	if (per_us == 0)
		return 0;
	return limits_add(limits_add(decision_window(of->purpose, of->from_us, of->now_us), per_us), USE_LATE_US);
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
	e->use_until_us = window_end(&of);
	e->verdict.remaining = purpose->frequency.count - (uint32_t)used;
	return OK;
}
