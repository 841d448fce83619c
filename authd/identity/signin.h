/*
 * signin.h: signing in with two factors, as one state machine behind the pages of ep_login.c.
 *
 *	password right ──▶ a sign-in under way (cookie, 10 minutes, 5 codes) ──▶ code right ──▶ session
 *
 * Unknown person, wrong password, waiting account and disabled account are one answer and one amount of work. Wrong
 * codes are only ever counted after a right password, so that an outsider can lock nobody's device.
 */
#ifndef AUTHD_IDENTITY_SIGNIN_H
#define AUTHD_IDENTITY_SIGNIN_H

#include "auditlog/base/str.h"

struct request;

#define SIGNIN_COOKIE       "__Host-login"
#define SIGNIN_PAGE_COOKIE  "__Host-form" /* the CSRF token of the first page, before anybody is known */
#define SIGNIN_LIFE_S       600
#define SIGNIN_CODES        5
#define SIGNIN_DEVICE_CODES 10 /* wrong codes in a row before a device is locked */
#define SIGNIN_RETURN_MOST  ((size_t)8192)

/*
 * The first factor. OK: the cookie of a sign-in under way is in the response. E_UNAUTHENTICATED: not this way, for
 * whatever reason. E_LIMITED: too many wrong tries from this address (Retry-After noted). E_BUSY, E_UNAVAILABLE,
 * E_TIMEOUT.
 */
MUST_USE enum status signin_password(struct request *rq, struct str login, struct str password, struct str return_to);
/* OK while the request carries a live sign-in under way; E_NOT_FOUND: begin anew. csrf (at most 64 bytes with NUL) is
 * its form token, *return_to (owned, free()) where it will lead. */
MUST_USE enum status signin_pending(struct request *rq, char csrf[64], char **return_to);
/*
 * The second factor. OK: the session has begun, *return_to (owned, free()) is where to go. E_UNAUTHENTICATED: a wrong,
 * old or used code. E_NOT_FOUND: begin anew (none under way, or too many codes).
 */
MUST_USE enum status signin_code(struct request *rq, struct str csrf, struct str code, char **return_to);

/* A place on our own site that may be gone to after signing in: a path, not "//host", no backslash, no control bytes.
 */
bool signin_is_own_path(struct str path);

#endif
