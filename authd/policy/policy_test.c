#include "authd/policy/policy_data.h"

static bool
run_case(const struct policy *p, const struct policy_case *c, struct buf *report)
{
	struct decision got = { 0 };
	bool as_said = decision_evaluate(p, &c->req, &c->facts, &got) == OK && got.permit == c->permit &&
		       got.reason == c->reason && (c->basis == BASIS_NONE || c->basis == got.basis);

	if (!as_said)
		buf_printf(report, "%s:%u:%u: %s: expected %s, got %s on the basis %s\n", conf_file(c->node),
			   conf_line(c->node), conf_column(c->node), c->name, reason_name(c->reason),
			   reason_name(got.reason), basis_name(got.basis));
	return as_said;
}

enum status
policy_test(const struct policy *p, size_t *count, struct buf *report)
{
	bool all = true;

	for (size_t i = 0; i < p->case_count; i++)
		all &= run_case(p, &p->cases[i], report);
	if (count != NULL)
		*count = p->case_count;
	return all ? OK : E_CONFLICT;
}
