/* arena.h: memory that is given back all at once, for tables that live and die together. */
#ifndef AUTHD_POLICY_ARENA_H
#define AUTHD_POLICY_ARENA_H

#include "auditlog/base/str.h"

struct arena_block;

struct arena {
	struct arena_block *blocks;
};

/* count zeroed items of size, aligned for anything. E_NOMEM, also when the product overflows. count 0 gives NULL and
 * OK. */
MUST_USE enum status arena_array(struct arena *a, size_t count, size_t size, void **out);
/* A NUL-terminated copy. */
MUST_USE enum status arena_text(struct arena *a, struct str text, const char **out);
void arena_clear(struct arena *a);

#endif
