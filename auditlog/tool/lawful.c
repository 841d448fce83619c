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

/* Announced and not done yet. */
struct erasure {
	uint64_t index;
	int64_t asked_us;
};

struct lawful {
	struct grants grants, mandates;
	struct activation now, before;
	uint64_t policies;
	/* One bit for each entry: it is a permit; its outcome is known. 25 MB for 100 million entries. */
	uint8_t *permitted, *concluded;
	size_t bytes;
	struct erasure *erasure;
	size_t erasing, erasure_room; /* of those that are not done */
	uint64_t erasures;
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
	grants_clear(&l->mandates);
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

/* An entry before this one that granted something; NULL after saying that there is none. */
static struct grant *
cited_grant(struct lawful *l, const struct deed *d, struct grants *among, uint64_t index, const char *what)
{
	struct grant *g = index < d->index ? grants_find(among, index) : NULL;

	if (!g)
		unlawful(l, d, "%s (index %" PRIu64 ")", what, index);
	return g;
}

static bool
outside_term(const struct deed *d, const struct grant_terms *t)
{
	return (t->from_us && d->time_us < t->from_us) || (t->until_us && d->time_us >= t->until_us);
}

/* What was granted and what was done; only while it holds. */
static void
judge_terms(struct lawful *l, const struct deed *d, uint64_t index, const struct grant_terms *t)
{
	struct str foreign = deed_foreign_category(d->categories, t->categories);

	if (d->ctag.n == 0 || !str_eq(d->ctag, t->ctag))
		unlawful(l, d, "it cites the consent of another person (entry %" PRIu64 ", another ctag)", index);
	else if (outside_term(d, t))
		unlawful(l, d, "outside the term of the consent of entry %" PRIu64, index);
	else if (!str_eq(d->purpose, t->purpose))
		unlawful(l, d, "for %.*s, but the consent of entry %" PRIu64 " is for %.*s", STR_ARG(d->purpose), index,
			 STR_ARG(t->purpose));
	else if (d->categories.n == 0 || foreign.n)
		unlawful(l, d, "the consent of entry %" PRIu64 " does not cover the category %.*s", index,
			 STR_ARG(foreign));
	else if (!str_eq(d->service, t->recipient))
		unlawful(l, d, "by %.*s, but the consent of entry %" PRIu64 " is for %.*s", STR_ARG(d->service), index,
			 STR_ARG(t->recipient));
}

static void
judge_consent(struct lawful *l, const struct deed *d)
{
	struct grant *g = NULL;

	if (d->has_index)
		g = cited_grant(l, d, &l->grants, d->cited, "a permit by consent that cites no earlier grant");
	else
		unlawful(l, d, "a permit by consent that cites no earlier grant (it names none)");
	if (!g)
		return;
	if (g->terms)
		judge_terms(l, d, g->index, g->terms);
	else
		unlawful(l, d, "the consent of entry %" PRIu64 " was %s by entry %" PRIu64, g->index,
			 grants_end_name(g->end), g->ended_by);
}

/* Whoever acted for somebody else had a mandate for it, at that time. */
static void
judge_mandate(struct lawful *l, const struct deed *d)
{
	const struct grant *g =
	    cited_grant(l, d, &l->mandates, d->mandate, "it was done under a mandate that no earlier entry grants");

	if (!g)
		return;
	if (!g->terms)
		unlawful(l, d, "the mandate of entry %" PRIu64 " was %s by entry %" PRIu64, g->index,
			 grants_end_name(g->end), g->ended_by);
	else if (outside_term(d, g->terms))
		unlawful(l, d, "outside the term of the mandate of entry %" PRIu64, g->index);
	else if (g->terms->recipient.n && d->operator_id.n && !str_eq(g->terms->recipient, d->operator_id))
		unlawful(l, d, "by %.*s, but the mandate of entry %" PRIu64 " is for %.*s", STR_ARG(d->operator_id),
			 g->index, STR_ARG(g->terms->recipient));
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

/* what: "consent" or "mandate". */
static void
end_one(struct lawful *l, const struct deed *d, struct grants *among, enum grant_end how, const char *what)
{
	char never[80];
	struct grant *g;

	snprintf(never, sizeof(never), "it ends a %s that was never granted", what);
	g = cited_grant(l, d, among, d->has_index ? d->cited : d->index, never);
	if (!g)
		return;
	if (g->terms && d->ctag.n && !str_eq(d->ctag, g->terms->ctag)) {
		unlawful(l, d, "it ends the %s of another person (entry %" PRIu64 ", another ctag)", what, g->index);
		return;
	}
	l->ended++;
	grants_end(among, g, how, d->index); /* the first end counts; saying so again harms nobody */
}

static enum status
end_grant(struct lawful *l, const struct deed *d, enum grant_end how)
{
	end_one(l, d, &l->grants, how, "consent");
	return OK;
}

static struct grant_terms
terms_of(const struct deed *d)
{
	return (struct grant_terms){
		.from_us = d->from_us,
		.until_us = d->until_us,
		.ctag = d->ctag,
		.purpose = d->purpose,
		.recipient = d->recipient,
		.categories = d->categories,
	};
}

static enum status
on_granted(struct lawful *l, const struct deed *d)
{
	const struct grant_terms terms = terms_of(d);

	return grants_add(&l->grants, d->index, &terms);
}

/* "eligibility/3" is a version of eligibility. */
static bool
same_purpose(struct str a, struct str b)
{
	return str_eq(str_slice(a, 0, str_find_char(a, '/')), str_slice(b, 0, str_find_char(b, '/')));
}

/* What was renewed is a new consent in the place of one that held: never of one that had ended, never a wider one. */
static bool
judge_renewal(struct lawful *l, const struct deed *d, const struct grant *g)
{
	struct str foreign;

	if (!g->terms) {
		unlawful(l, d, "it renews the consent of entry %" PRIu64 ", which was %s by entry %" PRIu64, g->index,
			 grants_end_name(g->end), g->ended_by);
		return false;
	}
	foreign = deed_foreign_category(d->categories, g->terms->categories);
	if (!same_purpose(d->purpose, g->terms->purpose))
		unlawful(l, d, "it renews the consent of entry %" PRIu64 " for another purpose", g->index);
	else if (!str_eq(d->recipient, g->terms->recipient))
		unlawful(l, d, "it renews the consent of entry %" PRIu64 " for another recipient", g->index);
	else if (foreign.n)
		unlawful(l, d, "it renews the consent of entry %" PRIu64 " for the category %.*s, too", g->index,
			 STR_ARG(foreign));
	else
		return true;
	return false;
}

static enum status
on_renewed(struct lawful *l, const struct deed *d)
{
	struct grant *g = cited_grant(l, d, &l->grants, d->has_index ? d->cited : d->index,
				      "it renews a consent that was never granted");

	/* What is no renewal grants nothing: a permit that cites it is unlawful as well. */
	if (!g || !judge_renewal(l, d, g))
		return OK;
	l->ended++;
	grants_end(&l->grants, g, GRANT_RENEWED, d->index);
	return on_granted(l, d);
}

static enum status
on_mandate_granted(struct lawful *l, const struct deed *d)
{
	const struct grant_terms terms = terms_of(d);

	return grants_add(&l->mandates, d->index, &terms);
}

static enum status
on_mandate_revoked(struct lawful *l, const struct deed *d)
{
	end_one(l, d, &l->mandates, GRANT_REVOKED, "mandate");
	return OK;
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

	if (l->erasing == l->erasure_room) {
		more = reallocarray(l->erasure, room, sizeof(*more));
		if (!more)
			return E_NOMEM;
		l->erasure = more;
		l->erasure_room = room;
	}
	l->erasures++;
	l->erasure[l->erasing++] = (struct erasure){ d->index, d->time_us };
	return OK;
}

static enum status
on_erased(struct lawful *l, const struct deed *d)
{
	for (size_t i = 0; i < l->erasing; i++) {
		struct erasure e = l->erasure[i];

		if (!d->has_index || e.index != d->cited)
			continue;
		if (d->time_us - e.asked_us > LAWFUL_ERASURE_GRACE_US)
			unlawful(l, d, "it finishes the erasure of entry %" PRIu64 " later than a day after it",
				 e.index);
		l->erasing--;
		memmove(&l->erasure[i], &l->erasure[i + 1], (l->erasing - i) * sizeof(e));
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
	{ ENTRY_MANDATE_GRANTED, on_mandate_granted }, { ENTRY_MANDATE_REVOKED, on_mandate_revoked },
};

enum status
lawful_absorb(void *ctx, struct str extracted)
{
	struct lawful *l = ctx;

	while (extracted.n) {
		struct deed d = { 0 };

		TRY(deed_get(&extracted, &d));
		if (d.has_mandate)
			judge_mandate(l, &d);
		for (size_t i = 0; i < ARRAY_LEN(rules); i++)
			if (rules[i].event == d.event)
				TRY(rules[i].judge(l, &d));
	}
	return OK;
}

/* ---- the end ---- */

void
lawful_finish(struct lawful *l, int64_t last_us, struct findings *f)
{
	for (size_t i = 0; i < l->erasing; i++) {
		struct deed d = { .index = l->erasure[i].index };

		if (last_us - l->erasure[i].asked_us > LAWFUL_ERASURE_GRACE_US)
			unlawful(l, &d, "an erasure that was begun and not finished within a day");
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
		   "         %zu consents granted, %" PRIu64 " ended, %" PRIu64 " policies activated, %" PRIu64
		   " erasures (%zu not done yet), %zu mandates\n",
		   l->grants.n, l->ended, l->policies, l->erasures, l->erasing, l->mandates.n);
	if (l->found.bad)
		buf_printf(out, "         %" PRIu64 " entries are unlawful\n", l->found.bad);
}

void
lawful_put_json(json_t *object, const struct lawful *l)
{
	json_object_set_new(object, "lawful",
			    json_pack("{s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I}", "permits",
				      (json_int_t)all_permits(l), "refusals", (json_int_t)l->refusals, "outcomes",
				      (json_int_t)l->outcomes, "granted", (json_int_t)l->grants.n, "ended",
				      (json_int_t)l->ended, "policies", (json_int_t)l->policies, "erasures",
				      (json_int_t)l->erasures, "erasing", (json_int_t)l->erasing, "mandates",
				      (json_int_t)l->mandates.n, "unlawful", (json_int_t)l->found.bad));
}
