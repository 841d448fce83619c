/* lawful_grant.c: does what was done rest on a consent or mandate that held, and how do these come and go? */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "auditlog/base/clock.h"
#include "auditlog/tool/lawful_inner.h"

/* An entry before this one that granted something; NULL after saying that there is none, or that it was pruned. */
static struct grant *
cited_grant(struct lawful *l, const struct deed *d, struct grants *among, uint64_t index, const char *what)
{
	struct grant *g = index < d->index ? grants_find(among, index) : NULL;

	if (!g && !lawful_blind(l, index))
		lawful_bad(l, d, "%s (index %" PRIu64 ")", what, index);
	return g;
}

static bool
outside_term(const struct deed *d, const struct grant_terms *t)
{
	return (t->from_us && d->time_us < t->from_us) || (t->until_us && d->time_us >= t->until_us);
}

/* A parent's yes ends when the child comes of age, anybody's with a mandate that should not have been. */
static const struct grant *
voided_mandate(struct lawful *l, const struct grant_terms *t)
{
	const struct grant *m = t->has_mandate ? grants_find(&l->mandates, t->mandate) : NULL;

	return m && m->end == GRANT_VOIDED ? m : NULL;
}

static bool
same_month(int64_t a_us, int64_t b_us)
{
	CLEANUP(buf_clear) struct buf a = BUF(16), b = BUF(16);

	clock_put_month(&a, a_us);
	clock_put_month(&b, b_us);
	return str_eq(buf_str(&a), buf_str(&b));
}

bool
lawful_same_month(int64_t earlier_us, int64_t later_us)
{
	return same_month(earlier_us - LAWFUL_TAG_GRACE_US, later_us) &&
	       same_month(earlier_us, later_us - LAWFUL_TAG_GRACE_US);
}

/*
 * A person finds looks at them by their tag of the month: under the tag of somebody else they would never see it. An
 * entry that waited for the log may have the tag of the month before; so nothing is said of a month's first day.
 */
static bool
hides_from(const struct deed *d, const struct grant_terms *t)
{
	return d->shown.n == 0 && t->tag.n > 0 && d->tag.n > 0 && !str_eq(t->tag, d->tag) &&
	       lawful_same_month(t->granted_us, d->time_us);
}

/* By which tag the person was known when it was last used: what is said of that person later is said of it, too. */
static void
remember_tag(const struct deed *d, struct grant_terms *t)
{
	if (d->people == 1 && d->tag.n == ENTRY_TAG_LEN && d->shown.n == 0)
		memcpy(t->seen, d->tag.p, ENTRY_TAG_LEN);
}

static bool
ends_mandate(const struct deed *d)
{
	return d->event == ENTRY_MANDATE_REVOKED || d->event == ENTRY_MANDATE_ENDED;
}

/* Of one recipient, or of several who all may. */
static bool
is_recipient(const struct grant_terms *t, struct str service)
{
	return t->recipients.n > 0 ? deed_lists(t->recipients, service) : str_eq(t->recipient, service);
}

static void
judge_recipient(struct lawful *l, const struct deed *d, uint64_t index, const struct grant_terms *t)
{
	if (t->recipients.n > 0)
		lawful_bad(l, d, "by %.*s, which is not among the recipients of the consent of entry %" PRIu64,
			   STR_ARG(d->service), index);
	else
		lawful_bad(l, d, "by %.*s, but the consent of entry %" PRIu64 " is for %.*s", STR_ARG(d->service),
			   index, STR_ARG(t->recipient));
}

/* What was granted and what was done; only while it holds. */
static void
judge_terms(struct lawful *l, const struct deed *d, uint64_t index, struct grant_terms *t)
{
	struct str foreign = deed_foreign(d->categories, t->categories);
	const struct grant *voided = voided_mandate(l, t);
	const struct death *death = lawful_death_of_terms(l, t);
	const uint64_t frozen_by = lawful_freeze_of(l, d, t);

	if (death && !str_is(d->tag, death->tag)) /* the same month's: lawful_death_permit() */
		lawful_bad(l, d, "the consent of entry %" PRIu64 " was of somebody who had died (entry %" PRIu64 ")",
			   index, death->index);
	else if (frozen_by)
		lawful_bad(l, d,
			   "the consent of entry %" PRIu64 " was given under a mandate that entry %" PRIu64 " froze",
			   index, frozen_by);
	else if (voided)
		lawful_bad(l, d,
			   "the consent of entry %" PRIu64 " was given under the mandate of entry %" PRIu64
			   ", which was voided by entry %" PRIu64,
			   index, voided->index, voided->ended_by);
	else if (d->ctag.n == 0 || !str_eq(d->ctag, t->ctag))
		lawful_bad(l, d, "it cites the consent of another person (entry %" PRIu64 ", another ctag)", index);
	else if (hides_from(d, t))
		lawful_bad(l, d, "it is about another person than the consent of entry %" PRIu64 " (another tag)",
			   index);
	else if (outside_term(d, t))
		lawful_bad(l, d, "outside the term of the consent of entry %" PRIu64, index);
	else if (!str_eq(d->purpose, t->purpose))
		lawful_bad(l, d, "for %.*s, but the consent of entry %" PRIu64 " is for %.*s", STR_ARG(d->purpose),
			   index, STR_ARG(t->purpose));
	else if (d->categories.n == 0 || foreign.n)
		lawful_bad(l, d, "the consent of entry %" PRIu64 " does not cover the category %.*s", index,
			   STR_ARG(foreign));
	else if (!is_recipient(t, d->service))
		judge_recipient(l, d, index, t);
	else
		lawful_limit_permit(l, d, index, t);
	if (d->ctag.n > 0 && str_eq(d->ctag, t->ctag))
		remember_tag(d, t);
}

/* What it was renewed into, and that into what, until one that nobody renewed. */
static const struct grant *
newest_of(struct lawful *l, const struct grant *g)
{
	while (g && g->end == GRANT_RENEWED)
		g = grants_find(&l->grants, g->ended_by);
	return g;
}

void
lawful_grant_permit(struct lawful *l, const struct deed *d)
{
	struct grant *g = NULL;
	const struct grant *newest;

	if (d->has_index)
		g = cited_grant(l, d, &l->grants, d->cited, "a permit by consent that cites no earlier grant");
	else
		lawful_bad(l, d, "a permit by consent that cites no earlier grant (it names none)");
	if (!g)
		return;
	/* In the moment after a renewal permits may still name what it took the place of, unless that has ended, too.
	 */
	newest = newest_of(l, g);
	if (newest && newest->end != GRANT_HOLDS)
		g = grants_find(&l->grants, newest->index);
	if (g->terms)
		judge_terms(l, d, g->index, g->terms);
	else
		lawful_bad(l, d, "the consent of entry %" PRIu64 " was %s by entry %" PRIu64, g->index,
			   grants_end_name(g->end), g->ended_by);
}

static void
judge_contract(struct lawful *l, const struct deed *d, uint64_t index, struct grant_terms *t)
{
	const struct death *death = lawful_death_of_terms(l, t);

	if (d->ctag.n == 0 || !str_eq(d->ctag, t->ctag))
		lawful_bad(l, d, "it cites the contract of another person (entry %" PRIu64 ", another ctag)", index);
	else if (death && !str_is(d->tag, death->tag)) /* the same month's: lawful_death_permit() */
		lawful_bad(l, d, "the contract of entry %" PRIu64 " was of somebody who had died (entry %" PRIu64 ")",
			   index, death->index);
	else if (outside_term(d, t))
		lawful_bad(l, d, "outside the term of the contract of entry %" PRIu64, index);
	else if (!str_eq(d->ref, t->ref))
		lawful_bad(l, d, "by %.*s, but the contract of entry %" PRIu64 " is %.*s", STR_ARG(d->ref), index,
			   STR_ARG(t->ref));
	else if (!str_eq(d->service, t->recipient))
		lawful_bad(l, d, "by %.*s, but the contract of entry %" PRIu64 " is with %.*s", STR_ARG(d->service),
			   index, STR_ARG(t->recipient));
}

/* What a service recorded of itself rests on its own word; what was decided rests on a registration. */
void
lawful_grant_contract_permit(struct lawful *l, const struct deed *d)
{
	struct grant *g = NULL;

	if (d->event != ENTRY_ACCESS_DECIDED)
		return;
	if (d->has_index)
		g = cited_grant(l, d, &l->contracts, d->cited, "a permit by a contract that was never registered");
	else
		lawful_bad(l, d, "a permit by a contract that was never registered (it names none)");
	if (!g)
		return;
	if (g->terms)
		judge_contract(l, d, g->index, g->terms);
	else
		lawful_bad(l, d, "the contract of entry %" PRIu64 " was ended by entry %" PRIu64, g->index,
			   g->ended_by);
}

/* What was under way at the death still comes. Heirs have mandates of their own. */
static bool
is_of_the_dead(struct lawful *l, const struct deed *d, const struct grant_terms *t)
{
	const struct death *death = lawful_death_of_terms(l, t);

	return death && d->time_us - death->time_us > LAWFUL_DEATH_GRACE_US && !ends_mandate(d);
}

/* Whoever acted for somebody else had a mandate for it, at that time. */
void
lawful_grant_act(struct lawful *l, const struct deed *d)
{
	struct grant *g =
	    cited_grant(l, d, &l->mandates, d->mandate, "it was done under a mandate that no earlier entry grants");

	if (!g || !lawful_freeze_act(l, d, g))
		return;
	if (g->end != GRANT_HOLDS)
		lawful_bad(l, d, "the mandate of entry %" PRIu64 " was %s by entry %" PRIu64, g->index,
			   grants_end_name(g->end), g->ended_by);
	else if (outside_term(d, g->terms))
		lawful_bad(l, d, "outside the term of the mandate of entry %" PRIu64, g->index);
	else if (g->terms->recipient.n && !str_eq(g->terms->recipient, d->operator_id))
		lawful_bad(l, d, "by %.*s, but the mandate of entry %" PRIu64 " is for %.*s", STR_ARG(d->operator_id),
			   g->index, STR_ARG(g->terms->recipient));
	else if (str_is(g->terms->ref, "heir"))
		lawful_death_heir(l, d, g->terms->mandate);
	else if (is_of_the_dead(l, d, g->terms))
		lawful_bad(l, d, "the mandate of entry %" PRIu64 " was for somebody who had died", g->index);
	else
		remember_tag(d, g->terms);
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
		lawful_bad(l, d, "it ends the %s of another person (entry %" PRIu64 ", another ctag)", what, g->index);
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
		.recipients = d->recipients,
		.categories = d->categories,
		.ref = d->ref,
		.tag = d->tag,
		.granted_us = d->time_us,
		.has_mandate = d->has_mandate,
		.mandate = d->mandate,
		.use = lawful_limit_of(d),
	};
}

/* What somebody is said to have granted stands among what they can look up, or it grants nothing. */
static bool
is_of_somebody(struct lawful *l, const struct deed *d)
{
	if (d->people != 1)
		lawful_bad(l, d, "it grants something about %u people, not about the one who gave it", d->people);
	return d->people == 1;
}

enum status
lawful_grant_given(struct lawful *l, const struct deed *d)
{
	const struct grant_terms terms = terms_of(d);

	if (!is_of_somebody(l, d) || !lawful_help_holds(l, d) || !lawful_ask_holds(l, d))
		return OK;
	return grants_add(&l->grants, d->index, &terms);
}

/* "eligibility/3" is a version of eligibility. */
static bool
same_purpose(struct str a, struct str b)
{
	return str_eq(str_slice(a, 0, str_find_char(a, '/')), str_slice(b, 0, str_find_char(b, '/')));
}

/* Who gets the data by the new one got it by the old one. */
static bool
same_recipients(const struct deed *d, const struct grant_terms *t)
{
	return d->recipients.n == 0 ? is_recipient(t, d->recipient)
				    : t->recipients.n > 0 && deed_foreign(d->recipients, t->recipients).n == 0;
}

/* What was renewed is a new consent in the place of one that held: never of one that had ended, never a wider one. */
static bool
judge_renewal(struct lawful *l, const struct deed *d, const struct grant *g)
{
	struct str foreign;

	if (g->end != GRANT_HOLDS) {
		lawful_bad(l, d, "it renews the consent of entry %" PRIu64 ", which was %s by entry %" PRIu64, g->index,
			   grants_end_name(g->end), g->ended_by);
		return false;
	}
	foreign = deed_foreign(d->categories, g->terms->categories);
	if (!same_purpose(d->purpose, g->terms->purpose))
		lawful_bad(l, d, "it renews the consent of entry %" PRIu64 " for another purpose", g->index);
	else if (!same_recipients(d, g->terms))
		lawful_bad(l, d, "it renews the consent of entry %" PRIu64 " for another recipient", g->index);
	else if (foreign.n)
		lawful_bad(l, d, "it renews the consent of entry %" PRIu64 " for the category %.*s, too", g->index,
			   STR_ARG(foreign));
	else
		return true;
	return false;
}

enum status
lawful_grant_renewed(struct lawful *l, const struct deed *d)
{
	struct grant *g = cited_grant(l, d, &l->grants, d->has_index ? d->cited : d->index,
				      "it renews a consent that was never granted");

	/* Its own terms can be held against later permits, whatever it took the place of. */
	if (!g && d->has_index && d->cited < l->minimum)
		return lawful_grant_given(l, d);
	/* What is no renewal grants nothing: a permit that cites it is unlawful as well. */
	if (!g || !judge_renewal(l, d, g))
		return OK;
	l->ended++;
	TRY(grants_renew(&l->grants, g, d->index, d->time_us + LAWFUL_RENEWAL_GRACE_US));
	return lawful_grant_given(l, d);
}

/* A power of attorney is its giver's word; anybody else's mandate takes two officials. */
static bool
is_agreed(struct lawful *l, const struct deed *d)
{
	if (str_is(d->mandating.kind, "power_of_attorney"))
		return true;
	if (d->operator_id.n > 0 && d->mandating.registered_by.n > 0 &&
	    !str_eq(d->operator_id, d->mandating.registered_by))
		return true;
	lawful_bad(l, d, "a mandate that no second official confirmed");
	return false;
}

enum status
lawful_grant_mandate(struct lawful *l, const struct deed *d)
{
	struct grant_terms terms = terms_of(d);

	terms.ref = d->mandating.kind;
	terms.mandate = d->mandating.death;
	if (!is_of_somebody(l, d) || !is_agreed(l, d) || !lawful_death_mandate(l, d))
		return OK;
	return grants_add(&l->mandates, d->index, &terms);
}

/* How a mandate ended says what becomes of consents that were given under it. */
static enum grant_end
end_of_mandate(const struct deed *d, enum grant_end otherwise)
{
	static const char *const voiding[] = { "majority", "disputed", "unfounded", "death" };

	for (size_t i = 0; i < ARRAY_LEN(voiding); i++)
		if (str_is(d->reason, voiding[i]))
			return GRANT_VOIDED;
	return otherwise;
}

enum status
lawful_grant_mandate_revoked(struct lawful *l, const struct deed *d)
{
	end_one(l, d, &l->mandates, end_of_mandate(d, GRANT_REVOKED), "mandate");
	return OK;
}

enum status
lawful_grant_mandate_ended(struct lawful *l, const struct deed *d)
{
	end_one(l, d, &l->mandates, end_of_mandate(d, GRANT_EXPIRED), "mandate");
	return OK;
}

enum status
lawful_grant_contract(struct lawful *l, const struct deed *d)
{
	const struct grant_terms terms = terms_of(d);

	if (!is_of_somebody(l, d))
		return OK;
	return grants_add(&l->contracts, d->index, &terms);
}

enum status
lawful_grant_contract_ended(struct lawful *l, const struct deed *d)
{
	end_one(l, d, &l->contracts, GRANT_REVOKED, "contract");
	return OK;
}

enum status
lawful_grant_withdrawn(struct lawful *l, const struct deed *d)
{
	(void)lawful_help_holds(l, d); /* whoever took it back: it is over */
	return end_grant(l, d, GRANT_WITHDRAWN);
}

enum status
lawful_grant_expired(struct lawful *l, const struct deed *d)
{
	return end_grant(l, d, GRANT_EXPIRED);
}

enum status
lawful_grant_revoked(struct lawful *l, const struct deed *d)
{
	return end_grant(l, d, GRANT_REVOKED);
}

enum status
lawful_grant_invalidated(struct lawful *l, const struct deed *d)
{
	return end_grant(l, d, GRANT_INVALIDATED);
}
