/*
 * exchange.h: token exchange (RFC 8693): a client acts for a person whose access token it was given, or an operator
 * does through it. Delegation only: the new token always says in `act` who acts, nested when somebody acted before, and
 * so does its entry. It never says more than the token it was exchanged for: its scope lies within it, its life ends
 * with it, revoking that one or its grant reaches this one. A token that names in `may_act` who may act with it
 * (may_act.h) is exchanged for nobody else.
 */
#ifndef AUTHD_OAUTH_EXCHANGE_H
#define AUTHD_OAUTH_EXCHANGE_H

#include "authd/oauth/cnf.h"
#include "authd/store/store_client.h"

struct request;

#define EXCHANGE_GRANT        "urn:ietf:params:oauth:grant-type:token-exchange"
#define EXCHANGE_ACCESS_TOKEN "urn:ietf:params:oauth:token-type:access_token"
#define EXCHANGE_ACTORS_MOST  4 /* in one chain */

/* grant_type=EXCHANGE_GRANT. shown: dpop_binding(): of the new token, and of a bound subject_token or actor_token. */
MUST_USE enum status exchange_grant(struct request *rq, const struct store_client *client, const struct cnf *shown);

#endif
