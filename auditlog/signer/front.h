/*
 * front.h: the side of a witness that faces the network (tlog-witness over HTTP). A process of its own: it holds no key
 * and no memory, opens no file, and hands what it reads to the core over a socketpair.
 *
 *   POST <prefix>/add-checkpoint                   200 cosignature lines; 400 403 404 409 422 as tlog-witness says
 *   GET  <prefix>/<hex SHA-256(origin)>/checkpoint 200 the last cosigned checkpoint; 404
 *
 * Besides: 405, 413 past SIGNING_REQUEST_MAX, 503 when the core does not answer. A connection carries one request and
 * lives FRONT_LIFE_S at most, however busy it looks; there are never more than FRONT_FDS descriptors. TLS belongs to
 * the reverse proxy before it.
 */
#ifndef AUDITLOG_SIGNER_FRONT_H
#define AUDITLOG_SIGNER_FRONT_H

#include <sys/types.h>

#include "auditlog/base/conf.h"
#include "auditlog/base/sandbox.h"

#define FRONT_LIFE_S 10
#define FRONT_FDS    256

struct front_options {
	const struct conf_strings *listen; /* "127.0.0.1:8190", "[::1]:8190", "unix:/run/witness.sock" */
	const char *prefix;                /* "" or "/w1" */
	const char *user;
	enum sandbox_mode sandbox;
	pid_t parent; /* the core's */
	int core;     /* its end of the socketpair */
};

/* E_INVALID: no such form, or a port that is no port. */
MUST_USE enum status front_check_address(struct str address);
/* "" or a path of one or more parts without a slash at its end. */
MUST_USE enum status front_check_prefix(struct str prefix);
/* Serves until the core is gone. The process's exit status. */
int front_run(const struct front_options *opt);

#endif
