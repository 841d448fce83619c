/* cookie.h: cookies in and out. Only `__Host-` cookies exist: Secure, Path=/, no Domain, HttpOnly. */
#ifndef AUTHD_HTTP_COOKIE_H
#define AUTHD_HTTP_COOKIE_H

#include "authd/http/response.h"

#define COOKIE_HEADER_MOST ((size_t)8 << 10)
#define COOKIE_VALUE_MOST  3800
#define COOKIE_LANG        "__Host-lang"

enum cookie_same_site { COOKIE_LAX, COOKIE_STRICT };

/*
 * The value of the cookie of that name, borrowed from the request. E_NOT_FOUND: there is none. E_INVALID: it comes
 * twice (somebody tossed one in), there is more than one Cookie header, or the header is over 8 KiB or malformed.
 */
MUST_USE enum status cookie_find(const struct http_request *req, const char *name, struct str *out);

/*
 * Adds a Set-Cookie. name starts with "__Host-"; value is 1..3800 bytes of [A-Za-z0-9_.~-]; anything else marks the
 * response as failed. max_age_s < 0: until the browser closes.
 */
void cookie_set(struct http_response *rsp, const char *name, struct str value, int64_t max_age_s,
		enum cookie_same_site same_site);
/* Tells the browser to forget it. */
void cookie_expire(struct http_response *rsp, const char *name);

#endif
