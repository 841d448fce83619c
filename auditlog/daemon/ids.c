#include "auditlog/daemon/ids.h"

#include <pthread.h>
#include <sodium.h>
#include <stdlib.h>

/* A table is never more than half full, so that probes stay short. */
#define SLOTS_LEAST ((size_t)1 << 12)
/* More candidates for one id than this do not happen without a broken hash key. */
#define CANDIDATES_MAX 16

/* mark 0 is an empty slot. Indices are kept relative to the generation's base, which is the first index put into it. */
struct slot {
	uint32_t mark;
	uint32_t offset;
};

struct generation {
	struct slot *slots;
	size_t size; /* power of two, or 0 */
	size_t count;
	uint64_t base;
};

struct ids {
	pthread_mutex_t lock;
	unsigned char key[crypto_shorthash_KEYBYTES];
	struct generation now, before;
};

enum status
ids_new(struct ids **out)
{
	struct ids *s = calloc(1, sizeof(*s));

	if (s == NULL)
		return E_NOMEM;
	(void)pthread_mutex_init(&s->lock, NULL);
	/* Keyed: who chooses ids cannot choose collisions. */
	random_bytes(s->key, sizeof(s->key));
	*out = s;
	return OK;
}

static void
generation_clear(struct generation *g)
{
	free(g->slots);
	*g = (struct generation){ 0 };
}

void
ids_clear(struct ids *s)
{
	(void)pthread_mutex_lock(&s->lock);
	generation_clear(&s->now);
	generation_clear(&s->before);
	(void)pthread_mutex_unlock(&s->lock);
}

void
ids_free(struct ids *s)
{
	if (s == NULL)
		return;
	ids_clear(s);
	(void)pthread_mutex_destroy(&s->lock);
	free(s);
}

static uint64_t
hash_id(const struct ids *s, const struct uuid *id)
{
	uint64_t h = 0;
	unsigned char out[crypto_shorthash_BYTES];

	(void)crypto_shorthash(out, id->b, sizeof(id->b), s->key);
	for (size_t i = 0; i < sizeof(out); i++)
		h = h << 8 | out[i];
	return h;
}

static uint32_t
mark_of(uint64_t h)
{
	uint32_t mark = (uint32_t)h;

	return mark == 0 ? 1 : mark;
}

/*
 * Where a probe starts. The mark alone decides, so that a table can be made larger from its own slots; its 32 bits are
 * spread over tables of at most 2^21 of them.
 */
static size_t
start_of(const struct generation *g, uint32_t mark)
{
	return ((size_t)mark * 0x9e3779b1u) & (g->size - 1);
}

static void
insert(struct generation *g, uint32_t mark, uint32_t offset)
{
	size_t at = start_of(g, mark);

	while (g->slots[at].mark != 0)
		at = (at + 1) & (g->size - 1);
	g->slots[at] = (struct slot){ mark, offset };
	g->count++;
}

static enum status
grow(struct generation *g)
{
	struct generation more = { .size = g->size == 0 ? SLOTS_LEAST : g->size * 2, .base = g->base };

	more.slots = calloc(more.size, sizeof(*more.slots));
	if (more.slots == NULL)
		return E_NOMEM;
	for (size_t i = 0; i < g->size; i++)
		if (g->slots[i].mark != 0)
			insert(&more, g->slots[i].mark, g->slots[i].offset);
	free(g->slots);
	*g = more;
	return OK;
}

/* The newer generation becomes the older one when it is full, or its 32-bit offsets do not reach any more. */
static void
turn(struct ids *s, uint64_t index)
{
	bool fits = s->now.count < IDS_WINDOW && index >= s->now.base && index - s->now.base <= UINT32_MAX;

	if (s->now.count == 0) {
		s->now.base = index;
	} else if (!fits) {
		generation_clear(&s->before);
		s->before = s->now;
		s->now = (struct generation){ .base = index };
	}
}

enum status
ids_put(struct ids *s, const struct uuid *id, uint64_t index)
{
	uint64_t h = hash_id(s, id);
	enum status st = OK;

	(void)pthread_mutex_lock(&s->lock);
	turn(s, index);
	if (s->now.count * 2 >= s->now.size)
		st = grow(&s->now);
	if (st == OK)
		insert(&s->now, mark_of(h), (uint32_t)(index - s->now.base));
	(void)pthread_mutex_unlock(&s->lock);
	return st;
}

static size_t
gather(const struct generation *g, uint32_t mark, uint64_t *out, size_t n)
{
	size_t at;

	if (g->size == 0)
		return n;
	for (at = start_of(g, mark); g->slots[at].mark != 0 && n < CANDIDATES_MAX; at = (at + 1) & (g->size - 1))
		if (g->slots[at].mark == mark)
			out[n++] = g->base + g->slots[at].offset;
	return n;
}

enum status
ids_find(struct ids *s, const struct uuid *id, ids_confirm *confirm, void *ctx, uint64_t *index)
{
	uint32_t mark = mark_of(hash_id(s, id));
	uint64_t found[CANDIDATES_MAX];
	size_t n;

	(void)pthread_mutex_lock(&s->lock);
	n = gather(&s->now, mark, found, 0);
	n = gather(&s->before, mark, found, n);
	(void)pthread_mutex_unlock(&s->lock);
	for (size_t i = 0; i < n; i++) {
		enum status st = confirm(ctx, found[i]);

		if (st == E_NOT_FOUND)
			continue;
		TRY(st);
		*index = found[i];
		return OK;
	}
	return E_NOT_FOUND;
}
