/*
 * par.h: pushed authorization requests (RFC 9126). A request_uri is 256 random bits, kept as a hash, bound to the
 * client that pushed it, good for PAR_LIFE_S and for one completed authorization; until then it may be loaded any
 * number of times (FAPI 2.0 SP 5.3.2.2).
 */
#ifndef AUTHD_OAUTH_PAR_H
#define AUTHD_OAUTH_PAR_H

#include "authd/http/form.h"
#include "authd/store/store_pushed.h"

struct request;
struct store_client;

#define PAR_PREFIX      "urn:ietf:params:oauth:request_uri:"
#define PAR_LIFE_S      300
#define PAR_PARAMS_MOST ((size_t)16384)
/* How many of a client without credentials wait at a time: anybody can push in its name. */
#define PAR_WAITING_MOST 1000

/* The text of a request_uri is one of ours in form; hash becomes what the database knows of it. */
bool par_hash(struct str request_uri, uint8_t hash[32]);

/*
 * Keeps what a client pushed (in, checked before; credentials are left out) and appends the request_uri. dpop_jkt may
 * be empty. E_LIMITED, said: too many of a public client's wait already.
 */
MUST_USE enum status par_push(struct request *rq, const struct store_client *client, const struct form *in,
			      struct str dpop_jkt, struct buf *request_uri);

/*
 * A request of this client that is still good, and its parameters parsed into *params (form_clear() by the caller).
 * E_NOT_FOUND: unknown, another client's, used, or expired.
 */
MUST_USE enum status par_find(struct request *rq, struct str request_uri, struct str client_id,
			      struct store_pushed *out, struct form *params);

#endif
