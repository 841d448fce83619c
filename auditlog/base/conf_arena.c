#include "auditlog/base/conf_arena.h"

#include <stdalign.h>
#include <stdlib.h>
#include <string.h>

#define BLOCK_BYTES ((size_t)16 << 10)

struct conf_arena_block {
	struct conf_arena_block *next;
	size_t used, size;
	alignas(max_align_t) char space[];
};

static struct conf_arena_block *
block_new(struct conf_arena *a, size_t n)
{
	size_t size = n > BLOCK_BYTES ? n : BLOCK_BYTES;
	struct conf_arena_block *b;

	if (size > SIZE_MAX - sizeof(*b))
		return NULL;
	b = calloc(1, sizeof(*b) + size);
	if (b == NULL)
		return NULL;
	b->size = size;
	b->next = a->blocks;
	a->blocks = b;
	return b;
}

void *
conf_arena_get(struct conf_arena *a, size_t n)
{
	const size_t unit = alignof(max_align_t);
	struct conf_arena_block *b = a->blocks;
	void *p;

	if (n > SIZE_MAX - unit)
		return NULL;
	n = (n + unit - 1) / unit * unit;
	if (b == NULL || b->size - b->used < n)
		b = block_new(a, n);
	if (b == NULL)
		return NULL;
	p = b->space + b->used;
	b->used += n;
	return p;
}

struct str
conf_arena_text(struct conf_arena *a, struct str s)
{
	char *copy = conf_arena_get(a, s.n + 1);

	if (copy == NULL)
		return (struct str){ NULL, 0 };
	if (s.n > 0)
		memcpy(copy, s.p, s.n);
	return (struct str){ copy, s.n };
}

void
conf_arena_clear(struct conf_arena *a)
{
	while (a->blocks != NULL) {
		struct conf_arena_block *b = a->blocks;

		a->blocks = b->next;
		free(b);
	}
}
