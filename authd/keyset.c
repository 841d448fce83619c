#include "authd/keyset.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>

#include "auditlog/base/log.h"
#include "authd/jose/token_cache.h"
#include "authd/keys/keys.h"

struct keyset {
	atomic_uint references;
	struct buf json;
	struct jwk_set *keys;
};

struct keyset_slot {
	pthread_mutex_t lock;
	struct keyset *newest;
};

enum status
keyset_slot_new(struct keyset_slot **out)
{
	struct keyset_slot *slot = calloc(1, sizeof(*slot));

	if (slot == NULL)
		return E_NOMEM;
	pthread_mutex_init(&slot->lock, NULL);
	*out = slot;
	return OK;
}

void
keyset_slot_free(struct keyset_slot *slot)
{
	if (slot == NULL)
		return;
	keyset_unref(slot->newest);
	pthread_mutex_destroy(&slot->lock);
	free(slot);
}

struct keyset *
keyset_get(struct keyset_slot *slot)
{
	struct keyset *k;

	pthread_mutex_lock(&slot->lock);
	k = slot->newest;
	if (k != NULL)
		atomic_fetch_add(&k->references, 1);
	pthread_mutex_unlock(&slot->lock);
	return k;
}

void
keyset_unref(struct keyset *k)
{
	if (k == NULL || atomic_fetch_sub(&k->references, 1) != 1)
		return;
	jwk_set_free(k->keys);
	buf_clear(&k->json);
	free(k);
}

void
keyset_unrefp(struct keyset **k)
{
	keyset_unref(*k);
	*k = NULL;
}

struct str
keyset_json(const struct keyset *k)
{
	return buf_str(&k->json);
}

const struct jwk_set *
keyset_keys(const struct keyset *k)
{
	return k->keys;
}

static enum status
fetch(struct keys *keys, struct keyset **out)
{
	CLEANUP(keyset_unrefp) struct keyset *k = calloc(1, sizeof(*k));

	if (k == NULL)
		return E_NOMEM;
	k->references = 1;
	k->json = BUF(64 * 1024);
	TRY(keys_jwks(keys, &k->json));
	TRY(buf_status(&k->json));
	TRY(jwk_set_import(buf_str(&k->json), &k->keys));
	*out = STEAL(&k);
	return OK;
}

/* Puts *fresh into the slot unless it says the same; what is left in *fresh is the caller's to drop. */
static bool
swap(struct keyset_slot *slot, struct keyset **fresh)
{
	struct keyset *old;
	bool differs;

	pthread_mutex_lock(&slot->lock);
	old = slot->newest;
	differs = old == NULL || !str_eq(keyset_json(old), keyset_json(*fresh));
	if (differs) {
		slot->newest = *fresh;
		*fresh = old;
	}
	pthread_mutex_unlock(&slot->lock);
	return differs;
}

enum status
keyset_refresh(struct keyset_slot *slot, struct keys *keys, struct token_cache *tokens)
{
	CLEANUP(keyset_unrefp) struct keyset *fresh = NULL;
	size_t count;

	TRY(fetch(keys, &fresh));
	count = jwk_set_count(fresh->keys);
	if (!swap(slot, &fresh))
		return OK;
	if (tokens != NULL)
		token_cache_next_epoch(tokens);
	log_info("keyset.changed", "keys=%zu", count);
	return OK;
}
