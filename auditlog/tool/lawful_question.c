/*
 * lawful_question.c: what people ask and complain about. Every later entry names the one that asked; it is answered
 * once for each time that it was asked, followed up or passed on; and who follows it up or passes it on is who asked.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "auditlog/tool/lawful_inner.h"

enum status
lawful_question_opened(struct lawful *l, const struct deed *d)
{
	size_t room = l->question_room ? l->question_room * 2 : 16;
	struct question *more;

	if (d->people != 1)
		lawful_bad(l, d, "a question of nobody");
	if (l->questions == l->question_room) {
		more = reallocarray(l->question, room, sizeof(*more));
		if (!more)
			return E_NOMEM;
		l->question = more;
		l->question_room = room;
	}
	more = &l->question[l->questions++];
	*more = (struct question){ .index = d->index, .asked_us = d->time_us };
	snprintf(more->tag, sizeof(more->tag), "%.*s", STR_ARG(d->tag));
	return OK;
}

static struct question *
find_question(struct lawful *l, uint64_t index)
{
	size_t from = 0, to = l->questions;

	while (from < to) {
		size_t middle = from + (to - from) / 2;

		if (l->question[middle].index < index)
			from = middle + 1;
		else
			to = middle;
	}
	return from < l->questions && l->question[from].index == index ? &l->question[from] : NULL;
}

/* Asked once, and once more each time; a follow-up asks about an answer. */
static bool
adds_up(const struct question *q)
{
	return q->answers <= 1 + q->again && q->follows <= q->answers;
}

static void
weigh(struct lawful *l, const struct deed *d, struct question *q)
{
	const struct deed odd = { .index = q->odd };

	if (!adds_up(q)) {
		q->odd_us = q->odd ? q->odd_us : d->time_us;
		q->odd = q->odd ? q->odd : d->index;
		return;
	}
	if (q->odd && d->time_us - q->odd_us > LAWFUL_ORDER_GRACE_US)
		lawful_bad(l, &odd,
			   "what it answers about the question of entry %" PRIu64 " came more than a day later",
			   q->index);
	q->odd = 0;
}

static void
count(struct question *q, enum entry_event event)
{
	q->answers += event == ENTRY_QUESTION_ANSWERED;
	q->follows += event == ENTRY_QUESTION_FOLLOWED;
	q->again += event == ENTRY_QUESTION_FOLLOWED || event == ENTRY_QUESTION_ESCALATED;
}

enum status
lawful_question_turn(struct lawful *l, const struct deed *d)
{
	struct question *q = d->has_index ? find_question(l, d->cited) : NULL;

	if (!q) {
		if (!(d->has_index && lawful_blind(l, d->cited)))
			lawful_bad(l, d, "it is about a question that nobody asked (index %" PRIu64 ")", d->cited);
		return OK;
	}
	if (d->tag.n > 0 && q->tag[0] != '\0' && !str_is(d->tag, q->tag) &&
	    lawful_same_month(q->asked_us, d->time_us)) {
		lawful_bad(l, d, "it is about another person's question (entry %" PRIu64 ")", q->index);
		return OK;
	}
	count(q, d->event);
	weigh(l, d, q);
	return OK;
}

void
lawful_question_finish(struct lawful *l, int64_t last_us)
{
	for (size_t i = 0; i < l->questions; i++) {
		const struct deed d = { .index = l->question[i].odd };

		if (l->question[i].odd && !lawful_is_pending(l, l->question[i].odd_us, last_us))
			lawful_bad(l, &d,
				   "it answers or follows up the question of entry %" PRIu64
				   " more often than that was asked or answered",
				   l->question[i].index);
	}
}
