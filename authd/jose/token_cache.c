#include "authd/jose/token_cache.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "auditlog/base/clock.h"
#include "auditlog/core/hash.h"
#include "authd/jose/jws_rule.h"

#define WAYS  4
#define LOCKS 64

struct slot {
	struct hash token;
	uint64_t epoch;
	int64_t exp_us;
	json_t *claims; /* NULL: free */
};

/*
 * Sets of four slots by the token's hash; a full set gives up the slot that expires first. Only verified tokens get in,
 * so nobody can flush the table without having valid tokens to do it with.
 */
struct token_cache {
	pthread_mutex_t locks[LOCKS];
	size_t sets;
	uint64_t epoch; /* __atomic */
	struct slot slots[];
};

enum status
token_cache_new(size_t most, struct token_cache **out)
{
	size_t sets = (most == 0 ? TOKEN_CACHE_MOST : most) / WAYS;

	if (most > TOKEN_CACHE_MOST)
		return E_INVALID;
	if (sets == 0)
		sets = 1;
	/* calloc: pages that were never used cost nothing. */
	struct token_cache *c = calloc(1, sizeof(*c) + sets * WAYS * sizeof(struct slot));
	if (c == NULL)
		return E_NOMEM;
	c->sets = sets;
	c->epoch = 1;
	for (size_t i = 0; i < LOCKS; i++)
		pthread_mutex_init(&c->locks[i], NULL);
	*out = c;
	return OK;
}

void
token_cache_free(struct token_cache *c)
{
	if (c == NULL)
		return;
	for (size_t i = 0; i < c->sets * WAYS; i++)
		json_decref(c->slots[i].claims);
	for (size_t i = 0; i < LOCKS; i++)
		pthread_mutex_destroy(&c->locks[i]);
	free(c);
}

void
token_cache_next_epoch(struct token_cache *c)
{
	__atomic_add_fetch(&c->epoch, 1, __ATOMIC_SEQ_CST);
}

static size_t
set_of(const struct token_cache *c, const struct hash *token)
{
	uint64_t v;

	memcpy(&v, token->b, sizeof(v));
	return (size_t)(v % c->sets);
}

static bool
is_live(const struct slot *s, uint64_t epoch, int64_t now)
{
	return s->claims != NULL && s->epoch == epoch && s->exp_us > now;
}

/*
 * A copy of its own for the caller, or NULL. jansson counts references with atomic operations but reads the count
 * without one, so an object that threads share is a race, if a harmless one on most machines; a copy costs a
 * microsecond.
 */
static json_t *
look_up(struct token_cache *c, const struct hash *token, int64_t now)
{
	uint64_t epoch = __atomic_load_n(&c->epoch, __ATOMIC_SEQ_CST);
	size_t set = set_of(c, token);
	pthread_mutex_t *lock = &c->locks[set % LOCKS];
	json_t *found = NULL;

	pthread_mutex_lock(lock);
	for (size_t i = 0; i < WAYS && found == NULL; i++) {
		struct slot *s = &c->slots[set * WAYS + i];

		if (is_live(s, epoch, now) && hash_eq(&s->token, token))
			found = json_deep_copy(s->claims);
	}
	pthread_mutex_unlock(lock);
	return found;
}

/* The slot to give up: a dead one, else the one that expires first. */
static struct slot *
victim(struct slot *set, uint64_t epoch, int64_t now)
{
	struct slot *first = &set[0];

	for (size_t i = 0; i < WAYS; i++) {
		if (!is_live(&set[i], epoch, now))
			return &set[i];
		if (set[i].exp_us < first->exp_us)
			first = &set[i];
	}
	return first;
}

/*
 * Takes over fresh->claims. Its epoch is the one from before the verification: a change of keys meanwhile makes the
 * entry dead at birth.
 */
static void
remember(struct token_cache *c, const struct slot *fresh, int64_t now)
{
	size_t set = set_of(c, &fresh->token);
	pthread_mutex_t *lock = &c->locks[set % LOCKS];

	pthread_mutex_lock(lock);
	struct slot *s = victim(&c->slots[set * WAYS], fresh->epoch, now);
	json_t *old = s->claims;
	*s = *fresh;
	pthread_mutex_unlock(lock);
	json_decref(old);
}

/* Two copies of the claims: for the slot and for the caller. */
static enum status
verify_new(struct token_cache *c, struct str token, const struct jwk_set *keys, const struct jws_expect *expect,
	   struct slot *fresh, json_t **claims)
{
	CLEANUP(jws_freep) struct jws *j = NULL;
	CLEANUP(jws_json_freep) json_t *mine = NULL;

	fresh->epoch = __atomic_load_n(&c->epoch, __ATOMIC_SEQ_CST);
	TRY(jws_accept(JWS_INTROSPECTED, token, keys, expect, &j));
	TRY(jws_time_us(j, "exp", &fresh->exp_us));
	mine = json_deep_copy(jws_claims(j));
	fresh->claims = json_deep_copy(jws_claims(j));
	if (mine == NULL || fresh->claims == NULL) {
		json_decref(fresh->claims);
		return E_NOMEM;
	}
	*claims = STEAL(&mine);
	return OK;
}

enum status
token_cache_introspect(struct token_cache *c, struct str token, const struct jwk_set *keys,
		       const struct jws_expect *expect, json_t **claims)
{
	struct slot fresh = { 0 };

	if (token.n > JWS_MAX)
		return E_TOO_LARGE;
	fresh.token = hash_sha256(token);
	json_t *known = look_up(c, &fresh.token, expect->now_us);
	if (known != NULL) {
		*claims = known;
		return OK;
	}
	TRY(verify_new(c, token, keys, expect, &fresh, claims));
	remember(c, &fresh, expect->now_us);
	return OK;
}

enum status
token_cache_accept(struct token_cache *c, struct str token, const struct jwk_set *keys, const struct jws_expect *expect,
		   json_t **claims)
{
	CLEANUP(jws_json_freep) json_t *known = NULL;

	TRY(token_cache_introspect(c, token, keys, expect, &known));
	if (expect->aud.n == 0 || !jws_rule_has_audience(known, expect->aud))
		return E_UNAUTHENTICATED;
	*claims = STEAL(&known);
	return OK;
}
