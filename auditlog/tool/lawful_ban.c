/* lawful_ban.c: was it permitted against an objection of the person, or while all about them was blocked? */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "auditlog/tool/lawful_inner.h"

static struct str
purpose_id(const struct deed *d)
{
	return str_slice(d->purpose, 0, str_find_char(d->purpose, '/'));
}

/* The first one; a decision has one, an objection one or none. */
static struct str
only_category(const struct deed *d)
{
	struct str list = d->categories, one = { 0 };

	if (list.n == 0 || buf_get_block(&list, ENTRY_MAX, &one) != OK)
		return (struct str){ 0 };
	return one;
}

void
lawful_ban_permit(struct lawful *l, const struct deed *d)
{
	bool emergency = d->basis == ENTRY_BASIS_VITAL || d->basis == ENTRY_BASIS_BREAK_GLASS;
	const struct ban *ban;

	if (d->event != ENTRY_ACCESS_DECIDED)
		return;
	ban = bans_against(&l->bans, d->tag, purpose_id(d), only_category(d), d->time_us, emergency);
	if (ban)
		lawful_bad(l, d, "%s (entry %" PRIu64 ")",
			   ban->purpose[0] ? "the person had objected to it" : "all about the person was blocked",
			   ban->index);
}

enum status
lawful_ban_set(struct lawful *l, const struct deed *d)
{
	struct ban ban = { .index = d->index, .until_us = d->until_us };

	if (d->tag.n != ENTRY_TAG_LEN || (d->event == ENTRY_OBJECTION_SET && d->purpose.n == 0)) {
		lawful_bad(l, d, "it forbids something, but not whose, or not what");
		return OK;
	}
	memcpy(ban.tag, d->tag.p, ENTRY_TAG_LEN);
	if (d->event == ENTRY_OBJECTION_SET) {
		snprintf(ban.purpose, sizeof(ban.purpose), "%.*s", STR_ARG(purpose_id(d)));
		snprintf(ban.category, sizeof(ban.category), "%.*s", STR_ARG(only_category(d)));
	}
	return bans_add(&l->bans, &ban);
}

enum status
lawful_ban_lifted(struct lawful *l, const struct deed *d)
{
	if (!(d->has_index && (bans_lift(&l->bans, d->cited, d->tag) || lawful_blind(l, d->cited))))
		lawful_bad(l, d, "it lifts what was never forbidden (index %" PRIu64 ")", d->cited);
	return OK;
}
