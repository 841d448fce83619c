/* client_keys.h: the public keys of clients, decoded once and kept: reading a key costs many times what checking with
 * it does. */
#ifndef AUTHD_OAUTH_CLIENT_KEYS_H
#define AUTHD_OAUTH_CLIENT_KEYS_H

#include "authd/jose/jwk_set.h"

struct client_keys; /* one decoded set, counted */

/* The set of this JSON text (a JWK Set), from memory when it was decoded before. jwk_set_import() statuses. Any thread.
 */
MUST_USE enum status client_keys_get(struct str jwks, struct client_keys **out);
/* One more reference. */
struct client_keys *client_keys_hold(struct client_keys *k);
const struct jwk_set *client_keys_set(const struct client_keys *k);
void client_keys_drop(struct client_keys *k);
/* For CLEANUP. */
void client_keys_dropp(struct client_keys **k);

#endif
