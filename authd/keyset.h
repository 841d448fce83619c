/*
 * keyset.h: our own public keys as authd-keyd last told them: the JSON that /jwks serves, and the same keys ready to
 * verify with. A keyset never changes; a slot holds the newest, and whoever works with one holds a reference.
 */
#ifndef AUTHD_KEYSET_H
#define AUTHD_KEYSET_H

#include "authd/jose/jwk_set.h"

struct keys;
struct keyset;
struct keyset_slot;
struct token_cache;

MUST_USE enum status keyset_slot_new(struct keyset_slot **out);
void keyset_slot_free(struct keyset_slot *slot);
/*
 * Asks authd-keyd (keys.h statuses). When the answer differs from what we have it becomes the newest and tokens (may be
 * NULL) forgets what it verified. Any thread.
 */
MUST_USE enum status keyset_refresh(struct keyset_slot *slot, struct keys *keys, struct token_cache *tokens);

/* A new reference, NULL while authd-keyd has never answered. Any thread. */
struct keyset *keyset_get(struct keyset_slot *slot);
void keyset_unref(struct keyset *k);
/* For CLEANUP on a struct keyset *. */
void keyset_unrefp(struct keyset **k);

struct str keyset_json(const struct keyset *k);
const struct jwk_set *keyset_keys(const struct keyset *k);

#endif
