/*
 * dpop_nonce.h: nonces that we give out for DPoP proofs (RFC 9449 8): the MAC, under authd-keyd's pepper, of a window
 * of time. Nothing is stored; every node with the same keys knows the same ones; nobody can make tomorrow's proof
 * today.
 */
#ifndef AUTHD_OAUTH_DPOP_NONCE_H
#define AUTHD_OAUTH_DPOP_NONCE_H

#include <stdint.h>

#include "auditlog/base/buf.h"

#define DPOP_NONCE_LEN       22
#define DPOP_NONCE_WINDOW_US INT64_C(60000000) /* good in its own window and in the next: 60 to 120 s */

struct keys;
struct dpop_nonces; /* the few that are good now, so that authd-keyd is asked once a window */

MUST_USE enum status dpop_nonces_new(struct dpop_nonces **out);
void dpop_nonces_free(struct dpop_nonces *n);
/* The nonce of now. Yields or blocks as keys.h says; its statuses. */
MUST_USE enum status
dpop_nonce_now(struct dpop_nonces *n, struct keys *keys, int64_t now_us, char out[DPOP_NONCE_LEN + 1]);
/* OK for the nonces of this window, of the one before, and (clocks of other nodes) of the next; E_EXPIRED for others.
 */
MUST_USE enum status dpop_nonce_check(struct dpop_nonces *n, struct keys *keys, int64_t now_us, struct str nonce);

#endif
