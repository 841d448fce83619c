/* store_dpop.h: DPoP proofs at the token and PAR endpoints (RFC 9449 11.1), each good once, on all nodes. */
#ifndef AUTHD_STORE_STORE_DPOP_H
#define AUTHD_STORE_STORE_DPOP_H

#include "authd/store/store.h"

/* Notes the jti of a key's proof until it expires. E_USED when it was used before: of several at once exactly one gets
 * OK. */
MUST_USE enum status store_dpop_use(struct store *db, struct str jkt, struct str jti, int64_t expires_us);

#endif
