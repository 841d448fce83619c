/* store_assertion.h: client assertions (RFC 7523), each good once. */
#ifndef AUTHD_STORE_STORE_ASSERTION_H
#define AUTHD_STORE_STORE_ASSERTION_H

#include "authd/store/store.h"

/* Notes a jti until it expires. E_USED when this client used it before: of several at once exactly one gets OK. */
MUST_USE enum status store_assertion_use(struct store *db, struct str client_id, struct str jti, int64_t expires_us);

#endif
