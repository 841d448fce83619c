#include "authd/policy/arena.h"

#include <stdlib.h>
#include <string.h>

struct arena_block {
	struct arena_block *next;
	_Alignas(max_align_t) unsigned char bytes[];
};

enum status
arena_array(struct arena *a, size_t count, size_t size, void **out)
{
	struct arena_block *block = NULL;
	size_t bytes = 0;

	if (count == 0) {
		*out = NULL;
		return OK;
	}
	if (__builtin_mul_overflow(count, size, &bytes) || __builtin_add_overflow(bytes, sizeof(*block), &bytes))
		return E_NOMEM;
	block = calloc(1, bytes);
	if (block == NULL)
		return E_NOMEM;
	block->next = a->blocks;
	a->blocks = block;
	*out = block->bytes;
	return OK;
}

enum status
arena_text(struct arena *a, struct str text, const char **out)
{
	void *copy = NULL;

	TRY(arena_array(a, text.n + 1, 1, &copy));
	if (text.n > 0)
		memcpy(copy, text.p, text.n);
	*out = copy;
	return OK;
}

void
arena_clear(struct arena *a)
{
	while (a->blocks != NULL) {
		struct arena_block *next = a->blocks->next;

		free(a->blocks);
		a->blocks = next;
	}
}
