#include "auditlog/tool/deed.h"

/* A fact that is a number; 0 when there is none of that name. */
static uint64_t
number_fact(const struct entry *e, const char *name)
{
	const struct entry_fact *f = entry_fact_number(e, name);

	return f != NULL ? f->number : 0;
}

/* Grants, permits, what refers to them, and what only the living do; the rest needs no ground. */
static bool
matters(const struct entry *e)
{
	switch (e->event) {
	case ENTRY_CONSENT_GRANTED:
	case ENTRY_CONSENT_RENEWED:
	case ENTRY_CONSENT_WITHDRAWN:
	case ENTRY_CONSENT_EXPIRED:
	case ENTRY_CONSENT_REVOKED:
	case ENTRY_CONSENT_INVALIDATED:
	case ENTRY_ACCESS_DECIDED:
	case ENTRY_ACCESS_RECORDED:
	case ENTRY_ACCESS_OUTCOME:
	case ENTRY_POLICY_PROPOSED:
	case ENTRY_POLICY_WITHDRAWN:
	case ENTRY_POLICY_ACTIVATED:
	case ENTRY_SUBJECT_ERASING:
	case ENTRY_SUBJECT_ERASED:
	case ENTRY_DEATH_PROPOSED:
	case ENTRY_DEATH_CONTESTED:
	case ENTRY_DEATH_DECLINED:
	case ENTRY_DEATH_REGISTERED:
	case ENTRY_DEATH_UNDO_PROPOSED:
	case ENTRY_DEATH_UNDONE:
	case ENTRY_AUTH_LOGIN:
	case ENTRY_TOKEN_CODE_ISSUED:
	case ENTRY_TOKEN_DEVICE_APPROVED:
	case ENTRY_TOKEN_ISSUED:
	case ENTRY_TOKEN_REFRESHED:
	case ENTRY_MANDATE_GRANTED:
	case ENTRY_MANDATE_REVOKED:
	case ENTRY_MANDATE_ENDED:
	case ENTRY_CONTRACT_REGISTERED:
	case ENTRY_CONTRACT_ENDED:
	case ENTRY_OBJECTION_SET:
	case ENTRY_OBJECTION_LIFTED:
	case ENTRY_RESTRICTION_SET:
	case ENTRY_RESTRICTION_LIFTED:
	case ENTRY_BREAKGLASS_USED:
	case ENTRY_BREAKGLASS_CLOSED:
	case ENTRY_BREAKGLASS_REVIEWED:
	case ENTRY_BREAKGLASS_SUSPENDED:
	case ENTRY_BREAKGLASS_RESTORED:
	case ENTRY_DESK_CONFIRMED:
		return true;
	default:
		return entry_fact_number(e, "mandate") != NULL;
	}
}

/* Facts that only rare events have, so that they cost nothing in others: of policy.*, of mandate.granted, of
 * breakglass.used, of consents that come or go and of what was confirmed at a desk. */
static bool
is_of_rules(enum entry_event event)
{
	return event == ENTRY_POLICY_PROPOSED || event == ENTRY_POLICY_WITHDRAWN || event == ENTRY_POLICY_ACTIVATED;
}

static bool
is_of_consent(enum entry_event event)
{
	return event == ENTRY_CONSENT_GRANTED || event == ENTRY_CONSENT_RENEWED || event == ENTRY_CONSENT_WITHDRAWN;
}

static const char *const help_facts[] = { "channel",      "confirmation", "assisted_by", "second_operator",
					  "assisted_tag", "second_tag",   "giver_tag" };
static const char *const helped_facts[] = { "act", "way", "prepared_by" };

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

static void
put_of_consent(struct buf *out, const struct entry *e)
{
	for (size_t i = 0; i < ARRAY_LEN(help_facts) && is_of_consent(e->event); i++)
		buf_put_block(out, entry_fact_text(e, help_facts[i]));
	for (size_t i = 0; i < ARRAY_LEN(helped_facts) && e->event == ENTRY_DESK_CONFIRMED; i++)
		buf_put_block(out, entry_fact_text(e, helped_facts[i]));
	if (!is_of_consent(e->event))
		return;
	put_list(out, e->basis.recipients, e->basis.recipient_count);
	buf_put_u64(out, number_fact(e, "limit_count"));
	buf_put_u64(out, number_fact(e, "limit_per_s"));
}

static enum status
read_of_consent(struct str *in, struct deed *d)
{
	struct str *const help[] = { &d->help.channel, &d->help.confirmation, &d->help.by,       &d->help.second,
				     &d->help.by_tag,  &d->help.second_tag,   &d->help.giver_tag };
	struct str *const helped[] = { &d->helped.act, &d->helped.way, &d->helped.prepared_by };

	for (size_t i = 0; i < ARRAY_LEN(help) && is_of_consent(d->event); i++)
		TRY(buf_get_block(in, ENTRY_MAX, help[i]));
	for (size_t i = 0; i < ARRAY_LEN(helped) && d->event == ENTRY_DESK_CONFIRMED; i++)
		TRY(buf_get_block(in, ENTRY_MAX, helped[i]));
	if (!is_of_consent(d->event))
		return OK;
	TRY(buf_get_block(in, ENTRY_MAX, &d->recipients));
	TRY(buf_get_u64(in, &d->limit.count));
	return buf_get_u64(in, &d->limit.per_s);
}

static bool
is_of_death(enum entry_event event)
{
	return event >= ENTRY_DEATH_PROPOSED && event <= ENTRY_DEATH_UNDONE;
}

static void
put_rare(struct buf *out, const struct entry *e)
{
	static const char *const rules[] = { "how", "author", "diff", "base" };

	for (size_t i = 0; i < ARRAY_LEN(rules) && is_of_rules(e->event); i++)
		buf_put_block(out, entry_fact_text(e, rules[i]));
	if (e->event == ENTRY_MANDATE_GRANTED) {
		buf_put_block(out, entry_fact_text(e, "kind"));
		buf_put_block(out, entry_fact_text(e, "registered_by"));
		buf_put_u64(out, number_fact(e, "death"));
	}
	if (is_of_death(e->event)) {
		buf_put_block(out, entry_fact_text(e, "document"));
		buf_put_block(out, entry_fact_text(e, "proposed_by"));
	}
	if (e->event == ENTRY_BREAKGLASS_USED)
		buf_put_u64(out, number_fact(e, "review_within_s"));
	put_of_consent(out, e);
}

static enum status
read_rare(struct str *in, struct deed *d)
{
	struct str *const rules[] = { &d->rules.how, &d->rules.author, &d->rules.diff, &d->rules.base };

	for (size_t i = 0; i < ARRAY_LEN(rules) && is_of_rules(d->event); i++)
		TRY(buf_get_block(in, ENTRY_MAX, rules[i]));
	if (d->event == ENTRY_BREAKGLASS_USED)
		return buf_get_u64(in, &d->review_s);
	if (is_of_death(d->event)) {
		TRY(buf_get_block(in, ENTRY_MAX, &d->dying.document));
		return buf_get_block(in, ENTRY_MAX, &d->dying.proposed_by);
	}
	if (d->event != ENTRY_MANDATE_GRANTED)
		return read_of_consent(in, d);
	TRY(buf_get_block(in, ENTRY_MAX, &d->mandating.kind));
	TRY(buf_get_block(in, ENTRY_MAX, &d->mandating.registered_by));
	return buf_get_u64(in, &d->mandating.death);
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
	buf_put_block(out, e->about_count > 0 ? e->about[0].tag : STR(""));
	buf_put_block(out, entry_fact_text(e, "verdict"));
	buf_put_block(out, entry_fact_text(e, "operator"));
	buf_put_block(out, e->reason);
	put_rare(out, e);
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
	struct str *const text[] = {
		&d->ctag, &d->purpose,    &d->recipient, &d->service, &d->operator_id, &d->policy,
		&d->ref,  &d->categories, &d->tag,       &d->verdict, &d->whose,       &d->reason
	};

	TRY(read_numbers(in, d));
	for (size_t i = 0; i < ARRAY_LEN(text); i++)
		TRY(buf_get_block(in, 2 * ENTRY_MAX, text[i]));
	return read_rare(in, d);
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
