/*
 * client.h: OAuth clients: who they are (authenticate_client(), declared in identity/authenticate.h) and what they
 * registered.
 *
 * A client proves itself in the one way that it is registered for: private_key_jwt (RFC 7523, audience exactly the
 * issuer, a jti once), tls_client_auth (RFC 8705, SAN URI of a verified certificate), a shared secret (only clients
 * marked as legacy), or, when it is public, not at all: then PKCE is what binds it.
 */
#ifndef AUTHD_OAUTH_CLIENT_H
#define AUTHD_OAUTH_CLIENT_H

#include "authd/store/store_client.h"

struct request;

/* The row behind rq->who.client_id, once authenticate_client() was OK. */
MUST_USE enum status client_of(struct request *rq, struct store_client *out);
/* An enabled client whose registration is in the log. E_NOT_FOUND. */
MUST_USE enum status client_live(struct request *rq, struct str client_id, struct store_client *out);

/* A word of a space-separated list of the registration (scopes, grants, audiences). */
bool client_has(struct str list, struct str word);
/*
 * The redirect URI is registered, compared byte by byte; for http://127.0.0.1 and http://[::1] the port is free (RFC
 * 8252 7.3) when the client is public.
 */
bool client_may_redirect(const struct store_client *c, struct str uri);
bool client_may_return(const struct store_client *c, struct str uri); /* after sign-out; byte by byte */
bool client_is_public(const struct store_client *c);

/*
 * Every scope asked for is one of the client's, none twice. asked empty: all of the client's but offline_access.
 * E_INVALID; the result (appended) is space separated.
 */
MUST_USE enum status client_scope(const struct store_client *c, struct str asked, struct buf *out);

#endif
