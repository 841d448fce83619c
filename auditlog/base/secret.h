/*
 * secret.h: passwords, keys and tokens. The memory is locked, left out of core dumps, fenced by guard pages and wiped
 * on free (libsodium's sodium_malloc). No format prints one.
 */
#ifndef AUDITLOG_BASE_SECRET_H
#define AUDITLOG_BASE_SECRET_H

#include <stdbool.h>
#include <stddef.h>

#include "auditlog/base/status.h"
#include "auditlog/base/str.h"

struct secret {
	unsigned char *p;
	size_t n;
};

/* n zero bytes, 1 .. SECRET_MAX. */
MUST_USE enum status secret_new(size_t n, struct secret *out);
/* A copy; the caller wipes the source (secret_wipe) when it owns that. */
MUST_USE enum status secret_copy(struct str from, struct secret *out);
/* n fresh random bytes. */
MUST_USE enum status secret_random(size_t n, struct secret *out);
/* Reads a whole file of 1 .. max bytes straight into locked memory; refuses files that others may read (mode & 077). */
MUST_USE enum status secret_read_file(const char *path, size_t max, struct secret *out);
/* Wipes, frees, leaves it empty. An empty one is fine. */
void secret_clear(struct secret *s);
/* Constant time in the content; the lengths may be seen. */
bool secret_equal(struct str a, struct str b);
/* Overwrites memory that a compiler would otherwise leave as it is. */
void secret_wipe(void *p, size_t n);
/* The bytes, borrowed, for the one call that needs them. */
struct str secret_str(const struct secret *s);

#define SECRET_MAX ((size_t)1 << 16)

#endif
