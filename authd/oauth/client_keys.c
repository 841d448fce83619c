#include "authd/oauth/client_keys.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "auditlog/core/hash.h"

/* Named by the hash of their text, so that changed keys are other keys and nothing has to be forgotten in time. */
#define SLOTS 1024

struct client_keys {
	atomic_uint references;
	struct hash text;
	struct jwk_set *set;
};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct client_keys *slots[SLOTS];

const struct jwk_set *
client_keys_set(const struct client_keys *k)
{
	return k->set;
}

struct client_keys *
client_keys_hold(struct client_keys *k)
{
	atomic_fetch_add(&k->references, 1);
	return k;
}

void
client_keys_drop(struct client_keys *k)
{
	if (k == NULL || atomic_fetch_sub(&k->references, 1) != 1)
		return;
	jwk_set_free(k->set);
	free(k);
}

void
client_keys_dropp(struct client_keys **k)
{
	client_keys_drop(*k);
	*k = NULL;
}

static struct client_keys **
slot_of(const struct hash *text)
{
	return &slots[((size_t)text->b[0] << 8 | text->b[1]) % SLOTS];
}

static struct client_keys *
remembered(const struct hash *text)
{
	struct client_keys *k;

	pthread_mutex_lock(&lock);
	k = *slot_of(text);
	if (k != NULL && memcmp(k->text.b, text->b, sizeof(text->b)) == 0)
		atomic_fetch_add(&k->references, 1);
	else
		k = NULL;
	pthread_mutex_unlock(&lock);
	return k;
}

/* Takes one reference of its own; whoever stood there goes. */
static void
remember(struct client_keys *k)
{
	struct client_keys *former;

	atomic_fetch_add(&k->references, 1);
	pthread_mutex_lock(&lock);
	former = *slot_of(&k->text);
	*slot_of(&k->text) = k;
	pthread_mutex_unlock(&lock);
	client_keys_drop(former);
}

enum status
client_keys_get(struct str jwks, struct client_keys **out)
{
	CLEANUP(client_keys_dropp) struct client_keys *k = NULL;
	struct hash text = hash_sha256(jwks);

	*out = remembered(&text);
	if (*out != NULL)
		return OK;
	k = calloc(1, sizeof(*k));
	if (k == NULL)
		return E_NOMEM;
	k->references = 1;
	k->text = text;
	TRY(jwk_set_import(jwks, &k->set));
	remember(k);
	*out = STEAL(&k);
	return OK;
}
