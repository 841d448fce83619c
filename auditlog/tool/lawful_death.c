/*
 * lawful_death.c: did two officials say that somebody died, or that they did not, and does nobody act as the dead? A
 * person is known by the tag of the month of the entry that registered their death.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "auditlog/tool/lawful_inner.h"

/* The row whose first member is this index; they rise. n when there is none. */
static size_t
place_of(const void *rows, size_t n, size_t size, uint64_t index)
{
	size_t from = 0, to = n;

	while (from < to) {
		size_t middle = from + (to - from) / 2;
		uint64_t there;

		memcpy(&there, (const char *)rows + middle * size, sizeof(there));
		if (there == index)
			return middle;
		if (there < index)
			from = middle + 1;
		else
			to = middle;
	}
	return n;
}

/* Another tag within the month; nothing is said of a month's first day, for what waited for the log. */
static bool
is_of_another(const struct deed *d, const char *tag, int64_t time_us)
{
	return !str_is(d->tag, tag) && lawful_same_month(time_us, d->time_us);
}

/* ---- what is put forward ---- */

static struct death_claim *
find_claim(struct lawful *l, const struct deed *d)
{
	size_t i = d->has_index ? place_of(l->claim, l->claims, sizeof(*l->claim), d->cited) : l->claims;

	if (i < l->claims)
		return &l->claim[i];
	if (!(d->has_index && lawful_blind(l, d->cited)))
		lawful_bad(l, d, "it is about a death that nobody put forward (index %" PRIu64 ")", d->cited);
	return NULL;
}

static struct death *
find_death(struct lawful *l, uint64_t index)
{
	size_t i = place_of(l->death, l->deaths, sizeof(*l->death), index);

	return i < l->deaths ? &l->death[i] : NULL;
}

enum status
lawful_death_proposed(struct lawful *l, const struct deed *d)
{
	const bool undo = d->event == ENTRY_DEATH_UNDO_PROPOSED;
	size_t room = l->claim_room ? l->claim_room * 2 : 16;
	struct death_claim *more;

	if (d->people != 1 || d->operator_id.n == 0 || d->dying.document.n == 0) {
		lawful_bad(l, d, "it speaks of a death, but not of whose, by whom or from which document");
		return OK;
	}
	if (!undo && lawful_must_say(l, d, d->dying.wait_s != DEED_ABSENT, &l->wait_said_us) &&
	    d->dying.wait_s == DEED_ABSENT)
		lawful_bad(l, d, "it does not say how long the person has to say that they live");
	if (l->claims == l->claim_room) {
		more = reallocarray(l->claim, room, sizeof(*more));
		if (!more)
			return E_NOMEM;
		l->claim = more;
		l->claim_room = room;
	}
	more = &l->claim[l->claims++];
	*more = (struct death_claim){
		.index = d->index,
		.time_us = d->time_us,
		.undo = undo,
		.undoes = undo ? d->cited : 0,
		.wait_s = undo ? 0 : d->dying.wait_s,
	};
	snprintf(more->tag, sizeof(more->tag), "%.*s", STR_ARG(d->tag));
	snprintf(more->operator_id, sizeof(more->operator_id), "%.*s", STR_ARG(d->operator_id));
	snprintf(more->document, sizeof(more->document), "%.*s", STR_ARG(d->dying.document));
	return OK;
}

/* "I am alive", or an official who does not believe it: nobody confirms it any more. */
enum status
lawful_death_closed(struct lawful *l, const struct deed *d)
{
	struct death_claim *c = find_claim(l, d);

	if (c && is_of_another(d, c->tag, c->time_us))
		lawful_bad(l, d, "it is about another person than entry %" PRIu64, c->index);
	else if (c && c->closed_by == 0)
		c->closed_by = d->index;
	return OK;
}

/* ---- the second word ---- */

/* Clocks of the emitter and the log differ by a moment. */
static bool
is_too_soon(const struct deed *d, const struct death_claim *c)
{
	return c->wait_s > 0 && c->wait_s != DEED_ABSENT &&
	       (uint64_t)(d->time_us - c->time_us + LAWFUL_DEATH_GRACE_US) / 1000000 < c->wait_s;
}

static bool
is_confirmed(struct lawful *l, const struct deed *d, const struct death_claim *c)
{
	if (c->undo != (d->event == ENTRY_DEATH_UNDONE))
		lawful_bad(l, d, "entry %" PRIu64 " put something else forward", c->index);
	else if (c->closed_by)
		lawful_bad(l, d, "entry %" PRIu64 " closed what entry %" PRIu64 " put forward", c->closed_by, c->index);
	else if (d->people != 1)
		lawful_bad(l, d, "it registers a death, but not whose");
	else if (is_of_another(d, c->tag, c->time_us))
		lawful_bad(l, d, "it is about another person than entry %" PRIu64, c->index);
	else if (d->operator_id.n == 0 || str_is(d->operator_id, c->operator_id))
		lawful_bad(l, d, "a death without a second official (entry %" PRIu64 " has the first)", c->index);
	else if (!str_is(d->dying.proposed_by, c->operator_id) || !str_is(d->dying.document, c->document))
		lawful_bad(l, d, "it names another official or another document than entry %" PRIu64, c->index);
	else if (is_too_soon(d, c))
		lawful_bad(l, d,
			   "the person had %" PRIu64 " seconds from entry %" PRIu64
			   " on to say that they live, and it did not wait",
			   c->wait_s, c->index);
	else
		return true;
	return false;
}

/* FNV-1a: tags are spread evenly. */
static size_t *
bucket_of(const struct lawful *l, struct str tag)
{
	uint64_t h = UINT64_C(14695981039346656037);

	for (size_t i = 0; i < tag.n; i++)
		h = (h ^ (unsigned char)tag.p[i]) * UINT64_C(1099511628211);
	return &l->death_bucket[h % l->death_room];
}

static void
enter(struct lawful *l, size_t place)
{
	size_t *bucket = bucket_of(l, str_of(l->death[place].tag));

	l->death[place].next = *bucket;
	*bucket = place + 1;
}

static enum status
make_room(struct lawful *l)
{
	size_t room = l->death_room ? l->death_room * 2 : 16;
	struct death *more;
	size_t *buckets;

	if (l->deaths < l->death_room)
		return OK;
	buckets = calloc(room, sizeof(*buckets));
	if (!buckets)
		return E_NOMEM;
	free(l->death_bucket);
	l->death_bucket = buckets;
	more = reallocarray(l->death, room, sizeof(*more));
	if (!more)
		return E_NOMEM;
	l->death = more;
	l->death_room = room;
	for (size_t i = 0; i < l->deaths; i++)
		enter(l, i);
	return OK;
}

static enum status
add_death(struct lawful *l, const struct deed *d)
{
	struct death *more;

	TRY(make_room(l));
	more = &l->death[l->deaths++];
	*more = (struct death){ .index = d->index, .time_us = d->time_us };
	snprintf(more->tag, sizeof(more->tag), "%.*s", STR_ARG(d->tag));
	enter(l, l->deaths - 1);
	return OK;
}

/* Also one that was not lawful: what is done after it has to be held against it all the same. */
enum status
lawful_death_registered(struct lawful *l, const struct deed *d)
{
	struct death_claim *c = find_claim(l, d);

	if (c && is_confirmed(l, d, c)) {
		c->closed_by = d->index;
		l->shortest_wait_s = c->wait_s < l->shortest_wait_s ? c->wait_s : l->shortest_wait_s;
	}
	return add_death(l, d);
}

enum status
lawful_death_undone(struct lawful *l, const struct deed *d)
{
	struct death_claim *c = find_claim(l, d);
	struct death *death;

	if (!c || !is_confirmed(l, d, c))
		return OK;
	c->closed_by = d->index;
	death = find_death(l, c->undoes);
	if (death && is_of_another(d, death->tag, death->time_us))
		lawful_bad(l, d, "it takes back the death of another person (entry %" PRIu64 ")", death->index);
	else if (death && death->undone_by == 0)
		death->undone_by = d->index;
	else if (!lawful_blind(l, c->undoes))
		lawful_bad(l, d, "it takes back a death that does not stand (index %" PRIu64 ")", c->undoes);
	return OK;
}

/* ---- the dead do nothing ---- */

static const struct death *
death_of_tag(const struct lawful *l, struct str tag)
{
	size_t at = tag.n == ENTRY_TAG_LEN && l->deaths > 0 ? *bucket_of(l, tag) : 0;

	for (; at > 0; at = l->death[at - 1].next)
		if (l->death[at - 1].undone_by == 0 && str_is(tag, l->death[at - 1].tag))
			return &l->death[at - 1];
	return NULL;
}

/* The death of whoever the entry is about; NULL while they live, as far as this month's tags say. */
static const struct death *
death_of(const struct lawful *l, const struct deed *d)
{
	return death_of_tag(l, d->tag);
}

/* What was given or used in the month of the death is about the dead for ever, whatever tag a later entry has. */
const struct death *
lawful_death_of_terms(const struct lawful *l, const struct grant_terms *t)
{
	const struct death *death = death_of_tag(l, t->tag);

	return death ? death : death_of_tag(l, str_from(t->seen, t->seen[0] != '\0' ? ENTRY_TAG_LEN : 0));
}

enum status
lawful_death_act(struct lawful *l, const struct deed *d)
{
	const struct death *death = death_of(l, d);

	if (death && d->time_us - death->time_us > LAWFUL_DEATH_GRACE_US)
		lawful_bad(l, d, "the person had died (entry %" PRIu64 ")", death->index);
	return OK;
}

/* No grace: decisions are ordered by whoever writes the log (auditlogd, fence.h). */
void
lawful_death_permit(struct lawful *l, const struct deed *d)
{
	const struct death *death = death_of(l, d);

	if (death && d->event == ENTRY_ACCESS_DECIDED && d->basis != ENTRY_BASIS_STATUTE)
		lawful_bad(l, d, "by %s, but the person had died (entry %" PRIu64 ")", entry_basis_name(d->basis),
			   death->index);
}

/* ---- heirs ---- */

bool
lawful_death_mandate(struct lawful *l, const struct deed *d)
{
	const struct death *died = death_of(l, d), *death;

	if (!str_is(d->mandating.kind, "heir")) {
		if (!died || d->time_us - died->time_us <= LAWFUL_DEATH_GRACE_US)
			return true;
		lawful_bad(l, d, "somebody was to represent a person who had died (entry %" PRIu64 ")", died->index);
		return false;
	}
	death = find_death(l, d->mandating.death);
	if (!death && lawful_blind(l, d->mandating.death))
		return true;
	if (death && death->undone_by == 0 && !is_of_another(d, death->tag, death->time_us))
		return true;
	lawful_bad(l, d, "an heir of somebody whose death does not stand (index %" PRIu64 ")", d->mandating.death);
	return false;
}

void
lawful_death_heir(struct lawful *l, const struct deed *d, uint64_t index)
{
	const struct death *death = find_death(l, index);

	if (d->event != ENTRY_PROFILE_READ && d->event != ENTRY_CONSENT_READ)
		lawful_bad(l, d, "an heir did more than look at documents");
	else if (death && death->undone_by)
		lawful_bad(l, d, "an heir of somebody who lives (entry %" PRIu64 ")", death->undone_by);
}
