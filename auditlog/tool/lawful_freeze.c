/*
 * lawful_freeze.c: "this was not me". Whoever says so is known by their tag of that month, and so are the acts of their
 * representatives, which are about them. Until they lift it with a new sign-in, nobody acts for them under a mandate of
 * before, and no consent permits that was given under one; every client that was let in before has lost its access, for
 * good. In another month the person has another tag, and nothing is said. What the mandates are that they hold for
 * others stands in no entry: it would tell everybody who represents whom.
 */
#include <inttypes.h>
#include <string.h>

#include "auditlog/tool/lawful_inner.h"

#define FREEZE_THAWED    1u
#define FREEZE_SIGNED_IN 2u /* since it began */
#define FREEZE_LET_IN    4u /* a client, since it began */
#define FREEZE_ANEW      8u /* while it was frozen, after a sign-in */

enum status
lawful_freeze_begins(struct lawful *l, const struct deed *d)
{
	struct tagnote *note;

	if (d->people != 1 || d->tag.n != ENTRY_TAG_LEN) {
		lawful_bad(l, d, "it freezes something, but not whose");
		return OK;
	}
	TRY(tagbook_put(&l->frozen, d->tag, d->time_us, &note));
	note->flags = (note->flags & (FREEZE_SIGNED_IN | FREEZE_THAWED)) == FREEZE_SIGNED_IN ? FREEZE_ANEW : 0;
	note->index = d->index;
	note->time_us = d->time_us;
	note->until_us = d->time_us + LAWFUL_TAG_LIFE_US;
	return OK;
}

/* The lifting of a freeze that was begun anew at that moment: its entry was under way, and it lifts nothing. */
static bool
is_overtaken(const struct deed *d, const struct tagnote *note)
{
	return (note->flags & FREEZE_ANEW) && d->time_us - note->time_us <= LAWFUL_FREEZE_GRACE_US;
}

/* Whoever it was frozen against has a session of before. */
enum status
lawful_freeze_ends(struct lawful *l, const struct deed *d)
{
	struct tagnote *note = tagbook_find(&l->frozen, d->tag);

	if (!note)
		return OK;
	if (!(note->flags & FREEZE_SIGNED_IN) && is_overtaken(d, note))
		return OK;
	if (!(note->flags & FREEZE_SIGNED_IN))
		lawful_bad(l, d, "it lifts what entry %" PRIu64 " froze, without a sign-in since", note->index);
	else
		note->flags |= FREEZE_THAWED;
	return OK;
}

static void
set_flag(struct lawful *l, const struct deed *d, unsigned flag)
{
	struct tagnote *note = d->has_mandate ? NULL : tagbook_find(&l->frozen, d->tag);

	if (note)
		note->flags |= flag;
}

enum status
lawful_freeze_login(struct lawful *l, const struct deed *d)
{
	set_flag(l, d, FREEZE_SIGNED_IN);
	return OK;
}

enum status
lawful_freeze_let_in(struct lawful *l, const struct deed *d)
{
	set_flag(l, d, FREEZE_LET_IN);
	return OK;
}

/* Also after it was lifted: what had ended stays ended. */
enum status
lawful_freeze_token(struct lawful *l, const struct deed *d)
{
	const struct tagnote *note = d->has_mandate ? NULL : tagbook_find(&l->frozen, d->tag);

	if (note && !(note->flags & FREEZE_LET_IN) && d->time_us - note->time_us > LAWFUL_FREEZE_GRACE_US)
		lawful_bad(l, d, "entry %" PRIu64 " took the access of every client, and the person let none in since",
			   note->index);
	return OK;
}

/* What stands still: mandates of before. */
static const struct tagnote *
frozen_note(const struct lawful *l, struct str tag, uint64_t mandate)
{
	const struct tagnote *note = tagbook_find(&l->frozen, tag);

	return note && !(note->flags & FREEZE_THAWED) && mandate < note->index ? note : NULL;
}

/* No grace: acts stand before what ends their mandate (authd/audit/acts.h), decisions, too (auditlogd, fence.h). */
bool
lawful_freeze_act(struct lawful *l, const struct deed *d, const struct grant *mandate)
{
	const struct tagnote *note = frozen_note(l, d->tag, mandate->index);

	if (!note || d->event == ENTRY_MANDATE_REVOKED || d->event == ENTRY_MANDATE_ENDED)
		return true;
	lawful_bad(l, d, "the mandate of entry %" PRIu64 " was frozen by entry %" PRIu64, mandate->index, note->index);
	return false;
}

uint64_t
lawful_freeze_of(struct lawful *l, const struct deed *d, const struct grant_terms *t)
{
	const struct grant *mandate = t->has_mandate ? grants_find(&l->mandates, t->mandate) : NULL;
	const struct tagnote *note;

	if (!mandate || mandate->end != GRANT_HOLDS)
		return 0;
	note = frozen_note(l, d->tag, mandate->index);
	return note ? note->index : 0;
}
