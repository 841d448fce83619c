/*
 * call.h: one request to authd over the admin socket. Who is asking is what the kernel says of the peer; there is no
 * other credential. What authd refuses is said on stderr in its own words.
 */
#ifndef AUTHD_CTL_CALL_H
#define AUTHD_CTL_CALL_H

#include "authd/ctl/ctl.h"

#define CALL_ANSWER_MOST ((size_t)16 << 20)
#define CALL_TIMEOUT_S   30

/*
 * CLI_GO with the parsed answer of a 2xx in *out (the caller's). Otherwise the exit status, with the reason said:
 * CLI_DOES_NOT when authd refuses (4xx), CLI_CANNOT when it is not there or cannot (5xx).
 */
MUST_USE int call_get(const struct ctl *c, const char *path, json_t **out);
/*
 * The same with a JSON body (borrowed), "{}" for NULL. It may hold secrets: its text is wiped. A larger one than
 * SECRET_MAX holds none (a bundle of rules).
 */
MUST_USE int call_post(const struct ctl *c, const char *path, const json_t *body, json_t **out);

/* Appends "/admin/v1/" and the parts up to NULL: the even ones as they are, the odd ones (ids) escaped; ends in NUL. */
MUST_USE int call_path(const struct ctl *c, struct buf *out, const char *const *parts);

#endif
