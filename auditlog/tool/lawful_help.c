/*
 * lawful_help.c: was a consent that was given or withdrawn with somebody's help confirmed by those who may? The desk
 * says so in an entry of its own (desk.confirmed) before it carries out what was confirmed.
 *
 * The operators of an entry are known by pseudonyms, the person by none. So the entry has, for each operator, the tag
 * that this consent has under their own key: it is the consent's ctag exactly when the operator is the person, and
 * leads to nobody else. Older entries have no such tags; of those only the pseudonyms are judged.
 */
#include <stdio.h>
#include <string.h>

#include "auditlog/tool/lawful_inner.h"

static enum status
grow(struct lawful *l)
{
	size_t room = l->confirmation_room ? l->confirmation_room * 2 : 16;
	struct confirmation *more;

	if (l->confirmations < l->confirmation_room)
		return OK;
	more = reallocarray(l->confirmation, room, sizeof(*more));
	if (!more)
		return E_NOMEM;
	l->confirmation = more;
	l->confirmation_room = room;
	return OK;
}

static void
forget(struct lawful *l, size_t at, size_t n)
{
	struct confirmation *c = l->confirmation + at;

	l->confirmations -= n;
	memmove(c, c + n, (l->confirmations - at) * sizeof(*c));
}

static void
forget_old(struct lawful *l, int64_t now_us)
{
	size_t old = 0;

	while (old < l->confirmations && now_us - l->confirmation[old].time_us > LAWFUL_HELP_US)
		old++;
	if (old > 0)
		forget(l, 0, old);
}

/* Only what a consent rests on: a question or a list of codes is carried out by the desk itself. */
enum status
lawful_help_confirmed(struct lawful *l, const struct deed *d)
{
	struct confirmation c = { .time_us = d->time_us };

	forget_old(l, d->time_us);
	if ((!str_is(d->helped.act, "give") && !str_is(d->helped.act, "withdraw")) || d->tag.n != ENTRY_TAG_LEN)
		return OK;
	memcpy(c.tag, d->tag.p, ENTRY_TAG_LEN);
	snprintf(c.operator_id, sizeof(c.operator_id), "%.*s", STR_ARG(d->operator_id));
	snprintf(c.prepared_by, sizeof(c.prepared_by), "%.*s", STR_ARG(d->helped.prepared_by));
	snprintf(c.act, sizeof(c.act), "%.*s", STR_ARG(d->helped.act));
	snprintf(c.way, sizeof(c.way), "%.*s", STR_ARG(d->helped.way));
	TRY(grow(l));
	l->confirmation[l->confirmations++] = c;
	return OK;
}

static bool
on_paper(const struct deed *d)
{
	return str_is(d->help.confirmation, "paper");
}

static bool
fits(const struct confirmation *c, const struct deed *d)
{
	struct str who = on_paper(d) ? d->help.second : d->help.by;
	bool withdrawn = d->event == ENTRY_CONSENT_WITHDRAWN;

	return str_is(d->help.by, c->prepared_by) && str_is(who, c->operator_id) &&
	       strcmp(c->act, withdrawn ? "withdraw" : "give") == 0 &&
	       strcmp(c->way, on_paper(d) ? "paper" : "code") == 0 &&
	       (str_eq(d->tag, str_from(c->tag, ENTRY_TAG_LEN)) || !lawful_same_month(c->time_us, d->time_us));
}

/* One confirmation is for one act. */
static bool
was_confirmed(struct lawful *l, const struct deed *d)
{
	forget_old(l, d->time_us);
	for (size_t i = l->confirmations; i-- > 0;)
		if (fits(&l->confirmation[i], d)) {
			forget(l, i, 1);
			return true;
		}
	return false;
}

/* Two tags of one consent are equal when they are of one person. Absent ones are nobody's. */
static bool
same(struct str a, struct str b)
{
	return a.n > 0 && str_eq(a, b);
}

static const char *
fault_of_second(const struct deed *d)
{
	if (!on_paper(d))
		return d->help.second.n > 0 ? "it names a second operator, but no paper that they would have seen"
					    : NULL;
	if (d->help.second.n == 0)
		return "a paper that no second operator confirmed";
	if (str_eq(d->help.second, d->help.by) || same(d->help.second_tag, d->help.by_tag))
		return "a paper whose second operator is the first one";
	if (same(d->help.second_tag, d->ctag))
		return "a paper whose second operator is the person themselves";
	if (same(d->help.second_tag, d->help.giver_tag))
		return "a paper whose second operator is the representative who signed it";
	return NULL;
}

static const char *
fault_of(const struct deed *d)
{
	const char *second;

	if (d->help.by.n == 0 || d->help.confirmation.n == 0)
		return "it was done with somebody's help, but does not say whose, or how it was confirmed";
	second = fault_of_second(d);
	if (second)
		return second;
	if (same(d->help.by_tag, d->ctag) || same(d->help.by_tag, d->help.giver_tag))
		return "it was done with the help of whoever did it";
	return NULL;
}

bool
lawful_help_holds(struct lawful *l, const struct deed *d)
{
	const char *fault;

	if (d->help.channel.n == 0)
		return true;
	fault = fault_of(d);
	if (!fault && was_confirmed(l, d))
		return true;
	if (!fault && d->time_us <= l->kept_us + LAWFUL_HELP_US) {
		l->blind = true; /* what confirmed it may have been pruned */
		return true;
	}
	lawful_bad(l, d, "%s", fault ? fault : "it was done with somebody's help, and no desk confirmed it before");
	return false;
}

/* Nobody stands behind a new account yet: two officials do. */
enum status
lawful_help_account(struct lawful *l, const struct deed *d)
{
	if (d->operator_id.n == 0 || d->helped.prepared_by.n == 0 || str_eq(d->operator_id, d->helped.prepared_by))
		lawful_bad(l, d, "an account that no second official confirmed");
	return OK;
}
