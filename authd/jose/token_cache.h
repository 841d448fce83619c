/*
 * token_cache.h: verified access tokens, so that the same bearer is not verified again for each request (75 µs against
 * 2 µs). Keyed by SHA-256 of the token; bounded; any thread. Being in the cache says that the signature and the claims
 * held; it says nothing about revocation, which is by `jti` and `sid` and is the caller's to check each time.
 */
#ifndef AUTHD_JOSE_TOKEN_CACHE_H
#define AUTHD_JOSE_TOKEN_CACHE_H

#include "authd/jose/jws.h"

#define TOKEN_CACHE_MOST ((size_t)65536)

struct token_cache;

/* most entries (0 = TOKEN_CACHE_MOST, which is also the largest). */
MUST_USE enum status token_cache_new(size_t most, struct token_cache **out);
void token_cache_free(struct token_cache *c);

/*
 * Accepts an access token for expect->aud: from the cache, or by jws_accept() and then into the cache. On OK *claims is
 * the caller's own (json_decref, or CLEANUP(jws_json_freep)). Expiry is checked on every call.
 * expect->iss must be the same for one cache. Statuses as jws_accept().
 */
MUST_USE enum status token_cache_accept(struct token_cache *c, struct str token, const struct jwk_set *keys,
					const struct jws_expect *expect, json_t **claims);

/* The same for an access token of any audience, for introspection: the caller checks whose business it is. */
MUST_USE enum status token_cache_introspect(struct token_cache *c, struct str token, const struct jwk_set *keys,
					    const struct jws_expect *expect, json_t **claims);

/* Forgets everything verified so far: after a change of keys. Cheap; older entries are overwritten in time. */
void token_cache_next_epoch(struct token_cache *c);

#endif
