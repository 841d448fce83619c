/*
 * oracle.h: what every fuzz target shares: the claim that ends the process when it does not hold, and pieces of an
 * input. A target defines LLVMFuzzerTestOneInput; libFuzzer calls it (`./run fuzz`), or replay.c does.
 */
#ifndef TESTS_FUZZ_ORACLE_H
#define TESTS_FUZZ_ORACLE_H

#include <stdint.h>
#include <stdlib.h>

#include "auditlog/base/attr.h"
#include "auditlog/base/buf.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

static inline void
must(bool holds)
{
	if (!holds)
		abort();
}

/* The first byte of an input, which says what is to be done with the rest; 0 for an empty one. */
static inline uint8_t
oracle_first(const uint8_t *data, size_t n, struct str *rest)
{
	*rest = str_from(data + (n > 0 ? 1 : 0), n > 0 ? n - 1 : 0);
	return n > 0 ? data[0] : 0;
}

/* The same bytes with one bit changed; which one follows from `where`. in is not empty. */
static inline void
oracle_flip(struct str in, size_t where, struct buf *out)
{
	size_t bit = where % (in.n * 8);

	buf_put(out, in);
	must(buf_status(out) == OK);
	out->p[out->n - in.n + bit / 8] ^= (char)(1 << bit % 8);
}

/* Text that may be shown to an operator: there, ended, without control characters. */
static inline void
oracle_said(const char *text, size_t size)
{
	must(memchr(text, '\0', size) != NULL && text[0] != '\0');
	for (const char *p = text; *p != '\0'; p++)
		must((unsigned char)*p >= 0x20 && *p != 0x7f);
}

#endif
