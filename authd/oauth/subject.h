/*
 * subject.h: what a client calls a person. Usually the person's own `sub`. A client registered as pairwise has another
 * one, the same for all clients of its organisation and for no other (OpenID Connect Core 8.1, the organisation being
 * the sector): in ID tokens, userinfo and logout tokens. The services of that organisation may name the person so
 * wherever they may name one by `sub`. An access token for our own APIs, a ticket for those who hold the data and the
 * record of a consent, whose hash the person's receipt has, carry the person's own: they are for others to read than
 * who holds them (RFC 9068 6).
 */
#ifndef AUTHD_OAUTH_SUBJECT_H
#define AUTHD_OAUTH_SUBJECT_H

#include "authd/store/store_client.h"

struct request;

#define SUBJECT_LEN 35 /* of a pairwise one: "pw_" and 24 bytes of an HMAC */

/* Appends the name; of a pairwise client it can be resolved from now on. Runs on a worker. */
MUST_USE enum status subject_for(struct request *rq, const struct store_client *c, struct str sub, struct buf *out);
/*
 * Appends the `sub` behind what a caller of `organisation` said: a pairwise name of that organisation, or any other
 * text as it is. One of another organisation stays as it is, too, and is then nobody's. Fiber or worker.
 */
MUST_USE enum status subject_resolve(struct request *rq, struct str organisation, struct str said, struct buf *out);

#endif
