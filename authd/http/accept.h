/*
 * accept.h: which of the forms that there are a client takes (RFC 9110 12.4, 12.5.1).
 *
 * Of the media ranges that match a form the most specific one says its quality; a form with quality 0 is not taken. Of
 * forms with the same quality the first one offered wins. What is no media range, or has a q that is none, does not
 * count; parameters other than q are not looked at. At most ACCEPT_RANGES_MOST ranges are read, of all Accept headers.
 */
#ifndef AUTHD_HTTP_ACCEPT_H
#define AUTHD_HTTP_ACCEPT_H

#include "authd/http/http_request.h"

#define ACCEPT_RANGES_MOST 64

/*
 * *out is the place of the chosen one among the n offered ("application/json"). Without any Accept header the first.
 * E_UNSUPPORTED: the client takes none of them.
 */
MUST_USE enum status accept_choose(const struct http_request *req, const char *const *offered, size_t n, size_t *out);

#endif
