/*
 * dpop_memory.h: the DPoP proofs that this node has seen at resources in the time in which one may be accepted, so that
 * none is good twice here. A resource writes nothing to the database for a proof.
 *
 * What that holds: on one node exactly one use. With several nodes, somebody who has both the token and a proof that
 * was used on one node may use that proof once on each other node within its 60 s: for the same token, method and
 * address only (`ath`, `htm`, `htu`). At the token endpoint and at PAR, where a proof gives a new token, the database
 * is asked, and exactly one node says yes.
 */
#ifndef AUTHD_OAUTH_DPOP_MEMORY_H
#define AUTHD_OAUTH_DPOP_MEMORY_H

#include <stddef.h>
#include <stdint.h>

#include "authd/oauth/dpop_proof.h"

#define DPOP_MEMORY_MOST    ((size_t)1 << 21)
#define DPOP_MEMORY_KEEP_US INT64_C(75000000) /* 60 s of age, 10 s of clocks, and a margin */

struct dpop_memory;

/* most proofs at once, 1 .. DPOP_MEMORY_MOST: 32 bytes each, touched as needed. */
MUST_USE enum status dpop_memory_new(size_t most, struct dpop_memory **out);
void dpop_memory_free(struct dpop_memory *m);
/*
 * OK the first time; E_USED when this key's jti is known; E_BUSY when it is full: then nothing is forgotten early and
 * the proof is not accepted. mono_us never goes back. Any thread.
 */
MUST_USE enum status dpop_memory_use(struct dpop_memory *m, const struct dpop_proof *p, int64_t mono_us);

#endif
