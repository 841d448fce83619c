/* htu.h: the address in a DPoP proof (RFC 9449 4.3 step 9), compared as RFC 3986 6.2 says. Pure. */
#ifndef AUTHD_OAUTH_HTU_H
#define AUTHD_OAUTH_HTU_H

#include "auditlog/base/buf.h"

#define HTU_MOST ((size_t)2048)

/*
 * Appends the one spelling of an https or http address: query and fragment cut, scheme and host in lower case, the
 * scheme's own port left out, an empty path "/", escapes of unreserved characters undone, other escapes in capitals.
 * E_INVALID: another scheme, user information, a broken escape, a "." or ".." segment, a byte outside printable ASCII,
 * or over HTU_MOST.
 */
MUST_USE enum status htu_normal(struct str uri, struct buf *out);
/* Both are addresses and the same one. */
bool htu_same(struct str a, struct str b);

#endif
