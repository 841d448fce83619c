#include "authd/audit/tag_memory.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "auditlog/core/entry.h"

#define SLOTS ((size_t)1 << 16)

struct tag_memory {
	pthread_mutex_t lock;
	char slot[SLOTS][ENTRY_TAG_LEN];
};

enum status
tag_memory_new(struct tag_memory **out)
{
	struct tag_memory *m = calloc(1, sizeof(*m));

	if (m == NULL)
		return E_NOMEM;
	pthread_mutex_init(&m->lock, NULL);
	*out = m;
	return OK;
}

void
tag_memory_free(struct tag_memory *m)
{
	if (m == NULL)
		return;
	pthread_mutex_destroy(&m->lock);
	free(m);
}

/* Tags are outputs of HMAC, so any of their bits are as good as a hash of them. FNV-1a spreads the base64 alphabet. */
static size_t
slot_of(struct str tag)
{
	uint64_t h = UINT64_C(14695981039346656037);

	for (size_t i = 0; i < tag.n; i++)
		h = (h ^ (unsigned char)tag.p[i]) * UINT64_C(1099511628211);
	return (size_t)(h % SLOTS);
}

bool
tag_memory_has(struct tag_memory *m, struct str tag)
{
	bool has;

	if (tag.n != ENTRY_TAG_LEN)
		return false;
	pthread_mutex_lock(&m->lock);
	has = memcmp(m->slot[slot_of(tag)], tag.p, ENTRY_TAG_LEN) == 0;
	pthread_mutex_unlock(&m->lock);
	return has;
}

void
tag_memory_add(struct tag_memory *m, struct str tag)
{
	if (tag.n != ENTRY_TAG_LEN)
		return;
	pthread_mutex_lock(&m->lock);
	memcpy(m->slot[slot_of(tag)], tag.p, ENTRY_TAG_LEN);
	pthread_mutex_unlock(&m->lock);
}

void
tag_memory_forget(struct tag_memory *m)
{
	pthread_mutex_lock(&m->lock);
	memset(m->slot, 0, sizeof(m->slot));
	pthread_mutex_unlock(&m->lock);
}
