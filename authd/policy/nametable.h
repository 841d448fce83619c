/*
 * nametable.h: names to pointers, filled once and then only read. Open addressing, at most half full; the names come
 * from the bundle, so nobody outside chooses what collides.
 */
#ifndef AUTHD_POLICY_NAMETABLE_H
#define AUTHD_POLICY_NAMETABLE_H

#include "authd/policy/arena.h"

struct nametable_slot {
	struct str name; /* p == NULL: empty */
	const void *value;
};

struct nametable {
	struct nametable_slot *slots;
	size_t mask; /* slots - 1; a table without slots finds nothing */
};

/* Room for count names. */
MUST_USE enum status nametable_init(struct nametable *t, struct arena *arena, size_t count);
/* name is borrowed. E_CONFLICT when it is there already. At most as many as nametable_init was told. */
MUST_USE enum status nametable_put(struct nametable *t, struct str name, const void *value);
/* NULL when there is none. */
const void *nametable_get(const struct nametable *t, struct str name);

#endif
