#include "auditlog/tool/deed.h"

#include <stddef.h>
#include <string.h>

/* Events that are judged, or that something is judged by; of others only what was done under a mandate. */
static const bool judged[ENTRY_EVENT_COUNT] = {
	[ENTRY_CONSENT_GRANTED] = true,
	[ENTRY_CONSENT_RENEWED] = true,
	[ENTRY_CONSENT_WITHDRAWN] = true,
	[ENTRY_CONSENT_EXPIRED] = true,
	[ENTRY_CONSENT_REVOKED] = true,
	[ENTRY_CONSENT_INVALIDATED] = true,
	[ENTRY_ACCESS_DECIDED] = true,
	[ENTRY_ACCESS_RECORDED] = true,
	[ENTRY_ACCESS_OUTCOME] = true,
	[ENTRY_POLICY_PROPOSED] = true,
	[ENTRY_POLICY_WITHDRAWN] = true,
	[ENTRY_POLICY_ACTIVATED] = true,
	[ENTRY_SUBJECT_ERASING] = true,
	[ENTRY_SUBJECT_ERASED] = true,
	[ENTRY_DEATH_PROPOSED] = true,
	[ENTRY_DEATH_CONTESTED] = true,
	[ENTRY_DEATH_DECLINED] = true,
	[ENTRY_DEATH_REGISTERED] = true,
	[ENTRY_DEATH_UNDO_PROPOSED] = true,
	[ENTRY_DEATH_UNDONE] = true,
	[ENTRY_AUTH_LOGIN] = true,
	[ENTRY_TOKEN_CODE_ISSUED] = true,
	[ENTRY_TOKEN_DEVICE_APPROVED] = true,
	[ENTRY_TOKEN_ISSUED] = true,
	[ENTRY_TOKEN_REFRESHED] = true,
	[ENTRY_MANDATE_GRANTED] = true,
	[ENTRY_MANDATE_REVOKED] = true,
	[ENTRY_MANDATE_ENDED] = true,
	[ENTRY_CONTRACT_REGISTERED] = true,
	[ENTRY_CONTRACT_ENDED] = true,
	[ENTRY_OBJECTION_SET] = true,
	[ENTRY_OBJECTION_LIFTED] = true,
	[ENTRY_RESTRICTION_SET] = true,
	[ENTRY_RESTRICTION_LIFTED] = true,
	[ENTRY_BREAKGLASS_USED] = true,
	[ENTRY_BREAKGLASS_CLOSED] = true,
	[ENTRY_BREAKGLASS_REVIEWED] = true,
	[ENTRY_BREAKGLASS_SUSPENDED] = true,
	[ENTRY_BREAKGLASS_RESTORED] = true,
	[ENTRY_DESK_CONFIRMED] = true,
	[ENTRY_CONSENT_REQUESTED] = true,
	[ENTRY_CONSENT_REFUSED] = true,
	[ENTRY_CONSENT_DEFERRED] = true,
	[ENTRY_CONSENT_REQUEST_EXPIRED] = true,
	[ENTRY_CONTRACT_PROPOSED] = true,
	[ENTRY_CONTRACT_DECLINED] = true,
	[ENTRY_AUTH_FROZEN] = true,
	[ENTRY_AUTH_THAWED] = true,
	[ENTRY_QUESTION_OPENED] = true,
	[ENTRY_QUESTION_READ] = true,
	[ENTRY_QUESTION_TAKEN] = true,
	[ENTRY_QUESTION_ANSWERED] = true,
	[ENTRY_QUESTION_FOLLOWED] = true,
	[ENTRY_QUESTION_ESCALATED] = true,
	[ENTRY_DESK_ACCOUNT] = true,
};

bool
deed_is_judged(enum entry_event event)
{
	return judged[event];
}

static bool
matters(const struct entry *e)
{
	return judged[e->event] || entry_fact_number(e, "mandate") != NULL;
}

/* ---- facts that matter, by event ---- */

struct wanted {
	enum entry_event event;
	const char *fact;
	size_t at; /* in struct deed: a struct str, or a uint64_t */
	bool number;
	uint64_t absent; /* of a number that is not there */
};

#define TEXT(ev, fact, member)                                                                                         \
	{                                                                                                              \
		ENTRY_##ev, fact, offsetof(struct deed, member), false, 0                                              \
	}
#define NUMBER(ev, fact, member, absent)                                                                               \
	{                                                                                                              \
		ENTRY_##ev, fact, offsetof(struct deed, member), true, absent                                          \
	}
/* How somebody was helped. */
#define HELP(ev)                                                                                                       \
	TEXT(ev, "channel", help.channel), TEXT(ev, "confirmation", help.confirmation),                                \
	    TEXT(ev, "assisted_by", help.by), TEXT(ev, "second_operator", help.second),                                \
	    TEXT(ev, "assisted_tag", help.by_tag), TEXT(ev, "second_tag", help.second_tag),                            \
	    TEXT(ev, "giver_tag", help.giver_tag)
#define LIMIT(ev) NUMBER(ev, "limit_count", limit.count, 0), NUMBER(ev, "limit_per_s", limit.per_s, 0)
#define DYING(ev) TEXT(ev, "document", dying.document), TEXT(ev, "proposed_by", dying.proposed_by)

static const struct wanted facts[] = {
	TEXT(ACCESS_DECIDED, "shown", shown),
	LIMIT(ACCESS_DECIDED),
	TEXT(ACCESS_RECORDED, "shown", shown),
	HELP(CONSENT_GRANTED),
	LIMIT(CONSENT_GRANTED),
	NUMBER(CONSENT_GRANTED, "request", request, DEED_ABSENT),
	HELP(CONSENT_RENEWED),
	LIMIT(CONSENT_RENEWED),
	NUMBER(CONSENT_RENEWED, "request", request, DEED_ABSENT),
	HELP(CONSENT_WITHDRAWN),
	TEXT(DESK_CONFIRMED, "act", helped.act),
	TEXT(DESK_CONFIRMED, "way", helped.way),
	TEXT(DESK_CONFIRMED, "prepared_by", helped.prepared_by),
	TEXT(DESK_ACCOUNT, "prepared_by", helped.prepared_by),
	TEXT(POLICY_PROPOSED, "diff", rules.diff),
	TEXT(POLICY_PROPOSED, "base", rules.base),
	TEXT(POLICY_ACTIVATED, "how", rules.how),
	TEXT(POLICY_ACTIVATED, "author", rules.author),
	TEXT(POLICY_ACTIVATED, "diff", rules.diff),
	TEXT(MANDATE_GRANTED, "kind", mandating.kind),
	TEXT(MANDATE_GRANTED, "registered_by", mandating.registered_by),
	NUMBER(MANDATE_GRANTED, "death", mandating.death, 0),
	DYING(DEATH_PROPOSED),
	NUMBER(DEATH_PROPOSED, "wait_s", dying.wait_s, DEED_ABSENT),
	DYING(DEATH_REGISTERED),
	DYING(DEATH_UNDO_PROPOSED),
	DYING(DEATH_UNDONE),
	NUMBER(BREAKGLASS_USED, "review_within_s", review_s, 0),
	NUMBER(BREAKGLASS_USED, "quota_count", quota.count, DEED_ABSENT),
	NUMBER(BREAKGLASS_USED, "quota_per_s", quota.per_s, DEED_ABSENT),
	TEXT(BREAKGLASS_REVIEWED, "verdict", verdict),
	TEXT(BREAKGLASS_REVIEWED, "operator", whose),
	TEXT(BREAKGLASS_SUSPENDED, "operator", whose),
	TEXT(BREAKGLASS_RESTORED, "operator", whose),
};

static void
put_facts(struct buf *out, const struct entry *e)
{
	for (size_t i = 0; i < ARRAY_LEN(facts); i++) {
		const struct entry_fact *f;

		if (facts[i].event != e->event)
			continue;
		if (!facts[i].number) {
			buf_put_block(out, entry_fact_text(e, facts[i].fact));
			continue;
		}
		f = entry_fact_number(e, facts[i].fact);
		buf_put_u64(out, f != NULL ? f->number : facts[i].absent);
	}
}

static enum status
read_facts(struct str *in, struct deed *d)
{
	d->request = d->dying.wait_s = DEED_ABSENT;
	for (size_t i = 0; i < ARRAY_LEN(facts); i++) {
		char *at = (char *)d + facts[i].at;
		struct str text;
		uint64_t number;

		if (facts[i].event != d->event)
			continue;
		if (facts[i].number) {
			TRY(buf_get_u64(in, &number));
			memcpy(at, &number, sizeof(number));
		} else {
			TRY(buf_get_block(in, ENTRY_MAX, &text));
			memcpy(at, &text, sizeof(text));
		}
	}
	return OK;
}

/* ---- the whole ---- */

static void
put_list(struct buf *out, const struct str *items, size_t count)
{
	CLEANUP(buf_clear) struct buf list = { 0 };

	for (size_t i = 0; i < count; i++)
		buf_put_block(&list, items[i]);
	if (buf_status(&list) != OK) /* half a list would judge somebody wrongly */
		out->failed = list.failed;
	buf_put_block(out, buf_str(&list));
}

void
deed_put(struct buf *out, const struct entry_view *v)
{
	const struct entry *e = &v->entry;
	const struct entry_fact *mandate = entry_fact_number(e, "mandate");

	if (!matters(e))
		return;
	buf_put_u8(out, (uint8_t)e->event);
	buf_put_u8(out, (uint8_t)e->decision);
	buf_put_u8(out, (uint8_t)e->basis.type);
	buf_put_u8(out, e->basis.has_index);
	buf_put_u8(out, mandate != NULL);
	buf_put_u8(out, (uint8_t)e->about_count);
	buf_put_u64(out, mandate != NULL ? mandate->number : 0);
	buf_put_u64(out, v->index);
	buf_put_u64(out, e->basis.index);
	buf_put_u64(out, (uint64_t)v->time_us);
	buf_put_u64(out, (uint64_t)e->basis.from_us);
	buf_put_u64(out, (uint64_t)e->basis.until_us);
	buf_put_block(out, e->basis.ctag);
	buf_put_block(out, e->purpose);
	buf_put_block(out, e->basis.recipient);
	buf_put_block(out, e->by.service);
	buf_put_block(out, e->by.operator_id);
	buf_put_block(out, e->policy);
	buf_put_block(out, e->basis.ref);
	put_list(out, e->categories, e->category_count);
	put_list(out, e->basis.recipients, e->basis.recipient_count);
	buf_put_block(out, e->about_count > 0 ? e->about[0].tag : STR(""));
	buf_put_block(out, e->reason);
	put_facts(out, e);
}

static enum status
read_numbers(struct str *in, struct deed *d)
{
	uint8_t byte[6];
	uint64_t time = 0, from = 0, until = 0;

	TRY(buf_get_into(in, byte, sizeof(byte)));
	TRY(buf_get_u64(in, &d->mandate));
	TRY(buf_get_u64(in, &d->index));
	TRY(buf_get_u64(in, &d->cited));
	TRY(buf_get_u64(in, &time));
	TRY(buf_get_u64(in, &from));
	TRY(buf_get_u64(in, &until));
	d->event = (enum entry_event)byte[0];
	d->decision = (enum entry_decision)byte[1];
	d->basis = (enum entry_basis_type)byte[2];
	d->has_index = byte[3];
	d->has_mandate = byte[4];
	d->people = byte[5];
	d->time_us = (int64_t)time;
	d->from_us = (int64_t)from;
	d->until_us = (int64_t)until;
	return OK;
}

enum status
deed_get(struct str *in, struct deed *d)
{
	struct str *const text[] = { &d->ctag, &d->purpose,    &d->recipient,  &d->service, &d->operator_id, &d->policy,
				     &d->ref,  &d->categories, &d->recipients, &d->tag,     &d->reason };

	TRY(read_numbers(in, d));
	for (size_t i = 0; i < ARRAY_LEN(text); i++)
		TRY(buf_get_block(in, 2 * ENTRY_MAX, text[i]));
	return read_facts(in, d);
}

bool
deed_lists(struct str list, struct str name)
{
	struct str one;

	while (list.n && buf_get_block(&list, ENTRY_MAX, &one) == OK)
		if (str_eq(one, name))
			return true;
	return false;
}

struct str
deed_foreign(struct str wanted, struct str granted)
{
	struct str one;

	while (wanted.n && buf_get_block(&wanted, ENTRY_MAX, &one) == OK)
		if (!deed_lists(granted, one))
			return one;
	return (struct str){ 0 };
}
