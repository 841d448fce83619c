/*
 * sign_memory.h: what was signed lately, so that one log entry never gives two different tokens of one kind. Bounded:
 * when SIGN_MEMORY_MOST signatures within SIGN_MEMORY_KEEP_US are remembered, the next is refused; none is forgotten
 * early.
 */
#ifndef AUTHD_KEYS_SIGN_MEMORY_H
#define AUTHD_KEYS_SIGN_MEMORY_H

#include <stdint.h>

#include "auditlog/base/random.h"
#include "auditlog/core/hash.h"

#define SIGN_MEMORY_MOST    ((size_t)1 << 20)
#define SIGN_MEMORY_KEEP_US INT64_C(40000000)

struct sign_memory;

/* most is 1 .. SIGN_MEMORY_MOST. Memory grows with the rate of signatures, up to about 50 MiB. */
MUST_USE enum status sign_memory_new(size_t most, struct sign_memory **out);
void sign_memory_free(struct sign_memory *m);

/*
 * Remembers that `kind` was signed for this entry with this content. OK the first time and for the same content again;
 * E_CONFLICT for another content; E_BUSY when it is full. mono_us never goes back.
 */
MUST_USE enum status sign_memory_put(struct sign_memory *m, uint8_t kind, const struct uuid *entry,
				     const struct hash *content, int64_t mono_us);
/* How many are remembered. */
size_t sign_memory_count(const struct sign_memory *m);

#endif
