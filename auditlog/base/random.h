/* random.h: random bytes from the kernel. If the kernel gives none the process aborts: never a weak key. */
#ifndef AUDITLOG_BASE_RANDOM_H
#define AUDITLOG_BASE_RANDOM_H

#include <stdint.h>

#include "auditlog/base/buf.h"

void random_bytes(void *p, size_t n);

struct uuid {
	uint8_t b[16];
};
#define UUID_TEXT_LEN 36
/* RFC 9562 version 7: milliseconds, then a counter that rises within the millisecond of this process, then random. */
struct uuid uuid_new(void);
/* 8-4-4-4-12 lower-case hexadecimal. */
void uuid_put(struct buf *out, const struct uuid *u);
/* Lower case only, any version. */
MUST_USE enum status uuid_parse(struct str text, struct uuid *out);

/* prefix ("sub_", "org_" ...) and 128 random bits in base64url: 22 characters. */
void random_put_id(struct buf *out, const char *prefix);

#endif
