#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "authd/policy/policy_data.h"
#include "authd/policy/policy_report.h"

struct reached {
	bool permit, refuse;
};

/* Marks the permissions that this test got to: its roles had them, whatever came of it. */
static void
mark(const struct policy *p, const struct policy_case *c, const struct decision *got, struct reached *reached)
{
	enum action action = c->req.break_glass ? ACTION_BREAK_GLASS : got->action;

	for (size_t i = 0; i < p->grant_count; i++) {
		const struct policy_grant *g = &p->grants[i];

		if (g->purpose == NULL || g->purpose != got->purpose || g->category != got->category ||
		    g->action != action || (got->roles & g->role->bit) == 0 || got->service == NULL ||
		    !policy_grant_holds(g, got->service->organisation))
			continue;
		reached[i].permit |= got->permit;
		reached[i].refuse |= !got->permit;
	}
}

static json_t *
missing(const struct policy_grant *g, const struct reached *r)
{
	char place[512];

	(void)snprintf(place, sizeof(place), "%.400s:%u:%u", conf_file(g->node), conf_line(g->node),
		       conf_column(g->node));
	return json_pack("{s:s, s:s, s:s, s:s, s:s, s:b, s:b}", "role", g->role->id, "action", action_name(g->action),
			 "category", g->category->id, "purpose", g->purpose->id, "place", place, "permit", r->permit,
			 "refuse", r->refuse);
}

enum status
policy_coverage(const struct policy *p, json_t **out)
{
	CLEANUP(freep) struct reached *reached = calloc(p->grant_count + 1, sizeof(*reached));
	CLEANUP(json_decrefp) json_t *report = json_object(), *list = json_array();
	json_int_t permissions = 0, covered = 0;

	if (reached == NULL)
		return E_NOMEM;
	for (size_t i = 0; i < p->case_count; i++) {
		struct decision got = { 0 };

		if (decision_evaluate(p, &p->cases[i].req, &p->cases[i].facts, &got) == OK)
			mark(p, &p->cases[i], &got, reached);
	}
	for (size_t i = 0; i < p->grant_count; i++) {
		bool both = reached[i].permit && reached[i].refuse;

		if (p->grants[i].purpose == NULL)
			continue;
		permissions++;
		covered += both;
		if (!both && json_array_append_new(list, missing(&p->grants[i], &reached[i])) != 0)
			return E_NOMEM;
	}
	if (json_object_set_new(report, "permissions", json_integer(permissions)) != 0 ||
	    json_object_set_new(report, "covered", json_integer(covered)) != 0 ||
	    json_object_set(report, "missing", list) != 0)
		return E_NOMEM;
	*out = STEAL(&report);
	return OK;
}
