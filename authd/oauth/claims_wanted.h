/* claims_wanted.h: the `claims` parameter (OpenID Connect Core 5.5), of which we take what we have. Pure. */
#ifndef AUTHD_OAUTH_CLAIMS_WANTED_H
#define AUTHD_OAUTH_CLAIMS_WANTED_H

#include "authd/oauth/authorize.h"

#define CLAIMS_WANTED_MOST 32 /* claims in each of the two places */

/*
 * Reads text into a->claims_json, a->essential_acr, a->wanted_sub and a->wants_name. Claims that are not known are
 * passed over. E_INVALID: not that, more than CLAIMS_WANTED_MOST, or more than ARRAY_LEN(a->essential_acr) levels.
 */
MUST_USE enum status claims_wanted_read(struct str text, struct authorize *a);

#endif
