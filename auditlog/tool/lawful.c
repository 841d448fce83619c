#include "auditlog/tool/lawful.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "auditlog/tool/deed.h"
#include "auditlog/tool/grants.h"

/* A policy that was active from an entry on. */
struct activation {
	char hash[ENTRY_POLICY_LEN + 1];
	int64_t replaced_us; /* INT64_MAX while it is active */
};

struct erasure {
	uint64_t index;
	bool done;
};

struct lawful {
	struct grants grants;
	struct activation now, before;
	uint64_t policies;
	/* One bit for each entry: it is a permit; its outcome is known. 25 MB for 100 million entries. */
	uint8_t *permitted, *concluded;
	size_t bytes;
	struct erasure *erasure;
	size_t erasures, erasure_room;
	uint64_t permits[ENTRY_BASIS_ENTRY + 1], refusals, ended, outcomes;
	struct findings found;
};

enum status
lawful_new(struct lawful **out)
{
	struct lawful *l = calloc(1, sizeof(*l));

	if (!l)
		return E_NOMEM;
	*out = l;
	return OK;
}

void
lawful_free(struct lawful *l)
{
	if (!l)
		return;
	grants_clear(&l->grants);
	free(l->permitted);
	free(l->concluded);
	free(l->erasure);
	free(l);
}

void
lawful_extract(void *ctx, const struct entry_view *v, struct str line, struct buf *out)
{
	(void)ctx;
	(void)line;
	deed_put(out, v);
}

/* ---- judging ---- */

static void unlawful(struct lawful *l, const struct deed *d, const char *fmt, ...) PRINTF_LIKE(3, 4);

static void
unlawful(struct lawful *l, const struct deed *d, const char *fmt, ...)
{
	char place[64], what[300];
	va_list args;

	snprintf(place, sizeof(place), "entry %" PRIu64, d->index);
	va_start(args, fmt);
	vsnprintf(what, sizeof(what), fmt, args);
	va_end(args);
	findings_bad(&l->found, place, "unlawful: %s", what);
}

static void
judge_consent(struct lawful *l, const struct deed *d)
{
	const struct grant *g = d->has_index && d->cited < d->index ? grants_find(&l->grants, d->cited) : NULL;
	struct str foreign;

	if (!g) {
		unlawful(l, d, "a permit by consent that cites no earlier grant (index %" PRIu64 ")", d->cited);
		return;
	}
	foreign = deed_foreign_category(d->categories, g->categories);
	if (d->ctag.n == 0 || !str_eq(d->ctag, g->ctag))
		unlawful(l, d, "it cites the consent of another person (entry %" PRIu64 ", another ctag)", g->index);
	else if (g->end != GRANT_HOLDS)
		unlawful(l, d, "the consent of entry %" PRIu64 " was %s by entry %" PRIu64, g->index,
			 grants_end_name(g->end), g->ended_by);
	else if ((g->from_us && d->time_us < g->from_us) || (g->until_us && d->time_us >= g->until_us))
		unlawful(l, d, "outside the term of the consent of entry %" PRIu64, g->index);
	else if (!str_eq(d->purpose, g->purpose))
		unlawful(l, d, "for %.*s, but the consent of entry %" PRIu64 " is for %.*s", STR_ARG(d->purpose),
			 g->index, STR_ARG(g->purpose));
	else if (d->categories.n == 0 || foreign.n)
		unlawful(l, d, "the consent of entry %" PRIu64 " does not cover the category %.*s", g->index,
			 STR_ARG(foreign));
	else if (!str_eq(d->service, g->recipient))
		unlawful(l, d, "by %.*s, but the consent of entry %" PRIu64 " is for %.*s", STR_ARG(d->service),
			 g->index, STR_ARG(g->recipient));
}

static bool
policy_active(const struct activation *a, const struct deed *d)
{
	return a->hash[0] && str_is(d->policy, a->hash) && d->time_us < a->replaced_us;
}

static void
judge_policy(struct lawful *l, const struct deed *d)
{
	if (!policy_active(&l->now, d) && !policy_active(&l->before, d))
		unlawful(l, d, "it names %s that was not active then", d->policy.n ? "a policy" : "no policy, and one");
}

static enum status
grow_bits(uint8_t **bits, size_t old, size_t new)
{
	uint8_t *more = realloc(*bits, new);

	if (!more)
		return E_NOMEM;
	memset(more + old, 0, new - old);
	*bits = more;
	return OK;
}

static enum status
mark_permit(struct lawful *l, uint64_t index)
{
	size_t want = (size_t)(index / 8) + 1;
	size_t more = want * 2 + 4096;

	if (want > l->bytes) {
		TRY(grow_bits(&l->permitted, l->bytes, more));
		TRY(grow_bits(&l->concluded, l->bytes, more));
		l->bytes = more;
	}
	l->permitted[index / 8] |= (uint8_t)(1u << index % 8);
	return OK;
}

static enum status
on_access(struct lawful *l, const struct deed *d)
{
	/* A recorded access has been made: whatever it does not say, it stands for a permit. */
	if (d->event == ENTRY_ACCESS_DECIDED && d->decision != ENTRY_PERMIT) {
		l->refusals++;
		return OK;
	}
	l->permits[d->basis]++;
	switch (d->basis) {
	case ENTRY_BASIS_CONSENT:
		judge_consent(l, d);
		break;
	case ENTRY_BASIS_STATUTE:
	case ENTRY_BASIS_CONTRACT:
	case ENTRY_BASIS_VITAL:
	case ENTRY_BASIS_BREAK_GLASS:
		if (d->ref.n == 0 && d->basis != ENTRY_BASIS_BREAK_GLASS && d->basis != ENTRY_BASIS_VITAL)
			unlawful(l, d, "its %s is not named", entry_basis_name(d->basis));
		break;
	case ENTRY_NO_BASIS:
	case ENTRY_BASIS_ENTRY:
		unlawful(l, d, "a permit that rests on nothing");
		break;
	}
	judge_policy(l, d);
	return mark_permit(l, d->index);
}

static enum status
on_outcome(struct lawful *l, const struct deed *d)
{
	uint64_t at = d->cited;
	uint8_t bit = (uint8_t)(1u << at % 8);

	l->outcomes++;
	if (!d->has_index || at / 8 >= l->bytes || !(l->permitted[at / 8] & bit)) {
		unlawful(l, d, "the outcome of an access that no earlier entry permits (index %" PRIu64 ")", at);
		return OK;
	}
	if (l->concluded[at / 8] & bit)
		unlawful(l, d, "a second outcome of the access of entry %" PRIu64, at);
	l->concluded[at / 8] |= bit;
	return OK;
}

static enum status
end_grant(struct lawful *l, const struct deed *d, enum grant_end how)
{
	struct grant *g = d->has_index && d->cited < d->index ? grants_find(&l->grants, d->cited) : NULL;

	if (!g) {
		unlawful(l, d, "it ends a consent that was never granted (index %" PRIu64 ")", d->cited);
		return OK;
	}
	if (d->ctag.n && !str_eq(d->ctag, g->ctag)) {
		unlawful(l, d, "it ends the consent of another person (entry %" PRIu64 ", another ctag)", g->index);
		return OK;
	}
	l->ended++;
	if (g->end != GRANT_HOLDS) /* the first end counts; saying so again harms nobody */
		return OK;
	g->end = how;
	g->ended_by = d->index;
	return OK;
}

static enum status
on_granted(struct lawful *l, const struct deed *d)
{
	struct grant g = {
		.index = d->index,
		.from_us = d->from_us,
		.until_us = d->until_us,
		.ctag = d->ctag,
		.purpose = d->purpose,
		.recipient = d->recipient,
		.categories = d->categories,
	};

	return grants_add(&l->grants, &g);
}

static enum status
on_renewed(struct lawful *l, const struct deed *d)
{
	if (d->has_index)
		TRY(end_grant(l, d, GRANT_RENEWED));
	return on_granted(l, d);
}

static enum status
on_withdrawn(struct lawful *l, const struct deed *d)
{
	return end_grant(l, d, GRANT_WITHDRAWN);
}

static enum status
on_expired(struct lawful *l, const struct deed *d)
{
	return end_grant(l, d, GRANT_EXPIRED);
}

static enum status
on_revoked(struct lawful *l, const struct deed *d)
{
	return end_grant(l, d, GRANT_REVOKED);
}

static enum status
on_invalidated(struct lawful *l, const struct deed *d)
{
	return end_grant(l, d, GRANT_INVALIDATED);
}

static enum status
on_activated(struct lawful *l, const struct deed *d)
{
	l->policies++;
	if (d->policy.n == 0) {
		unlawful(l, d, "it activates a policy without naming it");
		return OK;
	}
	l->before = l->now;
	l->before.replaced_us = d->time_us + LAWFUL_POLICY_GRACE_US;
	l->now.replaced_us = INT64_MAX;
	snprintf(l->now.hash, sizeof(l->now.hash), "%.*s", STR_ARG(d->policy));
	return OK;
}

static enum status
on_erasing(struct lawful *l, const struct deed *d)
{
	size_t room = l->erasure_room ? l->erasure_room * 2 : 16;
	struct erasure *more;

	if (l->erasures == l->erasure_room) {
		more = reallocarray(l->erasure, room, sizeof(*more));
		if (!more)
			return E_NOMEM;
		l->erasure = more;
		l->erasure_room = room;
	}
	l->erasure[l->erasures++] = (struct erasure){ .index = d->index };
	return OK;
}

static enum status
on_erased(struct lawful *l, const struct deed *d)
{
	for (size_t i = l->erasures; i-- > 0;) {
		if (!d->has_index || l->erasure[i].index != d->cited)
			continue;
		l->erasure[i].done = true;
		return OK;
	}
	unlawful(l, d, "an erasure that was never announced (index %" PRIu64 ")", d->cited);
	return OK;
}

static const struct {
	enum entry_event event;
	enum status (*judge)(struct lawful *l, const struct deed *d);
} rules[] = {
	{ ENTRY_ACCESS_DECIDED, on_access },           { ENTRY_ACCESS_RECORDED, on_access },
	{ ENTRY_ACCESS_OUTCOME, on_outcome },          { ENTRY_CONSENT_GRANTED, on_granted },
	{ ENTRY_CONSENT_RENEWED, on_renewed },         { ENTRY_CONSENT_WITHDRAWN, on_withdrawn },
	{ ENTRY_CONSENT_EXPIRED, on_expired },         { ENTRY_CONSENT_REVOKED, on_revoked },
	{ ENTRY_CONSENT_INVALIDATED, on_invalidated }, { ENTRY_POLICY_ACTIVATED, on_activated },
	{ ENTRY_SUBJECT_ERASING, on_erasing },         { ENTRY_SUBJECT_ERASED, on_erased },
};

enum status
lawful_absorb(void *ctx, struct str extracted)
{
	struct lawful *l = ctx;

	while (extracted.n) {
		struct deed d = { 0 };

		TRY(deed_get(&extracted, &d));
		for (size_t i = 0; i < ARRAY_LEN(rules); i++)
			if (rules[i].event == d.event)
				TRY(rules[i].judge(l, &d));
	}
	return OK;
}

/* ---- the end ---- */

void
lawful_finish(struct lawful *l, struct findings *f)
{
	for (size_t i = 0; i < l->erasures; i++) {
		struct deed d = { .index = l->erasure[i].index };

		if (!l->erasure[i].done)
			unlawful(l, &d, "an erasure that was begun and not finished");
	}
	findings_append(f, &l->found);
}

static uint64_t
all_permits(const struct lawful *l)
{
	uint64_t sum = 0;

	for (size_t i = 0; i < ARRAY_LEN(l->permits); i++)
		sum += l->permits[i];
	return sum;
}

void
lawful_put_text(struct buf *out, const struct lawful *l)
{
	buf_printf(out, "lawful   %" PRIu64 " permits", all_permits(l));
	for (int i = ENTRY_BASIS_CONSENT; i < ENTRY_BASIS_ENTRY; i++)
		if (l->permits[i])
			buf_printf(out, ", %" PRIu64 " by %s", l->permits[i],
				   entry_basis_name((enum entry_basis_type)i));
	buf_printf(out, "; %" PRIu64 " refusals, %" PRIu64 " outcomes\n", l->refusals, l->outcomes);
	buf_printf(out,
		   "         %zu consents granted, %" PRIu64 " ended, %" PRIu64 " policies activated, %zu erasures\n",
		   l->grants.n, l->ended, l->policies, l->erasures);
	if (l->found.bad)
		buf_printf(out, "         %" PRIu64 " entries are unlawful\n", l->found.bad);
}

void
lawful_put_json(json_t *object, const struct lawful *l)
{
	json_object_set_new(object, "lawful",
			    json_pack("{s:I, s:I, s:I, s:I, s:I, s:I, s:I}", "permits", (json_int_t)all_permits(l),
				      "refusals", (json_int_t)l->refusals, "outcomes", (json_int_t)l->outcomes,
				      "granted", (json_int_t)l->grants.n, "ended", (json_int_t)l->ended, "policies",
				      (json_int_t)l->policies, "unlawful", (json_int_t)l->found.bad));
}
