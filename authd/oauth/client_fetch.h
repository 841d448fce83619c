/*
 * client_fetch.h: the public keys of a client that keeps them at its jwks_uri. They are leased, not owned: asked for
 * again after what Cache-Control says (at least CLIENT_FETCH_LEAST_US), and no longer believed CLIENT_FETCH_MOST_US
 * after the last good answer, so that a key taken out there ends here. Whom we call and how: notify/outbound.h.
 */
#ifndef AUTHD_OAUTH_CLIENT_FETCH_H
#define AUTHD_OAUTH_CLIENT_FETCH_H

#include "authd/oauth/client_keys.h"

struct outbound;

#define CLIENT_FETCH_LEAST_US   (INT64_C(60) * 1000000)
#define CLIENT_FETCH_MOST_US    (INT64_C(3600) * 1000000)
#define CLIENT_FETCH_RETRY_US   (INT64_C(10) * 1000000) /* between two tries, whatever came of the first */
#define CLIENT_FETCH_TIMEOUT_US (INT64_C(3) * 1000000)

/*
 * The keys at uri: from memory, or fetched (blocks: for workers). A kid that memory does not have is a reason to look
 * again, once in CLIENT_FETCH_RETRY_US. E_UNAVAILABLE: there are none, and none could be had. now_us is
 * clock_mono_us().
 */
MUST_USE enum status
client_fetch(struct outbound *o, struct str uri, struct str kid, int64_t now_us, struct client_keys **out);

#endif
