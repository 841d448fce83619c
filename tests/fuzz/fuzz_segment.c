/*
 * fuzz_segment.c: the bytes of the write-ahead log. The first byte: bit 0 the rest is a payload that is made a record
 * here; otherwise it is what stands in the file.
 *
 * What is taken is built again to the same bytes; a record or a head made here reads, and with any bit changed it does
 * not; a search finds a record wherever it begins.
 */
#include "auditlog/daemon/segment.h"
#include "tests/fuzz/oracle.h"

static void
check_record(struct str in)
{
	CLEANUP(buf_clear) struct buf again = BUF((size_t)1 << 20);
	struct segment_record r = { 0 }, peeked = { 0 };
	enum status st = segment_get_record(in, &r);

	must(st == OK || st == E_END || st == E_CORRUPT);
	if (st == E_END)
		for (size_t i = 0; i < in.n; i++)
			must(in.p[i] == 0);
	if (st != OK)
		return;
	must(r.total <= in.n && r.payload.n + SEGMENT_RECORD_EXTRA == r.total && r.count > 0);
	must(segment_peek_record(in, &peeked) == OK && peeked.total == r.total && peeked.first == r.first);
	segment_open_record(&again);
	buf_put(&again, r.payload);
	segment_close_record(&again, r.first, r.count, &r.before);
	must(str_eq(buf_str(&again), str_slice(in, 0, r.total)));
	must(segment_has_record(in, r.first));
}

static void
check_head(struct str in)
{
	CLEANUP(buf_clear) struct buf again = BUF(SEGMENT_START);
	struct segment_head h = { 0 };

	if (segment_get_head(in, &h) != OK)
		return;
	segment_put_head(&again, &h);
	must(again.n == SEGMENT_START && str_eq(buf_str(&again), str_slice(in, 0, SEGMENT_START)));
}

static void
check_bent_head(uint64_t first, size_t where)
{
	CLEANUP(buf_clear) struct buf good = BUF(SEGMENT_START), bent = BUF(SEGMENT_START);
	struct segment_head h = { .number = first ^ 7, .first = first }, got = { 0 };

	segment_put_head(&good, &h);
	must(segment_get_head(buf_str(&good), &got) == OK && got.first == first);
	oracle_flip(buf_str(&good), where, &bent);
	must(segment_get_head(buf_str(&bent), &got) == E_CORRUPT);
}

static void
check_made(struct str in)
{
	CLEANUP(buf_clear) struct buf made = BUF((size_t)1 << 20), bent = BUF((size_t)1 << 20);
	struct segment_record r = { 0 };
	struct hash before = hash_sha256(in);
	uint64_t first = 0;
	uint16_t where = 0;

	if (buf_get_u64(&in, &first) != OK || buf_get_u16(&in, &where) != OK || in.n == 0)
		return;
	segment_open_record(&made);
	buf_put(&made, in);
	segment_close_record(&made, first, 1, &before);
	must(segment_get_record(buf_str(&made), &r) == OK && r.first == first && str_eq(r.payload, in));
	check_record(buf_str(&made));
	oracle_flip(buf_str(&made), where, &bent);
	must(segment_get_record(buf_str(&bent), &r) == E_CORRUPT);
	buf_reset(&bent);
	buf_put(&bent, str_slice(in, 0, where % 64));
	buf_put(&bent, buf_str(&made));
	must(segment_has_record(buf_str(&bent), first));
	check_bent_head(first, where);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct str rest;

	if (oracle_first(data, n, &rest) & 1) {
		check_made(rest);
		return 0;
	}
	check_record(rest);
	check_head(rest);
	(void)segment_has_record(rest, 0);
	return 0;
}
