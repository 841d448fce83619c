/*
 * cors.h: which web pages of others may read our answers (Fetch standard, "CORS protocol").
 *
 * Shared are the paths that have a row for OPTIONS in the table of routes: token, PAR, revocation and userinfo, where
 * an application that runs in a browser is a client. Discovery and keys are for everybody. Nothing else is shared, the
 * authorization endpoint and the pages never (RFC 9700 4.18, FAPI 2.0 5.2.2). Cookies are never let in: there is no
 * Access-Control-Allow-Credentials, so an answer is worth what the request itself carried.
 *
 * An origin is known when it is the beginning of a redirect URI of an enabled client. Only https origins are shared.
 */
#ifndef AUTHD_OAUTH_CORS_H
#define AUTHD_OAUTH_CORS_H

#include "authd/http/http_request.h"
#include "authd/store/store_client.h"

struct request;

#define CORS_ORIGIN_MOST 300

/* The request's Origin, when it is one https origin. E_NOT_FOUND: none. E_INVALID: two, "null", or another scheme. */
MUST_USE enum status cors_origin(const struct http_request *req, struct str *out);
/* One of the client's redirect URIs lies on that origin, byte by byte. */
bool cors_is_of(const struct store_client *c, struct str origin);

/*
 * Lets the page that asked read the answer which stands in rq->rsp, refusals too: when the caller was found out, only a
 * page of that client; otherwise a page of any client. Does nothing on paths that are not shared.
 */
void cors_answer(struct request *rq);

#endif
