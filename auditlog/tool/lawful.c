#include "auditlog/tool/lawful.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "auditlog/tool/lawful_inner.h"

enum status
lawful_new(struct lawful **out)
{
	struct lawful *l = calloc(1, sizeof(*l));

	if (!l)
		return E_NOMEM;
	l->shortest_wait_s = UINT64_MAX;
	l->wait_said_us = l->quota_said_us = INT64_MAX;
	lawful_pruned(l, 0);
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
	grants_clear(&l->contracts);
	grants_clear(&l->requests);
	tagbook_clear(&l->frozen);
	tagbook_clear(&l->proposed);
	tagbook_clear(&l->uses);
	lawful_quota_clear(l);
	free(l->question);
	bans_clear(&l->bans);
	grants_clear(&l->glasses);
	free(l->suspension);
	free(l->waiting);
	free(l->confirmation);
	lawful_policy_clear(l);
	free(l->permitted);
	free(l->concluded);
	free(l->erasure);
	free(l->claim);
	free(l->death);
	free(l->death_bucket);
	free(l);
}

void
lawful_pruned(struct lawful *l, uint64_t minimum)
{
	l->minimum = minimum;
	l->policy_from_us = minimum > 0 ? INT64_MAX : 0;
	l->kept_us = minimum > 0 ? INT64_MAX - LAWFUL_HELP_US : -LAWFUL_HELP_US;
}

uint64_t
lawful_unjudged(const struct lawful *l)
{
	return l->unjudged;
}

bool
lawful_blind(struct lawful *l, uint64_t cited)
{
	if (cited >= l->minimum)
		return false;
	l->blind = true;
	return true;
}

bool
lawful_is_pending(struct lawful *l, int64_t since_us, int64_t last_us)
{
	const bool pending = last_us - since_us <= LAWFUL_ORDER_GRACE_US;

	l->unjudged += pending;
	return pending;
}

bool
lawful_must_say(struct lawful *l, const struct deed *d, bool says, int64_t *said_us)
{
	if (says && d->time_us < *said_us)
		*said_us = d->time_us;
	if (says || d->time_us - LAWFUL_UPGRADE_US > *said_us)
		return true;
	l->blind = true;
	return false;
}

void
lawful_extract(void *ctx, const struct entry_view *v, struct str line, struct buf *out)
{
	(void)ctx;
	(void)line;
	deed_put(out, v);
}

/* ---- judging ---- */

void
lawful_bad(struct lawful *l, const struct deed *d, const char *fmt, ...)
{
	char place[64], what[300];
	va_list args;

	snprintf(place, sizeof(place), "entry %" PRIu64, d->index);
	va_start(args, fmt);
	vsnprintf(what, sizeof(what), fmt, args);
	va_end(args);
	findings_bad(&l->found, place, "unlawful: %s", what);
}

/* One person's consent opens one person's data, and a look that nobody could find among those at them is hidden. */
static void
judge_people(struct lawful *l, const struct deed *d)
{
	if (d->people == 0 && d->event == ENTRY_ACCESS_DECIDED)
		lawful_bad(l, d, "a permit that is about nobody: whoever it concerns cannot find it");
	else if (d->people > 1 && d->basis == ENTRY_BASIS_CONSENT)
		lawful_bad(l, d, "a permit about %u people by the consent of one", d->people);
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
		lawful_grant_permit(l, d);
		break;
	case ENTRY_BASIS_CONTRACT:
		lawful_grant_contract_permit(l, d);
		__attribute__((fallthrough));
	case ENTRY_BASIS_STATUTE:
	case ENTRY_BASIS_VITAL:
		if (d->ref.n == 0 && d->basis != ENTRY_BASIS_VITAL)
			lawful_bad(l, d, "its %s is not named", entry_basis_name(d->basis));
		break;
	case ENTRY_BASIS_BREAK_GLASS:
		lawful_glass_permit(l, d);
		break;
	case ENTRY_NO_BASIS:
	case ENTRY_BASIS_ENTRY:
		lawful_bad(l, d, "a permit that rests on nothing");
		break;
	}
	lawful_policy_permit(l, d);
	judge_people(l, d);
	lawful_ban_permit(l, d);
	lawful_death_permit(l, d);
	if (d->basis != ENTRY_BASIS_CONSENT && d->basis != ENTRY_BASIS_BREAK_GLASS)
		TRY(lawful_limit_ground(l, d));
	return mark_permit(l, d->index);
}

static enum status
on_outcome(struct lawful *l, const struct deed *d)
{
	uint64_t at = d->cited;
	uint8_t bit = (uint8_t)(1u << at % 8);

	l->outcomes++;
	if (d->has_index && lawful_blind(l, at))
		return OK;
	if (!d->has_index || at / 8 >= l->bytes || !(l->permitted[at / 8] & bit)) {
		lawful_bad(l, d, "the outcome of an access that no earlier entry permits (index %" PRIu64 ")", at);
		return OK;
	}
	if (l->concluded[at / 8] & bit)
		lawful_bad(l, d, "a second outcome of the access of entry %" PRIu64, at);
	l->concluded[at / 8] |= bit;
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
			lawful_bad(l, d, "it finishes the erasure of entry %" PRIu64 " later than a day after it",
				   e.index);
		l->erasing--;
		memmove(&l->erasure[i], &l->erasure[i + 1], (l->erasing - i) * sizeof(e));
		return OK;
	}
	if (d->has_index && lawful_blind(l, d->cited))
		return OK;
	lawful_bad(l, d, "an erasure that was never announced (index %" PRIu64 ")", d->cited);
	return OK;
}

static const struct {
	enum entry_event event;
	enum status (*judge)(struct lawful *l, const struct deed *d);
} rules[] = {
	{ ENTRY_ACCESS_DECIDED, on_access },
	{ ENTRY_ACCESS_RECORDED, on_access },
	{ ENTRY_ACCESS_OUTCOME, on_outcome },
	{ ENTRY_AUTH_LOGIN, lawful_death_act },
	{ ENTRY_AUTH_LOGIN, lawful_freeze_login },
	{ ENTRY_AUTH_FROZEN, lawful_freeze_begins },
	{ ENTRY_AUTH_THAWED, lawful_freeze_ends },
	{ ENTRY_TOKEN_CODE_ISSUED, lawful_freeze_let_in },
	{ ENTRY_TOKEN_DEVICE_APPROVED, lawful_freeze_let_in },
	{ ENTRY_TOKEN_ISSUED, lawful_freeze_token },
	{ ENTRY_TOKEN_REFRESHED, lawful_freeze_token },
	{ ENTRY_CONSENT_REQUESTED, lawful_ask_requested },
	{ ENTRY_CONSENT_REFUSED, lawful_ask_answered },
	{ ENTRY_CONSENT_DEFERRED, lawful_ask_answered },
	{ ENTRY_CONSENT_REQUEST_EXPIRED, lawful_ask_answered },
	{ ENTRY_CONTRACT_PROPOSED, lawful_ask_proposed },
	{ ENTRY_CONTRACT_REGISTERED, lawful_ask_agreed },
	{ ENTRY_CONTRACT_DECLINED, lawful_ask_agreed },
	{ ENTRY_QUESTION_OPENED, lawful_question_opened },
	{ ENTRY_QUESTION_READ, lawful_question_turn },
	{ ENTRY_QUESTION_TAKEN, lawful_question_turn },
	{ ENTRY_QUESTION_ANSWERED, lawful_question_turn },
	{ ENTRY_QUESTION_FOLLOWED, lawful_question_turn },
	{ ENTRY_QUESTION_ESCALATED, lawful_question_turn },
	{ ENTRY_DESK_ACCOUNT, lawful_help_account },
	{ ENTRY_TOKEN_CODE_ISSUED, lawful_death_act },
	{ ENTRY_TOKEN_DEVICE_APPROVED, lawful_death_act },
	{ ENTRY_TOKEN_ISSUED, lawful_death_act },
	{ ENTRY_TOKEN_REFRESHED, lawful_death_act },
	{ ENTRY_CONSENT_GRANTED, lawful_death_act },
	{ ENTRY_CONSENT_RENEWED, lawful_death_act },
	{ ENTRY_CONTRACT_REGISTERED, lawful_death_act },
	{ ENTRY_DEATH_PROPOSED, lawful_death_proposed },
	{ ENTRY_DEATH_UNDO_PROPOSED, lawful_death_proposed },
	{ ENTRY_DEATH_CONTESTED, lawful_death_closed },
	{ ENTRY_DEATH_DECLINED, lawful_death_closed },
	{ ENTRY_DEATH_REGISTERED, lawful_death_registered },
	{ ENTRY_DEATH_UNDONE, lawful_death_undone },
	{ ENTRY_CONSENT_GRANTED, lawful_grant_given },
	{ ENTRY_CONSENT_RENEWED, lawful_grant_renewed },
	{ ENTRY_CONSENT_WITHDRAWN, lawful_grant_withdrawn },
	{ ENTRY_CONSENT_EXPIRED, lawful_grant_expired },
	{ ENTRY_CONSENT_REVOKED, lawful_grant_revoked },
	{ ENTRY_CONSENT_INVALIDATED, lawful_grant_invalidated },
	{ ENTRY_POLICY_PROPOSED, lawful_policy_proposed },
	{ ENTRY_POLICY_WITHDRAWN, lawful_policy_withdrawn },
	{ ENTRY_POLICY_ACTIVATED, lawful_policy_activated },
	{ ENTRY_SUBJECT_ERASING, on_erasing },
	{ ENTRY_SUBJECT_ERASED, on_erased },
	{ ENTRY_MANDATE_GRANTED, lawful_grant_mandate },
	{ ENTRY_MANDATE_REVOKED, lawful_grant_mandate_revoked },
	{ ENTRY_MANDATE_ENDED, lawful_grant_mandate_ended },
	{ ENTRY_CONTRACT_REGISTERED, lawful_grant_contract },
	{ ENTRY_CONTRACT_ENDED, lawful_grant_contract_ended },
	{ ENTRY_OBJECTION_SET, lawful_ban_set },
	{ ENTRY_OBJECTION_LIFTED, lawful_ban_lifted },
	{ ENTRY_RESTRICTION_SET, lawful_ban_set },
	{ ENTRY_RESTRICTION_LIFTED, lawful_ban_lifted },
	{ ENTRY_BREAKGLASS_USED, lawful_glass_used },
	{ ENTRY_BREAKGLASS_CLOSED, lawful_glass_closed },
	{ ENTRY_BREAKGLASS_REVIEWED, lawful_glass_reviewed },
	{ ENTRY_BREAKGLASS_SUSPENDED, lawful_glass_suspended },
	{ ENTRY_BREAKGLASS_RESTORED, lawful_glass_restored },
	{ ENTRY_DESK_CONFIRMED, lawful_help_confirmed },
};

enum status
lawful_absorb(void *ctx, struct str extracted)
{
	struct lawful *l = ctx;

	while (extracted.n) {
		struct deed d = { 0 };

		TRY(deed_get(&extracted, &d));
		l->blind = false;
		if (l->minimum > 0 && d.time_us < l->kept_us)
			l->kept_us = d.time_us;
		grants_fade(&l->grants, d.time_us);
		if (d.has_mandate)
			lawful_grant_act(l, &d);
		for (size_t i = 0; i < ARRAY_LEN(rules); i++)
			if (rules[i].event == d.event)
				TRY(rules[i].judge(l, &d));
		l->unjudged += l->blind;
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
			lawful_bad(l, &d, "an erasure that was begun and not finished within a day");
	}
	lawful_glass_finish(l, last_us);
	lawful_ask_finish(l, last_us);
	lawful_question_finish(l, last_us);
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
	if (l->deaths)
		buf_printf(out, "         %zu deaths registered\n", l->deaths);
	if (l->shortest_wait_s != UINT64_MAX)
		buf_printf(out,
			   "         who was said to be dead had %" PRIu64 " seconds or more to say that they live\n",
			   l->shortest_wait_s);
	if (l->alone)
		buf_printf(out, "         %" PRIu64 " policies were activated by one person alone\n", l->alone);
	if (l->unjudged)
		buf_printf(out,
			   "         %" PRIu64
			   " entries rest on what was pruned, is on its way or was not said yet, and are not judged\n",
			   l->unjudged);
	if (l->found.bad)
		buf_printf(out, "         %" PRIu64 " entries are unlawful\n", l->found.bad);
}

void
lawful_put_json(json_t *object, const struct lawful *l)
{
	json_object_set_new(object, "lawful",
			    json_pack("{s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I}", "permits",
				      (json_int_t)all_permits(l), "refusals", (json_int_t)l->refusals, "outcomes",
				      (json_int_t)l->outcomes, "granted", (json_int_t)l->grants.n, "ended",
				      (json_int_t)l->ended, "policies", (json_int_t)l->policies, "alone",
				      (json_int_t)l->alone, "erasures", (json_int_t)l->erasures, "erasing",
				      (json_int_t)l->erasing, "mandates", (json_int_t)l->mandates.n, "deaths",
				      (json_int_t)l->deaths, "not_judged", (json_int_t)l->unjudged, "unlawful",
				      (json_int_t)l->found.bad));
	if (l->shortest_wait_s != UINT64_MAX)
		json_object_set_new(json_object_get(object, "lawful"), "shortest_death_wait_s",
				    json_integer((json_int_t)l->shortest_wait_s));
}
