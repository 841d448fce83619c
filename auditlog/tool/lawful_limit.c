/*
 * lawful_limit.c: is a consent used more often than its entry allows? Windows of equal length begin where its term
 * does, as those of the decision do. What was decided just before an edge may stand in the log behind it, and, where
 * clocks differ, before it what was decided behind: such a permit counts where there was still room.
 */
#include <inttypes.h>
#include <stdio.h>

#include "auditlog/tool/lawful_inner.h"

#define SECOND     INT64_C(1000000)
#define PER_S_MOST (UINT64_C(100) * 366 * 86400)

/* Without a beginning there are no windows; a length that nobody lives to see is one window for ever. */
struct grant_uses
lawful_limit_of(const struct deed *d)
{
	if (d->limit.count == 0 || d->from_us == 0)
		return (struct grant_uses){ 0 };
	return (struct grant_uses){
		.count = d->limit.count,
		.per_us = d->limit.per_s > PER_S_MOST ? 0 : (int64_t)d->limit.per_s * SECOND,
		.window_us = d->from_us,
	};
}

/* Times rise, so there is no way back into a window that is over. */
static void
open_window(struct grant_uses *u, int64_t time_us)
{
	const int64_t passed = u->per_us > 0 ? (time_us - u->window_us) / u->per_us : 0;

	if (passed <= 0)
		return;
	u->before = passed == 1 ? u->taken : 0;
	u->taken = passed == 1 ? u->ahead : 0;
	u->ahead = 0;
	u->window_us += passed * u->per_us;
}

static bool
take(struct grant_uses *u, int64_t time_us, int64_t from_us)
{
	const int64_t into = time_us - u->window_us;

	if (into < LAWFUL_WINDOW_GRACE_US && u->window_us > from_us && u->before < u->count)
		return ++u->before, true;
	if (u->taken < u->count)
		return ++u->taken, true;
	if (u->per_us > 0 && u->per_us - into <= LAWFUL_WINDOW_GRACE_US && u->ahead < u->count)
		return ++u->ahead, true;
	return false;
}

/* What a service recorded of itself was decided by nobody, and used up nothing. */
void
lawful_limit_permit(struct lawful *l, const struct deed *d, uint64_t index, struct grant_terms *t)
{
	if (t->use.count == 0 || d->event != ENTRY_ACCESS_DECIDED)
		return;
	open_window(&t->use, d->time_us);
	if (take(&t->use, d->time_us, t->from_us))
		return;
	if (t->use.per_us > 0)
		lawful_bad(l, d,
			   "the consent of entry %" PRIu64 " may be used %" PRIu64 " times in %" PRId64
			   " seconds, and was",
			   index, t->use.count, t->use.per_us / SECOND);
	else
		lawful_bad(l, d, "the consent of entry %" PRIu64 " may be used %" PRIu64 " times, and was", index,
			   t->use.count);
}

/* ---- on another ground than a consent ---- */

/* Whoever changes the length of the windows begins to count anew, as the decision does. */
static enum status
find_note(struct lawful *l, const struct deed *d, struct tagnote **out)
{
	const struct str purpose = str_slice(d->purpose, 0, str_find_char(d->purpose, '/'));
	char per[32], key[ENTRY_TAG_LEN];
	struct str parts[] = { d->tag, d->service, purpose, { 0 } };

	snprintf(per, sizeof(per), "%" PRIu64, d->limit.per_s);
	parts[3] = str_of(per);
	TRY(tagbook_key(parts, ARRAY_LEN(parts), key));
	return tagbook_put(&l->uses, str_from(key, sizeof(key)), d->time_us, out);
}

/*
 * Windows begin at 1970, for everybody at the same time. A person's tag is of one month, so what is counted of them
 * begins anew with it; and a look that the person sees later has a tag of its own, so that nothing is counted.
 */
enum status
lawful_limit_ground(struct lawful *l, const struct deed *d)
{
	const int64_t per_us = d->limit.per_s > PER_S_MOST ? 0 : (int64_t)d->limit.per_s * SECOND;
	struct tagnote *note;

	if (d->limit.count == 0 || d->event != ENTRY_ACCESS_DECIDED || d->shown.n > 0 || d->tag.n != ENTRY_TAG_LEN)
		return OK;
	TRY(find_note(l, d, &note));
	if (note->use.count == 0) {
		note->use.per_us = per_us;
		note->use.window_us = per_us > 0 ? d->time_us / per_us * per_us : 0;
	}
	note->use.count = d->limit.count;
	note->until_us = d->time_us + LAWFUL_TAG_LIFE_US;
	open_window(&note->use, d->time_us);
	if (!take(&note->use, d->time_us, 0))
		lawful_bad(l, d,
			   "by %s, which %.*s may use %" PRIu64 " times in %" PRIu64
			   " seconds for this purpose about one person, and did more often",
			   entry_basis_name(d->basis), STR_ARG(d->service), d->limit.count, d->limit.per_s);
	return OK;
}
