/*
 * may_act.h: who may act for the people of a client (RFC 8693 4.4). A client's registration may name other clients (or
 * itself); each token of a person for it then says so in `may_act`, and is exchanged for nobody else. Tokens that come
 * of an exchange keep the claim of the token that they came from. Without it every client that is registered for the
 * grant, and is concerned with the token, may act.
 *
 * The claim is one party, {"sub":"svc:ID"}, as the RFC has it; for several it is a list of those.
 */
#ifndef AUTHD_OAUTH_MAY_ACT_H
#define AUTHD_OAUTH_MAY_ACT_H

#include <jansson.h>
#include <stdbool.h>

#include "auditlog/base/str.h"

#define MAY_ACT_MOST 8 /* clients */

/* The ids, space separated, are such as clients have, none twice, at most MAY_ACT_MOST. */
bool may_act_is_list(struct str clients);
/* The claim for one or more ids; a new reference, NULL when memory is short. */
json_t *may_act_claim(struct str clients);
/* The claims have no `may_act`, or this client is in it. A claim that nobody here would write allows nobody. */
bool may_act_allows(const json_t *claims, struct str client_id);

#endif
