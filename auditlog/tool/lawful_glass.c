/*
 * lawful_glass.c: emergencies: was there one when somebody looked under it, was it theirs, did somebody judge it in
 * time, and might they still open one? Those that are over stay known: who judges them refers to them.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "auditlog/tool/lawful_inner.h"

static struct grant *
cited_glass(struct lawful *l, const struct deed *d, const char *what)
{
	struct grant *g = d->has_index && d->cited < d->index ? grants_find(&l->glasses, d->cited) : NULL;

	if (!g && !(d->has_index && lawful_blind(l, d->cited)))
		lawful_bad(l, d, "%s", what);
	return g;
}

/* ---- whose right is suspended ---- */

static struct suspension *
suspension_of(struct lawful *l, uint64_t glass)
{
	for (size_t i = 0; i < l->suspended; i++)
		if (l->suspension[i].glass == glass)
			return &l->suspension[i];
	return NULL;
}

static void
lift(struct lawful *l, struct suspension *s)
{
	*s = l->suspension[--l->suspended];
}

/* What had been given back before it was taken is gone. */
static void
join(struct lawful *l, const struct deed *d, struct suspension *s)
{
	if (d->time_us - s->since_us > LAWFUL_ORDER_GRACE_US)
		lawful_bad(l, d, "entry %" PRIu64 " had given that right back more than a day before", s->by);
	lift(l, s);
}

static enum status
suspend(struct lawful *l, const struct deed *d, struct str operator_id, bool early)
{
	struct suspension *more = suspension_of(l, d->cited);

	if (more && more->early)
		join(l, d, more);
	if (more || operator_id.n == 0 || operator_id.n > ENTRY_TEXT_MAX)
		return OK;
	more = reallocarray(l->suspension, l->suspended + 1, sizeof(*more));
	if (!more)
		return E_NOMEM;
	l->suspension = more;
	more = &l->suspension[l->suspended++];
	*more = (struct suspension){ .glass = d->cited, .by = d->index, .since_us = d->time_us, .early = early };
	memcpy(more->operator_id, operator_id.p, operator_id.n);
	return OK;
}

/* ---- what waits to be judged ---- */

static enum status
wait_for_review(struct lawful *l, const struct deed *d)
{
	size_t room = l->waiting_room ? l->waiting_room * 2 : 16;
	struct unjudged_glass *more;

	if (d->operator_id.n > ENTRY_TEXT_MAX)
		return E_INVALID;
	if (l->waits == l->waiting_room) {
		more = reallocarray(l->waiting, room, sizeof(*more));
		if (!more)
			return E_NOMEM;
		l->waiting = more;
		l->waiting_room = room;
	}
	more = &l->waiting[l->waits++];
	*more = (struct unjudged_glass){ .glass = d->index, .due_us = d->time_us + (int64_t)d->review_s * 1000000 };
	memcpy(more->operator_id, d->operator_id.p, d->operator_id.n);
	return OK;
}

/* It was judged, or its operator suspended; who lets it pass in silence must not make up for it when it suits them. */
static void
stop_waiting(struct lawful *l, const struct deed *d)
{
	for (size_t i = 0; i < l->waits; i++) {
		const struct unjudged_glass w = l->waiting[i];

		if (w.glass != d->cited)
			continue;
		if (d->time_us > w.due_us + LAWFUL_REVIEW_GRACE_US)
			lawful_bad(l, d, "the emergency of entry %" PRIu64 " was due for review more than a day before",
				   w.glass);
		l->waits--;
		memmove(&l->waiting[i], &l->waiting[i + 1], (l->waits - i) * sizeof(w));
		return;
	}
}

/* The right ends at that instant, with or without an entry that says so. */
static bool
judge_reviews(struct lawful *l, const struct deed *d)
{
	for (size_t i = 0; i < l->waits; i++) {
		const struct unjudged_glass *w = &l->waiting[i];

		if (!str_is(d->operator_id, w->operator_id) || d->time_us < w->due_us + LAWFUL_GLASS_GRACE_US)
			continue;
		lawful_bad(l, d, "by %.*s, whose emergency of entry %" PRIu64 " nobody had judged in time",
			   STR_ARG(d->operator_id), w->glass);
		return false;
	}
	return true;
}

void
lawful_glass_finish(struct lawful *l, int64_t last_us)
{
	for (size_t i = 0; i < l->suspended; i++) {
		const struct deed d = { .index = l->suspension[i].by };

		if (l->suspension[i].early && !lawful_is_pending(l, l->suspension[i].since_us, last_us))
			lawful_bad(l, &d, "a right given back that the emergency of entry %" PRIu64 " had not taken",
				   l->suspension[i].glass);
	}
	for (size_t i = 0; i < l->waits; i++) {
		const struct deed d = { .index = l->waiting[i].glass };

		if (last_us > l->waiting[i].due_us + LAWFUL_REVIEW_GRACE_US)
			lawful_bad(l, &d,
				   "an emergency that nobody judged in time, and no entry suspends its operator");
	}
}

/* An opening that was under way when the entry was written may still stand behind it. */
static bool
judge_right(struct lawful *l, const struct deed *d)
{
	for (size_t i = 0; i < l->suspended; i++) {
		const struct suspension *s = &l->suspension[i];

		if (s->early || !str_is(d->operator_id, s->operator_id) ||
		    d->time_us < s->since_us + LAWFUL_GLASS_GRACE_US)
			continue;
		lawful_bad(l, d, "by %.*s, whose right to emergencies entry %" PRIu64 " suspended",
			   STR_ARG(d->operator_id), s->by);
		return false;
	}
	return judge_reviews(l, d);
}

/* ---- looking ---- */

static void
judge_look(struct lawful *l, const struct deed *d, uint64_t index, const struct grant_terms *t)
{
	struct str foreign = deed_foreign(d->categories, t->categories);

	if (d->ctag.n == 0 || !str_eq(d->ctag, t->ctag))
		lawful_bad(l, d, "the emergency of entry %" PRIu64 " is about another person (another ctag)", index);
	else if (d->time_us < t->from_us || d->time_us >= t->until_us)
		lawful_bad(l, d, "outside the term of the emergency of entry %" PRIu64, index);
	else if (!str_eq(d->purpose, t->purpose))
		lawful_bad(l, d, "for %.*s, but the emergency of entry %" PRIu64 " is for %.*s", STR_ARG(d->purpose),
			   index, STR_ARG(t->purpose));
	else if (d->categories.n == 0 || foreign.n)
		lawful_bad(l, d, "the emergency of entry %" PRIu64 " does not cover the category %.*s", index,
			   STR_ARG(foreign));
	else if (!str_eq(d->service, t->recipient))
		lawful_bad(l, d, "by %.*s, but the emergency of entry %" PRIu64 " is for %.*s", STR_ARG(d->service),
			   index, STR_ARG(t->recipient));
	else if (!str_eq(d->operator_id, t->operator_id))
		lawful_bad(l, d, "by %.*s, but the emergency of entry %" PRIu64 " is of %.*s", STR_ARG(d->operator_id),
			   index, STR_ARG(t->operator_id));
	else
		judge_right(l, d);
}

void
lawful_glass_permit(struct lawful *l, const struct deed *d)
{
	const struct grant *g = cited_glass(l, d, "an emergency look that cites no earlier emergency");

	if (!g)
		return;
	if (g->terms)
		judge_look(l, d, g->index, g->terms);
	else
		lawful_bad(l, d, "the emergency of entry %" PRIu64 " was %s by entry %" PRIu64, g->index,
			   grants_end_name(g->end), g->ended_by);
}

/* ---- rows of the table of rules ---- */

static bool
is_one_category(struct str list)
{
	struct str one;

	return list.n > 0 && buf_get_block(&list, ENTRY_MAX, &one) == OK && list.n == 0;
}

/*
 * About one person (or somebody whom nobody knows), one category, one purpose, and for a short while from now on. When
 * entries named no quota yet, bundles might let an emergency last longer than a day.
 */
static const char *
fault_of_shape(const struct deed *d, bool older)
{
	const int64_t ago = d->time_us - d->from_us;

	if (d->basis != ENTRY_BASIS_BREAK_GLASS)
		return NULL;
	if (d->people > 1 || !is_one_category(d->categories) || d->purpose.n == 0)
		return "an emergency that is not about one person, one category and one purpose";
	if (d->until_us != 0 && (ago < -LAWFUL_GLASS_GRACE_US || ago > LAWFUL_GLASS_WAITED_US))
		return "an emergency that does not begin when it is opened";
	if (d->until_us != 0 &&
	    (d->until_us <= d->from_us || (!older && d->until_us - d->from_us > LAWFUL_GLASS_MOST_US)))
		return "an emergency that lasts longer than a day, or no time at all";
	return NULL;
}

enum status
lawful_glass_used(struct lawful *l, const struct deed *d)
{
	const struct grant_terms terms = {
		.from_us = d->from_us,
		.until_us = d->until_us,
		.ctag = d->ctag,
		.purpose = d->purpose,
		.recipient = d->service,
		.operator_id = d->operator_id,
		.categories = d->categories,
	};
	const bool says = d->quota.count != DEED_ABSENT || d->quota.per_s != DEED_ABSENT;
	const bool older = !lawful_must_say(l, d, says, &l->quota_said_us);
	const char *fault = fault_of_shape(d, older);
	bool fits = true;

	if (d->basis != ENTRY_BASIS_BREAK_GLASS || d->ctag.n == 0 || d->until_us == 0 || d->operator_id.n == 0) {
		lawful_bad(l, d, "an emergency without an operator, a person or an end");
		return OK;
	}
	if (fault) {
		lawful_bad(l, d, "%s", fault);
		return OK;
	}
	if (d->review_s == 0 || d->review_s > LAWFUL_REVIEW_MOST_S) {
		lawful_bad(l, d, "an emergency that does not say within which time somebody judges it");
		return OK;
	}
	/* What was opened without the right opens nothing: a look that cites it is unlawful as well. */
	if (!judge_right(l, d))
		return OK;
	TRY(wait_for_review(l, d));
	TRY(older ? lawful_quota_note(l, d) : lawful_quota_take(l, d, &fits));
	if (!fits)
		return OK;
	return grants_add(&l->glasses, d->index, &terms);
}

enum status
lawful_glass_closed(struct lawful *l, const struct deed *d)
{
	struct grant *g = cited_glass(l, d, "it ends an emergency that never was");

	if (!g)
		return OK;
	if (g->terms && !str_eq(g->terms->operator_id, d->operator_id)) {
		lawful_bad(l, d, "it ends the emergency of another operator (entry %" PRIu64 ")", g->index);
		return OK;
	}
	grants_end(&l->glasses, g, GRANT_CLOSED, d->index);
	return OK;
}

enum status
lawful_glass_suspended(struct lawful *l, const struct deed *d)
{
	if (!cited_glass(l, d, "it suspends somebody for an emergency that never was"))
		return OK;
	stop_waiting(l, d);
	return suspend(l, d, d->whose, false);
}

enum status
lawful_glass_reviewed(struct lawful *l, const struct deed *d)
{
	struct suspension *s;

	if (!cited_glass(l, d, "it judges an emergency that never was"))
		return OK;
	if (d->operator_id.n > 0 && str_eq(d->operator_id, d->whose)) {
		lawful_bad(l, d, "an emergency judged by the operator whose it was");
		return OK;
	}
	stop_waiting(l, d);
	if (!str_is(d->verdict, "justified"))
		return suspend(l, d, d->whose, false);
	s = suspension_of(l, d->cited);
	if (s && !s->early)
		lift(l, s);
	return OK;
}

enum status
lawful_glass_restored(struct lawful *l, const struct deed *d)
{
	struct suspension *s;

	if (!cited_glass(l, d, "it gives a right back for an emergency that never was"))
		return OK;
	if (d->operator_id.n > 0 && str_eq(d->operator_id, d->whose))
		lawful_bad(l, d, "a right given back by the operator whose it was");
	else if ((s = suspension_of(l, d->cited)) == NULL)
		return suspend(l, d, d->whose, true);
	else if (s->early)
		lawful_bad(l, d, "entry %" PRIu64 " had given that right back", s->by);
	else
		lift(l, s);
	return OK;
}
