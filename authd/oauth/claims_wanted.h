/* claims_wanted.h: the `claims` parameter (OpenID Connect Core 5.5), of which we take what we have. Pure. */
#ifndef AUTHD_OAUTH_CLAIMS_WANTED_H
#define AUTHD_OAUTH_CLAIMS_WANTED_H

#include "authd/oauth/authorize.h"

#define CLAIMS_WANTED_MOST 32 /* claims in each of the two places */

/*
 * Reads text into a->claims_json, a->claims, a->essential_acr and a->wanted_sub. Claims that are not known are passed
 * over. E_INVALID: not that, more than CLAIMS_WANTED_MOST, or more than ARRAY_LEN(a->essential_acr) levels.
 */
MUST_USE enum status claims_wanted_read(struct str text, struct authorize *a);
/* a->claims of a code, later: whether `name` was asked for in "id_token" or "userinfo". */
bool claims_wanted_has(struct str claims, const char *place, const char *name);

#endif
