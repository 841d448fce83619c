#include "authd/keys/sign_memory.h"

#include <stdlib.h>
#include <string.h>

#define BUCKETS ((size_t)1 << 16)
#define NONE    UINT32_MAX
/* 120 bits of the content's hash: enough that nobody finds a second content within its 40 s. */
#define CONTENT_LEN 15

struct record {
	struct uuid entry;
	uint8_t content[CONTENT_LEN];
	uint8_t kind;
	int64_t forget_us;
	uint32_t chain; /* next in the bucket */
	uint32_t later; /* next in order of time, or of the free list */
};

/*
 * A hash table over an array of records, threaded twice: by bucket, and by age. Freed records are taken again first, so
 * the part of the array that was ever touched is as large as the busiest 40 s were.
 */
struct sign_memory {
	uint32_t buckets[BUCKETS];
	uint32_t oldest, newest, unused;
	uint32_t touched, most;
	size_t count;
	struct record *records;
};

enum status
sign_memory_new(size_t most, struct sign_memory **out)
{
	if (most == 0 || most > SIGN_MEMORY_MOST)
		return E_INVALID;
	struct sign_memory *m = calloc(1, sizeof(*m));
	struct record *records = calloc(most, sizeof(*records));
	if (m == NULL || records == NULL) {
		free(m);
		free(records);
		return E_NOMEM;
	}
	memset(m->buckets, 0xff, sizeof(m->buckets));
	m->oldest = m->newest = m->unused = NONE;
	m->most = (uint32_t)most;
	m->records = records;
	*out = m;
	return OK;
}

void
sign_memory_free(struct sign_memory *m)
{
	if (m == NULL)
		return;
	free(m->records);
	free(m);
}

size_t
sign_memory_count(const struct sign_memory *m)
{
	return m->count;
}

/* The end of a UUID of version 7 is random; who chooses it badly only slows down its own lookups within 40 s. */
static uint32_t *
bucket_of(struct sign_memory *m, const struct uuid *entry)
{
	return &m->buckets[(size_t)entry->b[14] << 8 | entry->b[15]];
}

static struct record *
find(struct sign_memory *m, uint8_t kind, const struct uuid *entry)
{
	for (uint32_t i = *bucket_of(m, entry); i != NONE; i = m->records[i].chain) {
		struct record *r = &m->records[i];

		if (r->kind == kind && memcmp(&r->entry, entry, sizeof(*entry)) == 0)
			return r;
	}
	return NULL;
}

static void
unchain(struct sign_memory *m, uint32_t index)
{
	uint32_t *at = bucket_of(m, &m->records[index].entry);

	while (*at != index)
		at = &m->records[*at].chain;
	*at = m->records[index].chain;
}

static void
forget_old(struct sign_memory *m, int64_t now)
{
	while (m->oldest != NONE && m->records[m->oldest].forget_us <= now) {
		uint32_t i = m->oldest;

		unchain(m, i);
		m->oldest = m->records[i].later;
		if (m->oldest == NONE)
			m->newest = NONE;
		m->records[i].later = m->unused;
		m->unused = i;
		m->count--;
	}
}

/* NONE when all are in use. */
static uint32_t
take_unused(struct sign_memory *m)
{
	uint32_t i = m->unused;

	if (i != NONE)
		m->unused = m->records[i].later;
	else if (m->touched < m->most)
		i = m->touched++;
	return i;
}

static void
link_newest(struct sign_memory *m, uint32_t index)
{
	struct record *r = &m->records[index];
	uint32_t *bucket = bucket_of(m, &r->entry);

	r->chain = *bucket;
	*bucket = index;
	r->later = NONE;
	if (m->newest != NONE)
		m->records[m->newest].later = index;
	else
		m->oldest = index;
	m->newest = index;
	m->count++;
}

enum status
sign_memory_put(struct sign_memory *m, uint8_t kind, const struct uuid *entry, const struct hash *content,
		int64_t mono_us)
{
	forget_old(m, mono_us);
	const struct record *known = find(m, kind, entry);
	if (known != NULL)
		return memcmp(known->content, content->b, CONTENT_LEN) == 0 ? OK : E_CONFLICT;

	uint32_t i = take_unused(m);
	if (i == NONE)
		return E_BUSY;
	struct record *r = &m->records[i];
	r->entry = *entry;
	memcpy(r->content, content->b, CONTENT_LEN);
	r->kind = kind;
	r->forget_us = mono_us + SIGN_MEMORY_KEEP_US;
	link_newest(m, i);
	return OK;
}
