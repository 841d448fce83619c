#include "auditlog/base/buf.h"

#include <stdlib.h>
#include <string.h>

#include "tests/unit/expect.h"

Test(buf, puts_append)
{
	CLEANUP(buf_clear) struct buf b = BUF(256);

	buf_put(&b, STR("a"));
	buf_put_cstr(&b, "bc");
	buf_put_char(&b, '-');
	buf_put_bytes(&b, "d\0", 2);
	buf_put_u64_dec(&b, 0);
	buf_put_char(&b, ' ');
	buf_put_u64_dec(&b, UINT64_MAX);
	buf_printf(&b, " %s=%d", "x", -5);
	EXPECT_OK(buf_status(&b));
	EXPECT_STR(STR("abc-d\0"
		       "0 18446744073709551615 x=-5"),
		   buf_str(&b));
}

Test(buf, an_empty_buffer_has_an_empty_piece)
{
	CLEANUP(buf_clear) struct buf b = BUF(16);
	struct str rest = buf_str(&b), piece;

	cr_assert(str_next(&rest, ',', &piece));
	cr_assert_eq(piece.n, 0U);
}

Test(buf, the_maximum_holds_to_the_byte)
{
	CLEANUP(buf_clear) struct buf b = BUF(1000);

	for (int i = 0; i < 1000; i++)
		buf_put_char(&b, 'x');
	EXPECT_OK(buf_status(&b));
	buf_put_cstr(&b, "");
	EXPECT_OK(buf_status(&b));
	buf_put_char(&b, 'y');
	EXPECT_STATUS(E_TOO_LARGE, buf_status(&b));
	cr_assert_eq(b.n, 1000U);
}

Test(buf, after_a_failure_nothing_is_added)
{
	CLEANUP(buf_clear) struct buf b = BUF(4);

	buf_put_cstr(&b, "12345");
	buf_put_cstr(&b, "1");
	buf_printf(&b, "%d", 1);
	buf_put_u64(&b, 1);
	EXPECT_STATUS(E_TOO_LARGE, buf_status(&b));
	cr_assert_eq(b.n, 0U);
	buf_reset(&b);
	buf_put_cstr(&b, "1234");
	EXPECT_BUF("1234", &b);
}

Test(buf, a_length_near_the_top_of_size_t_does_not_wrap)
{
	CLEANUP(buf_clear) struct buf b = BUF(SIZE_MAX);

	buf_put_cstr(&b, "x");
	cr_assert_null(buf_room(&b, SIZE_MAX));
	EXPECT_STATUS(E_TOO_LARGE, buf_status(&b));
}

Test(buf, without_a_maximum_there_is_one_all_the_same)
{
	CLEANUP(buf_clear) struct buf b = { 0 };

	cr_assert_not_null(buf_room(&b, BUF_MAX_DEFAULT));
	cr_assert_null(buf_room(&b, BUF_MAX_DEFAULT + 1));
}

Test(buf, long_formats_are_whole)
{
	CLEANUP(buf_clear) struct buf b = BUF(4096);
	char text[2001];

	memset(text, 'x', 2000);
	text[2000] = '\0';
	buf_printf(&b, "%s|", text);
	EXPECT_OK(buf_status(&b));
	cr_assert_eq(b.n, 2001U);
	cr_assert_eq(b.p[2000], '|');
	buf_printf(&b, "%s|%s", text, text);
	EXPECT_STATUS(E_TOO_LARGE, buf_status(&b));
}

Test(buf, dropping_moves_the_rest_to_the_front)
{
	CLEANUP(buf_clear) struct buf b = BUF(16);

	buf_put_cstr(&b, "abcdef");
	buf_drop(&b, 0);
	buf_drop(&b, 2);
	EXPECT_BUF("cdef", &b);
	buf_drop(&b, 4);
	EXPECT_BUF("", &b);
}

Test(buf, a_c_string_of_it)
{
	CLEANUP(buf_clear) struct buf b = BUF(16);
	char *copy = NULL;

	EXPECT_OK(buf_to_cstr(&b, &copy));
	cr_assert_str_eq(copy, "");
	free(copy);
	buf_put_bytes(&b, "a\0", 2);
	EXPECT_STATUS(E_INVALID, buf_to_cstr(&b, &copy));
}

Test(buf, wire_integers_are_big_endian_and_come_back)
{
	CLEANUP(buf_clear) struct buf b = BUF(64);
	struct str in, bytes;
	uint8_t a = 0;
	uint16_t c = 0;
	uint32_t d = 0;
	uint64_t e = 0;

	buf_put_u8(&b, 0x01);
	buf_put_u16(&b, 0x0203);
	buf_put_u32(&b, 0x04050607);
	buf_put_u64(&b, UINT64_C(0x08090a0b0c0d0e0f));
	buf_put_block(&b, STR("xyz"));
	EXPECT_STR(STR("\x01\x02\x03\x04\x05\x06\x07\x08\x09\x0a\x0b\x0c\x0d\x0e\x0f\0\0\0\x03xyz"), buf_str(&b));
	in = buf_str(&b);
	EXPECT_OK(buf_get_u8(&in, &a));
	EXPECT_OK(buf_get_u16(&in, &c));
	EXPECT_OK(buf_get_u32(&in, &d));
	EXPECT_OK(buf_get_u64(&in, &e));
	EXPECT_OK(buf_get_block(&in, 3, &bytes));
	cr_assert(a == 0x01 && c == 0x0203 && d == 0x04050607 && e == UINT64_C(0x08090a0b0c0d0e0f));
	EXPECT_STR(STR("xyz"), bytes);
	cr_assert_eq(in.n, 0U);
}

Test(buf, a_cursor_that_lacks_bytes_stays_where_it_is)
{
	static const struct str cut[] = { STR_INIT(""), STR_INIT("\0"), STR_INIT("\0\0\0"), STR_INIT("\0\0\0\x03xy") };
	uint64_t wide;
	uint32_t length;

	for (size_t i = 0; i < ARRAY_LEN(cut); i++) {
		struct str in = cut[i], out;
		char into[8];

		EXPECT_STATUS(E_INVALID, buf_get_u64(&in, &wide));
		EXPECT_STATUS(E_INVALID, buf_get_block(&in, 100, &out));
		EXPECT_STATUS(E_INVALID, buf_get_into(&in, into, sizeof(into)));
		EXPECT_STATUS(E_INVALID, buf_get_bytes(&in, SIZE_MAX, &out));
		if (in.n < 4)
			EXPECT_STATUS(E_INVALID, buf_get_u32(&in, &length));
		cr_assert(in.p == cut[i].p && in.n == cut[i].n);
	}
}

Test(buf, a_block_over_its_limit_is_too_large_whether_it_is_there_or_not)
{
	struct str in = STR("\xff\xff\xff\xff"), out;

	EXPECT_STATUS(E_TOO_LARGE, buf_get_block(&in, 1000, &out));
	cr_assert_eq(in.n, 4U);
	in = STR("\0\0\0\x03xyz");
	EXPECT_STATUS(E_TOO_LARGE, buf_get_block(&in, 2, &out));
	cr_assert_eq(in.n, 7U);
}

Test(buf, a_block_that_does_not_fit_leaves_no_length_behind)
{
	CLEANUP(buf_clear) struct buf b = BUF(6);

	buf_put_block(&b, STR("xyz"));
	EXPECT_STATUS(E_TOO_LARGE, buf_status(&b));
	cr_assert_eq(b.n, 0U);
}

Test(buf, small_puts_one_by_one_stop_at_a_maximum_below_the_first_allocation)
{
	struct buf b = BUF(10);

	for (int i = 0; i < 10; i++)
		buf_put_char(&b, 'x');
	EXPECT_OK(buf_status(&b));
	buf_put_char(&b, 'y');
	EXPECT_STATUS(E_TOO_LARGE, buf_status(&b));
	cr_expect_eq(b.n, 10);
	buf_clear(&b);
}
