#include "auditlog/daemon/segment.h"

#include <string.h>

#include "auditlog/daemon/crc32c.h"

#define RECORD_MAGIC      0x4f574c52u /* "OWLR" */
#define RECORD_MAGIC_TEXT "OWLR"

static const struct str HEAD_MAGIC = STR_INIT("OMBUDWAL");

static void
put_crc(struct buf *b, size_t from)
{
	if (buf_status(b) == OK)
		buf_put_u32(b, crc32c(0, b->p + from, b->n - from));
}

static bool
all_zero(struct str s)
{
	return s.n == 0 || (s.p[0] == 0 && memcmp(s.p, s.p + 1, s.n - 1) == 0);
}

/* ---- segment head ---- */

void
segment_put_head(struct buf *out, const struct segment_head *h)
{
	static const char zeroes[SEGMENT_START];
	size_t from = out->n;

	buf_put(out, HEAD_MAGIC);
	buf_put_u32(out, SEGMENT_VERSION);
	buf_put_u32(out, 0);
	buf_put_u64(out, h->number);
	buf_put_u64(out, h->first);
	buf_put(out, hash_str(&h->before));
	buf_put(out, hash_str(&h->origin));
	put_crc(out, from);
	buf_put_bytes(out, zeroes, SEGMENT_START - (out->n - from));
}

static enum status
get_head(struct str *in, struct segment_head *h)
{
	struct str magic = { 0 };
	uint32_t version = 0, zero = 0;

	TRY(buf_get_bytes(in, HEAD_MAGIC.n, &magic));
	TRY(buf_get_u32(in, &version));
	TRY(buf_get_u32(in, &zero));
	TRY(buf_get_u64(in, &h->number));
	TRY(buf_get_u64(in, &h->first));
	TRY(buf_get_into(in, h->before.b, HASH_LEN));
	TRY(buf_get_into(in, h->origin.b, HASH_LEN));
	return str_eq(magic, HEAD_MAGIC) && version == SEGMENT_VERSION && zero == 0 ? OK : E_CORRUPT;
}

enum status
segment_get_head(struct str in, struct segment_head *out)
{
	struct segment_head h = { 0 };
	struct str rest = in;
	uint32_t crc = 0;

	if (in.n < SEGMENT_START || get_head(&rest, &h) != OK)
		return E_CORRUPT;
	if (crc32c(0, in.p, in.n - rest.n) != (buf_get_u32(&rest, &crc) == OK ? crc : 0))
		return E_CORRUPT;
	/* The checksum ends here; what is left up to the first record is known as well. */
	if (!all_zero(str_slice(in, in.n - rest.n, SEGMENT_START)))
		return E_CORRUPT;
	*out = h;
	return OK;
}

/* ---- records ---- */

void
segment_open_record(struct buf *b)
{
	static const char zeroes[SEGMENT_RECORD_HEAD];

	buf_reset(b);
	buf_put_bytes(b, zeroes, sizeof(zeroes));
}

static void
store(uint8_t *to, uint64_t v, size_t bytes)
{
	for (size_t i = 0; i < bytes; i++)
		to[i] = (uint8_t)(v >> (8 * (bytes - 1 - i)));
}

/* Straight into bytes: a hash must not depend on whether there was memory. */
static void
encode_head(uint8_t head[SEGMENT_RECORD_HEAD], const struct segment_record *r)
{
	store(head, RECORD_MAGIC, 4);
	store(head + 4, r->payload.n, 4);
	store(head + 8, r->first, 8);
	store(head + 16, r->count, 4);
	memcpy(head + 20, r->before.b, HASH_LEN);
}

void
segment_close_record(struct buf *b, uint64_t first, uint32_t count, const struct hash *before)
{
	struct segment_record r = { .first = first, .count = count, .before = *before };
	uint8_t head[SEGMENT_RECORD_HEAD];

	if (buf_status(b) != OK)
		return;
	r.payload = str_slice(buf_str(b), SEGMENT_RECORD_HEAD, b->n);
	encode_head(head, &r);
	memcpy(b->p, head, sizeof(head));
	put_crc(b, 0);
}

enum status
segment_peek_record(struct str in, struct segment_record *out)
{
	struct segment_record r = { 0 };
	uint32_t magic = 0, length = 0;

	TRY(buf_get_u32(&in, &magic));
	TRY(buf_get_u32(&in, &length));
	TRY(buf_get_u64(&in, &r.first));
	TRY(buf_get_u32(&in, &r.count));
	TRY(buf_get_into(&in, r.before.b, HASH_LEN));
	if (magic != RECORD_MAGIC || r.count == 0 || length == 0)
		return E_CORRUPT;
	r.payload.n = length;
	r.total = SEGMENT_RECORD_EXTRA + length;
	*out = r;
	return OK;
}

enum status
segment_get_record(struct str in, struct segment_record *out)
{
	struct segment_record r = { 0 };
	struct str tail = { 0 };
	uint32_t crc = 0;

	if (in.n == 0 || (in.p[0] == 0 && all_zero(in)))
		return E_END;
	if (segment_peek_record(in, &r) != OK || r.total > in.n)
		return E_CORRUPT;
	tail = str_slice(in, r.total - 4, r.total);
	if (buf_get_u32(&tail, &crc) != OK || crc32c(0, in.p, r.total - 4) != crc)
		return E_CORRUPT;
	r.payload = str_slice(in, SEGMENT_RECORD_HEAD, r.total - 4);
	*out = r;
	return OK;
}

bool
segment_has_record(struct str in, uint64_t least)
{
	while (in.n >= SEGMENT_RECORD_EXTRA) {
		const char *at = memmem(in.p, in.n, RECORD_MAGIC_TEXT, 4);
		struct segment_record r = { 0 };

		if (at == NULL)
			return false;
		in = str_slice(in, (size_t)(at - in.p), in.n);
		if (segment_get_record(in, &r) == OK && r.first >= least)
			return true;
		in = str_slice(in, 1, in.n);
	}
	return false;
}

struct hash
segment_record_hash(const struct segment_record *r, const struct hash *last_leaf)
{
	uint8_t head[SEGMENT_RECORD_HEAD] = { 0 };
	struct str parts[2] = { str_from(head, sizeof(head)), hash_str(last_leaf) };

	encode_head(head, r);
	return hash_sha256_parts(parts, ARRAY_LEN(parts));
}
