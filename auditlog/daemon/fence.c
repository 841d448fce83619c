#include "auditlog/daemon/fence.h"

#include <string.h>

static const struct {
	enum entry_event event;
	enum fence_effect effect;
} effects[] = {
	{ ENTRY_CONSENT_WITHDRAWN, FENCE_ENDS },
	{ ENTRY_CONSENT_EXPIRED, FENCE_ENDS },
	{ ENTRY_CONSENT_REVOKED, FENCE_ENDS },
	{ ENTRY_CONSENT_INVALIDATED, FENCE_ENDS },
	{ ENTRY_CONSENT_RENEWED, FENCE_ENDS },
	{ ENTRY_MANDATE_REVOKED, FENCE_ENDS },
	{ ENTRY_MANDATE_ENDED, FENCE_ENDS },
	{ ENTRY_CONTRACT_ENDED, FENCE_ENDS },
	{ ENTRY_OBJECTION_SET, FENCE_ENDS },
	{ ENTRY_RESTRICTION_SET, FENCE_ENDS },
	{ ENTRY_SUBJECT_ERASING, FENCE_ENDS },
	/* With the account its mandates stand still, and what others' consents rest on with these. */
	{ ENTRY_AUTH_FROZEN, FENCE_ENDS_ALL },
	/* What they gave, held and answered for others ends with them, under names that the entry does not have. */
	{ ENTRY_DEATH_REGISTERED, FENCE_ENDS_ALL },
	/* About nobody any more, so about everybody; both are rare. */
	{ ENTRY_SUBJECT_ERASED, FENCE_ENDS_ALL },
	{ ENTRY_BREAKGLASS_CLOSED, FENCE_ENDS },
	/* Decisions name the operator by a pseudonym, not by a tag. */
	{ ENTRY_ROLE_REVOKED, FENCE_ENDS_ALL },
	{ ENTRY_BREAKGLASS_REVIEWED, FENCE_ENDS_ALL },
	{ ENTRY_BREAKGLASS_SUSPENDED, FENCE_ENDS_ALL },
};

static enum fence_effect
effect_of(enum entry_event event)
{
	for (size_t i = 0; i < ARRAY_LEN(effects); i++)
		if (effects[i].event == event)
			return effects[i].effect;
	return FENCE_NOTHING;
}

/* FNV-1a: keys are tags, which are spread evenly, and indices; nobody gains by a collision. */
static uint16_t
slot_of(char kind, const void *p, size_t n)
{
	const unsigned char *bytes = p;
	uint32_t h = (UINT32_C(2166136261) ^ (unsigned char)kind) * UINT32_C(16777619);

	for (size_t i = 0; i < n; i++)
		h = (h ^ bytes[i]) * UINT32_C(16777619);
	return (uint16_t)((h ^ h >> 16) % FENCE_SLOTS);
}

static void
add(struct fence_keys *k, char kind, const void *p, size_t n)
{
	k->slots[k->count++] = slot_of(kind, p, n);
}

static bool
is_shown_later(const struct entry *e)
{
	for (size_t i = 0; i < e->fact_count; i++)
		if (str_is(e->facts[i].name, "shown"))
			return true;
	return false;
}

/* A mandate's end cites its grant as a consent's does: both are entries, so one kind of key is enough. */
void
fence_keys_of(const struct entry *e, struct fence_keys *out)
{
	const struct entry_fact *mandate = entry_fact_number(e, "mandate");

	*out = (struct fence_keys){ .effect = effect_of(e->event) };
	for (size_t i = 0; i < e->about_count; i++)
		add(out, 't', e->about[i].tag.p, e->about[i].tag.n);
	if (e->basis.has_index)
		add(out, 'i', &e->basis.index, sizeof(e->basis.index));
	if (mandate != NULL)
		add(out, 'i', &mandate->number, sizeof(mandate->number));
	if (is_shown_later(e) || (out->effect == FENCE_ENDS && !e->basis.has_index))
		add(out, 'l', "later", 5);
}

void
fence_reset(struct fence *f, uint64_t size)
{
	memset(f->floor, 0, sizeof(f->floor));
	f->all = size;
}

void
fence_pass(struct fence *f, const struct fence_keys *keys, uint64_t index)
{
	if (keys->effect == FENCE_ENDS_ALL)
		f->all = index + 1;
	if (keys->effect != FENCE_ENDS)
		return;
	for (size_t i = 0; i < keys->count; i++)
		f->floor[keys->slots[i]] = index + 1;
}

bool
fence_is_stale(const struct fence *f, const struct fence_keys *keys, uint64_t seen)
{
	if (seen < f->all)
		return true;
	for (size_t i = 0; i < keys->count; i++)
		if (seen < f->floor[keys->slots[i]])
			return true;
	return false;
}
