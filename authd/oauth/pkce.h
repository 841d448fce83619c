/* pkce.h: RFC 7636, method S256 only. Pure. */
#ifndef AUTHD_OAUTH_PKCE_H
#define AUTHD_OAUTH_PKCE_H

#include <stdbool.h>

#include "auditlog/base/str.h"

/* 43 characters of base64url: what SHA-256 gives. */
bool pkce_is_challenge(struct str s);
/* 43 to 128 unreserved characters (section 4.1). */
bool pkce_is_verifier(struct str s);
/* OK when challenge is BASE64URL(SHA-256(verifier)); E_DENIED otherwise, also for a malformed verifier. */
MUST_USE enum status pkce_check(struct str verifier, struct str challenge);

#endif
