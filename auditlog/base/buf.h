/*
 * buf.h: owned, growing bytes with a maximum from birth, and the cursor that reads wire formats.
 *
 * Writers (`buf_put_*`) return nothing: the first that does not fit or finds no memory marks the buffer as failed,
 * later ones do nothing, and buf_status() tells at the end. So an encoder is a straight line with one check.
 */
#ifndef AUDITLOG_BASE_BUF_H
#define AUDITLOG_BASE_BUF_H

#include <endian.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "auditlog/base/status.h"
#include "auditlog/base/str.h"

struct buf {
	char *p;
	size_t n;
	size_t cap;
	size_t max;         /* most bytes it will ever hold; 0 means BUF_MAX_DEFAULT */
	enum status failed; /* OK, E_TOO_LARGE or E_NOMEM */
};

#define BUF_MAX_DEFAULT ((size_t)1 << 20)
/* An empty buffer that holds at most max bytes: `CLEANUP(buf_clear) struct buf b = BUF(4096);` */
#define BUF(most) ((struct buf){ .max = (most) })

/* Wipes nothing (secrets live in struct secret), frees, and leaves an empty buffer with the same max. */
void buf_clear(struct buf *b);
/* Keeps the memory, forgets content and failure. */
void buf_reset(struct buf *b);
/* OK, or why the first failed put failed. */
MUST_USE enum status buf_status(const struct buf *b);
/* What it holds, borrowed until the next put. */
struct str buf_str(const struct buf *b);
/* Room for n more bytes at the end, or NULL (and failed). The caller adds to b->n what it wrote. */
char *buf_room(struct buf *b, size_t n);
/* Removes the first n bytes (n <= b->n). */
void buf_drop(struct buf *b, size_t n);
/* A malloc'd NUL-terminated copy of the content. */
MUST_USE enum status buf_to_cstr(const struct buf *b, char **out);

/* buf_put_bytes where there is no room yet. */
void buf_put_growing(struct buf *b, const void *p, size_t n);

/* Inline for the case that nearly every put is: there is room. Encoders are hundreds of small puts. */
static inline void
buf_put_bytes(struct buf *b, const void *p, size_t n)
{
	if (b->failed != OK || n > b->cap - b->n || b->p == NULL) {
		buf_put_growing(b, p, n);
		return;
	}
	if (n > 0)
		memcpy(b->p + b->n, p, n);
	b->n += n;
}

static inline void
buf_put(struct buf *b, struct str s)
{
	buf_put_bytes(b, s.p, s.n);
}

static inline void
buf_put_char(struct buf *b, char c)
{
	buf_put_bytes(b, &c, 1);
}

static inline void
buf_put_cstr(struct buf *b, const char *s)
{
	buf_put(b, str_of(s));
}

void buf_put_u64_dec(struct buf *b, uint64_t v);
void buf_printf(struct buf *b, const char *fmt, ...) PRINTF_LIKE(2, 3);

/* Wire integers, big-endian. Inline like the puts above: frames, receipts, records and bundles are full of them. */
static inline void
buf_put_u8(struct buf *b, uint8_t v)
{
	buf_put_bytes(b, &v, sizeof(v));
}

static inline void
buf_put_u16(struct buf *b, uint16_t v)
{
	uint16_t wire = htobe16(v);

	buf_put_bytes(b, &wire, sizeof(wire));
}

static inline void
buf_put_u32(struct buf *b, uint32_t v)
{
	uint32_t wire = htobe32(v);

	buf_put_bytes(b, &wire, sizeof(wire));
}

static inline void
buf_put_u64(struct buf *b, uint64_t v)
{
	uint64_t wire = htobe64(v);

	buf_put_bytes(b, &wire, sizeof(wire));
}

/* u32 length, then the bytes. */
void buf_put_block(struct buf *b, struct str s);

/*
 * The cursor: reads from the front of *in and moves it on. E_INVALID when there is not enough, *in then unchanged.
 */
static inline MUST_USE enum status
buf_get_bytes(struct str *in, size_t n, struct str *out)
{
	if (in->n < n)
		return E_INVALID;
	*out = str_slice(*in, 0, n);
	*in = str_slice(*in, n, in->n);
	return OK;
}

/* Exactly n bytes copied to p. */
static inline MUST_USE enum status
buf_get_into(struct str *in, void *p, size_t n)
{
	struct str bytes;

	TRY(buf_get_bytes(in, n, &bytes));
	if (n > 0)
		memcpy(p, bytes.p, n);
	return OK;
}

static inline MUST_USE enum status
buf_get_u8(struct str *in, uint8_t *out)
{
	return buf_get_into(in, out, sizeof(*out));
}

static inline MUST_USE enum status
buf_get_u16(struct str *in, uint16_t *out)
{
	uint16_t wire;

	TRY(buf_get_into(in, &wire, sizeof(wire)));
	*out = be16toh(wire);
	return OK;
}

static inline MUST_USE enum status
buf_get_u32(struct str *in, uint32_t *out)
{
	uint32_t wire;

	TRY(buf_get_into(in, &wire, sizeof(wire)));
	*out = be32toh(wire);
	return OK;
}

static inline MUST_USE enum status
buf_get_u64(struct str *in, uint64_t *out)
{
	uint64_t wire;

	TRY(buf_get_into(in, &wire, sizeof(wire)));
	*out = be64toh(wire);
	return OK;
}

/* u32 length, then that many bytes, at most max of them (E_TOO_LARGE). */
MUST_USE enum status buf_get_block(struct str *in, size_t max, struct str *out);

#endif
