#include "authd/oauth/dpop_memory.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "auditlog/base/random.h"

#define BUCKETS ((size_t)1 << 16)
#define NONE    UINT32_MAX
#define ID_LEN  16

/* 128 bits of a salted hash of key and jti: nobody can aim at a bucket or at somebody else's record. */
struct record {
	uint8_t id[ID_LEN];
	int64_t forget_us;
	uint32_t chain; /* next in the bucket */
};

/* A hash table over a ring of records: all live equally long, so the oldest is always the next to go. */
struct dpop_memory {
	pthread_mutex_t lock;
	uint8_t salt[16];
	uint32_t buckets[BUCKETS];
	uint32_t oldest, count, most;
	struct record *records;
};

enum status
dpop_memory_new(size_t most, struct dpop_memory **out)
{
	struct dpop_memory *m;

	if (most == 0 || most > DPOP_MEMORY_MOST)
		return E_INVALID;
	m = calloc(1, sizeof(*m));
	if (m == NULL)
		return E_NOMEM;
	m->records = calloc(most, sizeof(*m->records));
	if (m->records == NULL) {
		free(m);
		return E_NOMEM;
	}
	random_bytes(m->salt, sizeof(m->salt));
	pthread_mutex_init(&m->lock, NULL);
	memset(m->buckets, 0xff, sizeof(m->buckets));
	m->most = (uint32_t)most;
	*out = m;
	return OK;
}

void
dpop_memory_free(struct dpop_memory *m)
{
	if (m == NULL)
		return;
	pthread_mutex_destroy(&m->lock);
	free(m->records);
	free(m);
}

static uint32_t *
bucket_of(struct dpop_memory *m, const uint8_t id[ID_LEN])
{
	return &m->buckets[(size_t)id[0] << 8 | id[1]];
}

static bool
is_known(struct dpop_memory *m, const uint8_t id[ID_LEN])
{
	for (uint32_t i = *bucket_of(m, id); i != NONE; i = m->records[i].chain)
		if (memcmp(m->records[i].id, id, ID_LEN) == 0)
			return true;
	return false;
}

static void
forget_oldest(struct dpop_memory *m)
{
	uint32_t *at = bucket_of(m, m->records[m->oldest].id);

	while (*at != m->oldest)
		at = &m->records[*at].chain;
	*at = m->records[m->oldest].chain;
	m->oldest = (m->oldest + 1) % m->most;
	m->count--;
}

static enum status
note(struct dpop_memory *m, const uint8_t id[ID_LEN], int64_t now)
{
	uint32_t index;
	uint32_t *bucket = bucket_of(m, id);

	while (m->count > 0 && m->records[m->oldest].forget_us <= now)
		forget_oldest(m);
	if (is_known(m, id))
		return E_USED;
	if (m->count == m->most)
		return E_BUSY;
	index = (m->oldest + m->count++) % m->most;
	memcpy(m->records[index].id, id, ID_LEN);
	m->records[index].forget_us = now + DPOP_MEMORY_KEEP_US;
	m->records[index].chain = *bucket;
	*bucket = index;
	return OK;
}

enum status
dpop_memory_use(struct dpop_memory *m, const struct dpop_proof *p, int64_t mono_us)
{
	CLEANUP(buf_clear) struct buf text = BUF(512);
	struct hash id;
	enum status st;

	buf_put(&text, str_from(m->salt, sizeof(m->salt)));
	buf_put(&text, str_from(p->cnf.value, CNF_VALUE_LEN));
	buf_put_cstr(&text, p->jti);
	TRY(buf_status(&text));
	id = hash_sha256(buf_str(&text));
	pthread_mutex_lock(&m->lock);
	st = note(m, id.b, mono_us);
	pthread_mutex_unlock(&m->lock);
	return st;
}
