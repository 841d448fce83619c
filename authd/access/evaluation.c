#include "authd/access/evaluation.h"

#include "auditlog/base/clock.h"
#include "authd/access/bynumber.h"
#include "authd/access/evaluation_parts.h"
#include "authd/access/ticket.h"
#include "authd/request.h"

struct evaluation
evaluation_of(struct request *rq)
{
	return (struct evaluation){
		.rq = rq, .purpose_ref = BUF(256), .ticket = BUF(JWS_MAX), .person = BUF(2 * QUESTION_ID_MOST)
	};
}

void
evaluation_clear(struct evaluation *e)
{
	use_keep(&e->use);
	facts_dropp(&e->facts);
	audit_draft_clear(&e->draft);
	buf_clear(&e->purpose_ref);
	buf_clear(&e->ticket);
	buf_clear(&e->person);
}

/* The service answers for its operator's level; for itself it has the level of its own credentials, and may say less.
 */
unsigned
evaluation_assurance(const struct evaluation *e)
{
	unsigned own = e->rq->who.acr, said = role_acr_level(e->q.acr);

	if (e->q.operator_id.n > 0)
		return said;
	return e->q.acr.n > 0 && said < own ? said : own;
}

void
evaluation_fill(struct evaluation *e)
{
	const struct question *q = &e->q;

	e->asked = (struct decision_request){
		.caller = str_of(e->rq->who.client_id),
		.subject = q->subject,
		.service = str_of(e->rq->who.service),
		.action = q->action,
		.category = q->category,
		.purpose = q->purpose,
		.has_operator = q->operator_id.n > 0,
		.names_roles = q->role_count > 0,
		.emergency = q->emergency,
		.break_glass = q->break_glass,
		.range = q->range,
		.now_us = q->now_us,
	};
	if (q->role_count > 0 && policy_roles(e->rq->policy, q->roles, q->role_count, &e->asked.named_roles) != OK)
		e->asked.unknown_role = true;
}

/* Which contract would do; empty when the category does not rest on one. */
static struct str
contract_kind(const struct evaluation *e)
{
	const struct purpose *purpose = policy_purpose(e->rq->policy, e->q.purpose);
	const struct category *category = policy_category(e->rq->policy, e->q.category);
	const struct purpose_rule *rule =
	    purpose == NULL || category == NULL ? NULL : purpose_rule_for(purpose, category);

	return rule != NULL && rule->basis == BASIS_CONTRACT ? str_of(rule->ref) : STR("");
}

enum status
evaluation_gather(struct evaluation *e)
{
	const struct facts_query query = {
		.sub = e->q.person,
		.service = e->asked.service,
		.purpose = e->q.purpose,
		.category = e->q.category,
		.operator_id = e->q.operator_id,
		.organisation = str_of(e->rq->who.organisation),
		.contract = contract_kind(e),
		.break_glass = e->q.break_glass,
		.now_us = e->q.now_us,
	};

	return facts_gather(e->rq->authd, &query, &e->facts);
}

static int64_t
whole_second(int64_t us)
{
	return us - us % SECOND_US;
}

static enum status
decide(struct evaluation *e)
{
	const struct purpose *purpose = policy_purpose(e->rq->policy, e->q.purpose);
	struct decision_facts facts = facts_for(e->facts, e->rq->policy, purpose, evaluation_assurance(e));

	TRY(decision_evaluate(e->rq->policy, &e->asked, &facts, &e->verdict));
	/* Tickets count whole seconds: a ground that ends within this one has ended, for no ticket could say otherwise.
	 */
	if (e->verdict.permit && whole_second(e->verdict.valid_until_us) <= e->asked.now_us) {
		e->asked.now_us = e->verdict.valid_until_us;
		TRY(decision_evaluate(e->rq->policy, &e->asked, &facts, &e->verdict));
	}
	return evaluation_take_use(e, purpose, &facts);
}

enum status
evaluation_judge(struct evaluation *e)
{
	if (e->person.n == 0)
		TRY(bynumber_resolve(e->rq, e->q.person, &e->person));
	e->q.person = buf_str(&e->person);
	evaluation_fill(e);
	TRY(evaluation_gather(e));
	return decide(e);
}

int64_t
evaluation_until(const struct evaluation *e)
{
	const int64_t ground_us = whole_second(e->verdict.valid_until_us);

	if (!e->verdict.permit || e->q.dry_run)
		return INT64_MAX;
	return e->use_until_us > 0 && e->use_until_us < ground_us ? e->use_until_us : ground_us;
}

void
evaluation_forget(struct evaluation *e)
{
	use_give_back(e->rq->authd, &e->use);
	facts_dropp(&e->facts);
	e->facts = NULL;
	audit_draft_clear(&e->draft);
	buf_reset(&e->purpose_ref);
	e->use_until_us = 0;
	e->q.now_us = clock_now_us();
}

/* authd-keyd denies a ticket that would be over when it is signed: nothing is released then, and asking again says why.
 */
enum status
evaluation_release(struct evaluation *e)
{
	enum status st;

	if (!e->verdict.permit || e->q.dry_run)
		return OK;
	TRY(evaluation_tell(e));
	st = ticket_sign(e, &e->ticket);
	return st == E_DENIED ? E_UNAVAILABLE : st;
}

/*
 * A log that falls silent, dies or talks nonsense may have written before: a permit that an auditor counts may stand
 * there, whoever was told of it. Only what was answered with its refusal stands nowhere.
 */
bool
evaluation_may_be_logged(enum status appended)
{
	return appended != E_EXPIRED && appended != E_BUSY && appended != E_NOMEM && appended != E_TOO_LARGE;
}

static enum status
attempt(struct evaluation *e)
{
	const uint64_t seen = audit_seen(e->rq->authd);
	enum status st;

	e->logged = false;
	TRY(audit_reachable(e->rq->authd));
	TRY(evaluation_judge(e));
	TRY(evaluation_draft(e));
	st = audit_append_fenced(e->rq->authd, &e->draft, 1, seen, evaluation_until(e), &e->receipt);
	e->logged = evaluation_may_be_logged(st);
	return st;
}

/* R1: nothing of a decision is shown before its entry is durable; a dry run's neither, and it has no ticket. */
static enum status
journey(struct evaluation *e)
{
	enum status st = attempt(e);

	for (int i = 1; i < EVALUATION_ATTEMPTS && st == E_EXPIRED; i++) {
		evaluation_forget(e);
		st = attempt(e);
	}
	if (st != OK)
		return st == E_EXPIRED ? E_BUSY : st;
	return evaluation_release(e);
}

enum status
evaluation_run(struct evaluation *e)
{
	enum status st = journey(e);

	if (st == OK || e->logged)
		use_keep(&e->use);
	else
		use_give_back(e->rq->authd, &e->use);
	return st;
}
