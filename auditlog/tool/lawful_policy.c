/*
 * lawful_policy.c: which rules were in force, and who put them there: one person proposed them, another one activated
 * what was proposed. The first bundle of a log has nobody to propose it (`bootstrap`); whoever activates one alone says
 * so (`alone`), and it is counted.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "auditlog/tool/lawful_inner.h"

/* ---- a permit names the policy then active ---- */

static bool
policy_active(const struct activation *a, const struct deed *d)
{
	return a->hash[0] && str_is(d->policy, a->hash) && d->time_us < a->replaced_us;
}

void
lawful_policy_permit(struct lawful *l, const struct deed *d)
{
	if (policy_active(&l->now, d) || policy_active(&l->before, d))
		return;
	if (d->policy.n > 0 && d->time_us < l->policy_from_us)
		l->blind = true;
	else
		lawful_bad(l, d, "it names %s that was not active then",
			   d->policy.n ? "a policy" : "no policy, and one");
}

/* ---- proposals ---- */

void
lawful_policy_clear(struct lawful *l)
{
	free(l->proposal);
	l->proposal = NULL;
	l->proposals = l->proposal_room = 0;
}

static struct proposal *
find_proposal(struct lawful *l, const struct deed *d)
{
	for (size_t i = l->proposals; d->has_index && i > 0; i--)
		if (l->proposal[i - 1].index == d->cited)
			return &l->proposal[i - 1];
	return NULL;
}

static enum status
make_room(struct lawful *l)
{
	size_t room = l->proposal_room ? l->proposal_room * 2 : 16;
	struct proposal *more;

	if (l->proposals < l->proposal_room)
		return OK;
	more = reallocarray(l->proposal, room, sizeof(*more));
	if (!more)
		return E_NOMEM;
	l->proposal = more;
	l->proposal_room = room;
	return OK;
}

enum status
lawful_policy_proposed(struct lawful *l, const struct deed *d)
{
	struct proposal *p;

	if (d->policy.n == 0 || d->operator_id.n == 0) {
		lawful_bad(l, d, "it proposes a policy without naming it, or without saying who does");
		return OK;
	}
	TRY(make_room(l));
	p = &l->proposal[l->proposals++];
	*p = (struct proposal){ .index = d->index, .time_us = d->time_us };
	snprintf(p->hash, sizeof(p->hash), "%.*s", STR_ARG(d->policy));
	snprintf(p->base, sizeof(p->base), "%.*s", STR_ARG(d->rules.base));
	snprintf(p->author, sizeof(p->author), "%.*s", STR_ARG(d->operator_id));
	snprintf(p->diff, sizeof(p->diff), "%.*s", STR_ARG(d->rules.diff));
	return OK;
}

enum status
lawful_policy_withdrawn(struct lawful *l, const struct deed *d)
{
	struct proposal *p = find_proposal(l, d);

	if (p && p->closed_by == 0)
		p->closed_by = d->index;
	else if (!p && !(d->has_index && lawful_blind(l, d->cited)))
		lawful_bad(l, d, "it takes back what was never proposed");
	return OK;
}

/* ---- activations ---- */

static void
judge_proposal(struct lawful *l, const struct deed *d, struct proposal *p)
{
	if (!str_is(d->policy, p->hash))
		lawful_bad(l, d, "entry %" PRIu64 " proposed another policy", p->index);
	else if (p->closed_by)
		lawful_bad(l, d, "entry %" PRIu64 " closed the proposal of entry %" PRIu64, p->closed_by, p->index);
	else if (d->operator_id.n == 0 || str_is(d->operator_id, p->author))
		lawful_bad(l, d, "a policy activated by who proposed it (entry %" PRIu64 ")", p->index);
	else if (!str_is(d->rules.author, p->author) || !str_is(d->rules.diff, p->diff))
		lawful_bad(l, d, "it names another author or other changes than entry %" PRIu64, p->index);
	else if (d->time_us - p->time_us > LAWFUL_PROPOSAL_US)
		lawful_bad(l, d, "the proposal of entry %" PRIu64 " was too old", p->index);
	else if (l->policies > 0 && !str_is(str_of(p->base), l->now.hash))
		lawful_bad(l, d, "entry %" PRIu64 " was proposed on top of a policy that was replaced since", p->index);
	p->closed_by = d->index;
}

static void
judge_two_people(struct lawful *l, const struct deed *d)
{
	struct proposal *p = find_proposal(l, d);

	if (p)
		judge_proposal(l, d, p);
	else if (!(d->has_index && lawful_blind(l, d->cited)))
		lawful_bad(l, d, "it activates a policy that nobody proposed");
}

static void
judge_how(struct lawful *l, const struct deed *d)
{
	if (str_is(d->rules.how, "two_people")) {
		judge_two_people(l, d);
	} else if (str_is(d->rules.how, "alone")) {
		l->alone++;
		if (d->operator_id.n == 0)
			lawful_bad(l, d, "a policy activated by one person alone, but not by whom");
	} else if (!str_is(d->rules.how, "bootstrap")) {
		lawful_bad(l, d, "it activates a policy, but not how that was agreed");
	} else if (l->policies > 0) {
		lawful_bad(l, d, "it activates a policy as the first one, and is not the first");
	} else if (l->minimum > 0) {
		l->blind = true;
	}
}

enum status
lawful_policy_activated(struct lawful *l, const struct deed *d)
{
	if (d->policy.n == 0) {
		l->policies++;
		lawful_bad(l, d, "it activates a policy without naming it");
		return OK;
	}
	judge_how(l, d);
	l->policies++;
	/* What was active before the first that is kept may still be named for a while. */
	if (l->policy_from_us == INT64_MAX)
		l->policy_from_us = d->time_us + LAWFUL_POLICY_GRACE_US;
	l->before = l->now;
	l->before.replaced_us = d->time_us + LAWFUL_POLICY_GRACE_US;
	l->now.replaced_us = INT64_MAX;
	snprintf(l->now.hash, sizeof(l->now.hash), "%.*s", STR_ARG(d->policy));
	return OK;
}
