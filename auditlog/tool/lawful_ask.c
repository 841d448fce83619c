/*
 * lawful_ask.c: what was asked for before it was given. A request for a consent is named by every answer to it, and
 * answered once; a consent says which request it answers, if there was one. A contract is what a service proposed: the
 * two have one ctag and the same terms.
 */
#include <inttypes.h>

#include "auditlog/tool/lawful_inner.h"

#define ASK_EARLY 1u /* the answer stands in the log, and what it answers does not */

/* ---- requests for a consent ---- */

enum status
lawful_ask_requested(struct lawful *l, const struct deed *d)
{
	const struct grant_terms terms = {
		.purpose = d->purpose,
		.categories = d->categories,
		.recipient = d->service,
		.recipients = d->recipients,
		.tag = d->tag,
		.granted_us = d->time_us,
	};

	return grants_add(&l->requests, d->index, &terms);
}

static bool
is_about_another(const struct deed *d, const struct grant_terms *t)
{
	return d->tag.n > 0 && t->tag.n > 0 && !str_eq(d->tag, t->tag) && lawful_same_month(t->granted_us, d->time_us);
}

/* The request that an entry answers, while it is open; NULL after saying what is wrong, or that it was pruned. */
static struct grant *
open_request(struct lawful *l, const struct deed *d, uint64_t index)
{
	struct grant *g = index < d->index ? grants_find(&l->requests, index) : NULL;

	if (!g) {
		if (!lawful_blind(l, index))
			lawful_bad(l, d, "it answers a request that was never made (index %" PRIu64 ")", index);
		return NULL;
	}
	if (g->end != GRANT_HOLDS)
		lawful_bad(l, d, "entry %" PRIu64 " had answered the request of entry %" PRIu64, g->ended_by, index);
	else if (is_about_another(d, g->terms))
		lawful_bad(l, d, "it answers the request of entry %" PRIu64 " to another person", index);
	else if (!str_eq(d->purpose, g->terms->purpose))
		lawful_bad(l, d, "it answers the request of entry %" PRIu64 " for another purpose", index);
	else
		return g;
	return NULL;
}

/* Who put it off may be overtaken by who answered. */
static bool
is_put_off_late(struct lawful *l, const struct deed *d)
{
	const struct grant *g = d->event == ENTRY_CONSENT_DEFERRED ? grants_find(&l->requests, d->cited) : NULL;

	return g && g->end != GRANT_HOLDS && d->cited < d->index;
}

enum status
lawful_ask_answered(struct lawful *l, const struct deed *d)
{
	struct grant *g;

	if (!d->has_index) {
		lawful_bad(l, d, "it answers a request, but not which");
		return OK;
	}
	if (is_put_off_late(l, d))
		return OK;
	g = open_request(l, d, d->cited);
	if (g && d->event != ENTRY_CONSENT_DEFERRED)
		grants_end(&l->requests, g, GRANT_CLOSED, d->index);
	return OK;
}

/* Who asked gets it; and nobody else than the request names, where it names several. */
static bool
is_for_who_asked(const struct deed *d, const struct grant_terms *t)
{
	if (d->recipients.n == 0)
		return str_eq(d->recipient, t->recipient) || deed_lists(t->recipients, d->recipient);
	return t->recipients.n > 0 ? deed_foreign(d->recipients, t->recipients).n == 0
				   : deed_lists(d->recipients, t->recipient);
}

bool
lawful_ask_holds(struct lawful *l, const struct deed *d)
{
	struct grant *g;
	struct str foreign;

	if (d->request == DEED_ABSENT)
		return true;
	g = open_request(l, d, d->request);
	if (!g)
		return d->request < l->minimum;
	foreign = deed_foreign(d->categories, g->terms->categories);
	if (!is_for_who_asked(d, g->terms))
		lawful_bad(l, d, "it is for others than who had asked for it, %.*s (entry %" PRIu64 ")",
			   STR_ARG(g->terms->recipient), g->index);
	else if (foreign.n > 0)
		lawful_bad(l, d, "it gives %.*s, for which entry %" PRIu64 " had not asked", STR_ARG(foreign),
			   g->index);
	else
		return grants_end(&l->requests, g, GRANT_CLOSED, d->index), true;
	return false;
}

/* ---- contracts ---- */

static uint64_t
digest_of(const struct deed *d)
{
	const struct str parts[] = { d->ref, d->recipient, str_from((const char *)&d->from_us, sizeof(d->from_us)),
				     str_from((const char *)&d->until_us, sizeof(d->until_us)) };

	return tagbook_digest(parts, ARRAY_LEN(parts));
}

static bool
same_terms(struct lawful *l, const struct deed *d, const struct tagnote *note)
{
	if (note->digest == digest_of(d))
		return true;
	lawful_bad(l, d, "another contract than that of entry %" PRIu64, note->index);
	return false;
}

static enum status
keep_note(struct lawful *l, const struct deed *d, unsigned flags)
{
	struct tagnote *note;

	TRY(tagbook_put(&l->proposed, d->ctag, d->time_us, &note));
	note->flags = flags;
	note->index = d->index;
	note->time_us = d->time_us;
	note->digest = digest_of(d);
	/* Nobody confirms a contract that is over; an answer that lacks its question is named in the end. */
	note->until_us = flags != ASK_EARLY && d->until_us > 0 && d->until_us < INT64_MAX - LAWFUL_ORDER_GRACE_US
			     ? d->until_us + LAWFUL_ORDER_GRACE_US
			     : INT64_MAX;
	return OK;
}

enum status
lawful_ask_proposed(struct lawful *l, const struct deed *d)
{
	struct tagnote *note = tagbook_find(&l->proposed, d->ctag);

	if (d->ctag.n != ENTRY_TAG_LEN) {
		lawful_bad(l, d, "it proposes a contract, but not which");
		return OK;
	}
	if (!note)
		return keep_note(l, d, 0);
	if (!(note->flags & ASK_EARLY))
		lawful_bad(l, d, "it proposes the contract of entry %" PRIu64 " once more", note->index);
	else if (d->time_us - note->time_us > LAWFUL_ORDER_GRACE_US)
		lawful_bad(l, d, "it was answered more than a day before (entry %" PRIu64 ")", note->index);
	else
		(void)same_terms(l, d, note);
	tagbook_drop(&l->proposed, note);
	return OK;
}

/* Of a proposal that was pruned nothing is known. */
enum status
lawful_ask_agreed(struct lawful *l, const struct deed *d)
{
	struct tagnote *note = tagbook_find(&l->proposed, d->ctag);

	if (d->ctag.n != ENTRY_TAG_LEN) {
		lawful_bad(l, d, "it answers a contract, but not which");
		return OK;
	}
	if (!note && l->minimum > 0) {
		l->blind = true;
		return OK;
	}
	if (!note)
		return keep_note(l, d, ASK_EARLY);
	if (note->flags & ASK_EARLY)
		lawful_bad(l, d, "the contract was answered before (entry %" PRIu64 ")", note->index);
	else
		(void)same_terms(l, d, note);
	tagbook_drop(&l->proposed, note);
	return OK;
}

void
lawful_ask_finish(struct lawful *l, int64_t last_us)
{
	for (size_t i = 0; i < l->proposed.room; i++) {
		const struct tagnote *note = &l->proposed.slot[i];
		const struct deed d = { .index = note->index };

		if (note->used && (note->flags & ASK_EARLY) && !lawful_is_pending(l, note->time_us, last_us))
			lawful_bad(l, &d, "it answers a contract that no service proposed");
	}
}
