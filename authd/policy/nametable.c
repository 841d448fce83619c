#include "authd/policy/nametable.h"

/* FNV-1a. */
static uint64_t
hash_of(struct str name)
{
	uint64_t h = UINT64_C(0xcbf29ce484222325);

	for (size_t i = 0; i < name.n; i++)
		h = (h ^ (unsigned char)name.p[i]) * UINT64_C(0x100000001b3);
	return h ^ (h >> 32);
}

/* The slot that holds name, or the empty one where it would be. */
static struct nametable_slot *
slot_of(const struct nametable *t, struct str name)
{
	size_t i = (size_t)hash_of(name) & t->mask;

	while (t->slots[i].name.p != NULL && !str_eq(t->slots[i].name, name))
		i = (i + 1) & t->mask;
	return &t->slots[i];
}

enum status
nametable_init(struct nametable *t, struct arena *arena, size_t count)
{
	size_t slots = 4;
	void *p = NULL;

	while (slots < 2 * count)
		slots *= 2;
	TRY(arena_array(arena, slots, sizeof(*t->slots), &p));
	t->slots = p;
	t->mask = slots - 1;
	return OK;
}

enum status
nametable_put(struct nametable *t, struct str name, const void *value)
{
	struct nametable_slot *slot = slot_of(t, name);

	if (slot->name.p != NULL)
		return E_CONFLICT;
	slot->name = name;
	slot->value = value;
	return OK;
}

const void *
nametable_get(const struct nametable *t, struct str name)
{
	return t->slots != NULL && name.p != NULL ? slot_of(t, name)->value : NULL;
}
