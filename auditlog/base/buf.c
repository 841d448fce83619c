#include "auditlog/base/buf.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define FIRST_CAP ((size_t)256)

void
buf_clear(struct buf *b)
{
	free(b->p);
	*b = BUF(b->max);
}

void
buf_reset(struct buf *b)
{
	b->n = 0;
	b->failed = OK;
}

enum status
buf_status(const struct buf *b)
{
	return b->failed;
}

struct str
buf_str(const struct buf *b)
{
	/* Never a NULL pointer: str_next() takes that for "exhausted". */
	return (struct str){ b->p != NULL ? b->p : "", b->n };
}

static size_t
most_of(const struct buf *b)
{
	return b->max != 0 ? b->max : BUF_MAX_DEFAULT;
}

/* Doubles up to the maximum. The caller has checked that need fits it. */
static enum status
grow(struct buf *b, size_t need)
{
	size_t cap = b->cap > FIRST_CAP ? b->cap : FIRST_CAP;
	char *p;

	while (cap < need)
		cap = cap > most_of(b) / 2 ? most_of(b) : cap * 2;
	/* The short way of buf_put_bytes() looks at cap alone: room past the maximum would be room to write in. */
	if (cap > most_of(b))
		cap = most_of(b);
	p = realloc(b->p, cap);
	if (p == NULL)
		return E_NOMEM;
	b->p = p;
	b->cap = cap;
	return OK;
}

char *
buf_room(struct buf *b, size_t n)
{
	if (b->failed != OK)
		return NULL;
	if (n > most_of(b) || b->n > most_of(b) - n) {
		b->failed = E_TOO_LARGE;
		return NULL;
	}
	if (b->p == NULL || b->n + n > b->cap) {
		b->failed = grow(b, b->n + n);
		if (b->failed != OK)
			return NULL;
	}
	return b->p + b->n;
}

void
buf_drop(struct buf *b, size_t n)
{
	if (n >= b->n) {
		b->n = 0;
		return;
	}
	if (n == 0)
		return;
	memmove(b->p, b->p + n, b->n - n);
	b->n -= n;
}

enum status
buf_to_cstr(const struct buf *b, char **out)
{
	TRY(buf_status(b));
	return str_dup(buf_str(b), out);
}

void
buf_put_growing(struct buf *b, const void *p, size_t n)
{
	char *to = buf_room(b, n);

	if (to == NULL || n == 0)
		return;
	memcpy(to, p, n);
	b->n += n;
}

void
buf_put_u64_dec(struct buf *b, uint64_t v)
{
	char digits[20];
	size_t at = sizeof(digits);

	do {
		digits[--at] = (char)('0' + v % 10);
		v /= 10;
	} while (v != 0);
	buf_put_bytes(b, digits + at, sizeof(digits) - at);
}

void
buf_printf(struct buf *b, const char *fmt, ...)
{
	char small[512];
	va_list ap, again;
	char *to;
	int n;

	va_start(ap, fmt);
	va_copy(again, ap);
	n = vsnprintf(small, sizeof(small), fmt, ap);
	if (n < 0) {
		if (b->failed == OK)
			b->failed = E_INVALID;
	} else if ((size_t)n < sizeof(small)) {
		buf_put_bytes(b, small, (size_t)n);
	} else {
		CLEANUP(freep) char *large = malloc((size_t)n + 1);

		to = buf_room(b, (size_t)n);
		if (large == NULL && b->failed == OK) {
			b->failed = E_NOMEM;
		} else if (to != NULL) {
			(void)vsnprintf(large, (size_t)n + 1, fmt, again);
			buf_put_bytes(b, large, (size_t)n);
		}
	}
	va_end(again);
	va_end(ap);
}

void
buf_put_block(struct buf *b, struct str s)
{
	if (s.n > UINT32_MAX) {
		if (b->failed == OK)
			b->failed = E_TOO_LARGE;
		return;
	}
	/* The whole or nothing: a length without its bytes would be read as somebody else's. */
	if (buf_room(b, 4 + s.n) == NULL)
		return;
	buf_put_u32(b, (uint32_t)s.n);
	buf_put(b, s);
}

enum status
buf_get_block(struct str *in, size_t max, struct str *out)
{
	struct str rest = *in;
	uint32_t n;

	TRY(buf_get_u32(&rest, &n));
	if (n > max)
		return E_TOO_LARGE;
	TRY(buf_get_bytes(&rest, n, out));
	*in = rest;
	return OK;
}
