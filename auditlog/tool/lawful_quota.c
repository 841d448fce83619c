/*
 * lawful_quota.c: did an operator open more emergencies than they may? Each says how many there may be in which time
 * (quota_count in quota_per_s); counted are those that began within that time before it, by what the entries say.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "auditlog/tool/lawful_inner.h"

#define SECOND     INT64_C(1000000)
#define PER_S_MOST (UINT64_C(10) * 366 * 86400)

void
lawful_quota_clear(struct lawful *l)
{
	for (size_t i = 0; i < l->openers; i++)
		free(l->opener[i].opened_us);
	free(l->opener);
	tagbook_clear(&l->operators);
	l->opener = NULL;
	l->openers = l->opener_room = 0;
}

static enum status
add_opener(struct lawful *l, struct tagnote *note)
{
	size_t room = l->opener_room ? l->opener_room * 2 : 16;
	struct opener *more;

	if (l->openers == l->opener_room) {
		more = reallocarray(l->opener, room, sizeof(*more));
		if (!more)
			return E_NOMEM;
		l->opener = more;
		l->opener_room = room;
	}
	l->opener[l->openers++] = (struct opener){ 0 };
	note->index = l->openers;
	return OK;
}

static enum status
find_opener(struct lawful *l, const struct deed *d, struct opener **out)
{
	char key[ENTRY_TAG_LEN];
	struct tagnote *note;

	TRY(tagbook_key(&d->operator_id, 1, key));
	TRY(tagbook_put(&l->operators, str_from(key, sizeof(key)), d->time_us, &note));
	if (note->index == 0)
		TRY(add_opener(l, note));
	*out = &l->opener[note->index - 1];
	return OK;
}

/* What is over for this quota makes room first. */
static enum status
make_room(struct opener *o, int64_t since_us)
{
	size_t room = o->room ? o->room * 2 : 8, over = 0;
	int64_t *more;

	if (o->n < o->room)
		return OK;
	while (over < o->n && o->opened_us[over] <= since_us)
		over++;
	if (over > o->n / 2) {
		o->n -= over;
		memmove(o->opened_us, o->opened_us + over, o->n * sizeof(*o->opened_us));
		return OK;
	}
	more = reallocarray(o->opened_us, room, sizeof(*more));
	if (!more)
		return E_NOMEM;
	o->opened_us = more;
	o->room = room;
	return OK;
}

/* One that had to wait for the log stands where it began. */
static void
insert(struct opener *o, int64_t opened_us)
{
	size_t at = o->n++;

	for (; at > 0 && o->opened_us[at - 1] > opened_us; at--)
		o->opened_us[at] = o->opened_us[at - 1];
	o->opened_us[at] = opened_us;
}

/* As many as may be began within the time before this one. */
static bool
is_full(const struct opener *o, const struct deed *d, int64_t since_us)
{
	size_t upto = o->n;

	while (upto > 0 && o->opened_us[upto - 1] > d->from_us)
		upto--;
	return upto >= d->quota.count && o->opened_us[upto - (size_t)d->quota.count] > since_us;
}

/* What older emitters wrote counts for what newer ones say. */
enum status
lawful_quota_note(struct lawful *l, const struct deed *d)
{
	struct opener *o;

	TRY(find_opener(l, d, &o));
	TRY(make_room(o, d->from_us - (int64_t)PER_S_MOST * SECOND));
	insert(o, d->from_us);
	return OK;
}

enum status
lawful_quota_take(struct lawful *l, const struct deed *d, bool *fits)
{
	struct opener *o;
	int64_t since_us;

	*fits = false;
	if (d->quota.count == 0 || d->quota.count == DEED_ABSENT || d->quota.per_s == 0 ||
	    d->quota.per_s > PER_S_MOST) {
		lawful_bad(l, d, "an emergency that does not say how many its operator may open in which time");
		return OK;
	}
	since_us = d->from_us - (int64_t)d->quota.per_s * SECOND;
	TRY(find_opener(l, d, &o));
	*fits = !is_full(o, d, since_us);
	if (!*fits)
		lawful_bad(l, d,
			   "by %.*s, who may open %" PRIu64 " emergencies in %" PRIu64 " seconds and had opened them",
			   STR_ARG(d->operator_id), d->quota.count, d->quota.per_s);
	TRY(make_room(o, since_us));
	insert(o, d->from_us);
	return OK;
}
