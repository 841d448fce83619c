#include "auditlog/base/str.h"

#include <stdlib.h>

#include "tests/unit/expect.h"

Test(str, equality_is_of_bytes)
{
	cr_assert(str_eq(STR("a\0b"), STR("a\0b")));
	cr_assert_not(str_eq(STR("a\0b"), STR("a\0c")));
	cr_assert_not(str_eq(STR("a"), STR("ab")));
	cr_assert(str_eq(str_of(NULL), STR("")));
	cr_assert(str_is(STR("abc"), "abc"));
	cr_assert_not(str_is(STR("abc\0"), "abc"));
	cr_assert(str_eq_nocase(STR("Content-TYPE"), STR("content-type")));
	cr_assert_not(str_eq_nocase(STR("@"), STR("`"))); /* one bit apart as letters are, and no letters */
	cr_assert_not(str_eq_nocase(STR("\xc4"), STR("\xe4")));
}

Test(str, beginnings_and_ends)
{
	cr_assert(str_starts(STR("abc"), STR("ab")));
	cr_assert(str_starts(STR("abc"), STR("")));
	cr_assert_not(str_starts(STR("ab"), STR("abc")));
	cr_assert(str_ends(STR("abc"), STR("bc")));
	cr_assert_not(str_ends(STR("bc"), STR("abc")));
}

Test(str, order_is_of_bytes_and_then_of_length)
{
	cr_assert_lt(str_cmp(STR("a"), STR("b")), 0);
	cr_assert_lt(str_cmp(STR("a"), STR("ab")), 0);
	cr_assert_gt(str_cmp(STR("\xff"), STR("a")), 0);
	cr_assert_eq(str_cmp(STR(""), STR("")), 0);
}

Test(str, finding)
{
	cr_assert_eq(str_find_char(STR("abc"), 'c'), 2U);
	cr_assert_eq(str_find_char(STR("abc"), 'd'), 3U);
	cr_assert_eq(str_find_char(STR(""), 'd'), 0U);
	cr_assert_eq(str_find(STR("aabab"), STR("bab")), 2U);
	cr_assert_eq(str_find(STR("abc"), STR("abcd")), 3U);
	cr_assert_eq(str_find(STR("abc"), STR("")), 0U);
}

Test(str, slices_stay_inside)
{
	EXPECT_STR(STR("bc"), str_slice(STR("abcd"), 1, 3));
	EXPECT_STR(STR("d"), str_slice(STR("abcd"), 3, 99));
	EXPECT_STR(STR(""), str_slice(STR("abcd"), 9, 99));
	EXPECT_STR(STR(""), str_slice(STR("abcd"), 3, 1));
	EXPECT_STR(STR(""), str_slice((struct str){ NULL, 0 }, 0, 5));
}

Test(str, trimming_takes_blanks_from_both_ends)
{
	EXPECT_STR(STR("a b"), str_trim(STR(" \t\r\na b\n ")));
	EXPECT_STR(STR(""), str_trim(STR("  ")));
	EXPECT_STR(STR("\va"), str_trim(STR("\va")));
}

Test(str, pieces)
{
	struct str rest = STR("a,,b"), piece;

	cr_assert(str_next(&rest, ',', &piece));
	EXPECT_STR(STR("a"), piece);
	cr_assert(str_next(&rest, ',', &piece));
	EXPECT_STR(STR(""), piece);
	cr_assert(str_next(&rest, ',', &piece));
	EXPECT_STR(STR("b"), piece);
	cr_assert_not(str_next(&rest, ',', &piece));
	rest = STR("");
	cr_assert(str_next(&rest, ',', &piece));
	cr_assert_eq(piece.n, 0U);
	cr_assert_not(str_next(&rest, ',', &piece));
	rest = STR("a,");
	cr_assert(str_next(&rest, ',', &piece));
	cr_assert(str_next(&rest, ',', &piece));
	cr_assert_eq(piece.n, 0U);
	cr_assert_not(str_next(&rest, ',', &piece));
}

Test(str, decimal_has_one_spelling)
{
	static const char *const bad[] = { "",
					   "00",
					   "01",
					   "+1",
					   "-1",
					   " 1",
					   "1 ",
					   "1.0",
					   "0x1",
					   "1e3",
					   "1_0",
					   "\xd9\xa1",
					   "18446744073709551616",
					   "99999999999999999999",
					   "100000000000000000000" };
	uint64_t v = 7;

	for (size_t i = 0; i < ARRAY_LEN(bad); i++)
		EXPECT_STATUS(E_INVALID, str_to_u64(str_of(bad[i]), UINT64_MAX, &v));
	EXPECT_STATUS(E_INVALID, str_to_u64(STR("11"), 10, &v));
	EXPECT_STATUS(E_INVALID, str_to_u64(STR("1\0"), 10, &v));
	cr_assert_eq(v, 7U);
	EXPECT_OK(str_to_u64(STR("0"), 10, &v));
	cr_assert_eq(v, 0U);
	EXPECT_OK(str_to_u64(STR("10"), 10, &v));
	cr_assert_eq(v, 10U);
	EXPECT_OK(str_to_u64(STR("18446744073709551615"), UINT64_MAX, &v));
	cr_assert_eq(v, UINT64_MAX);
}

Test(str, well_formed_utf_8)
{
	static const struct str good[] = {
		STR_INIT(""),
		STR_INIT("abc"),
		STR_INIT("\xd0\x96"),
		STR_INIT("\xe2\x80\x94"),
		STR_INIT("\xf0\x9f\x98\x80"),
		STR_INIT("\xc2\x80"),
		STR_INIT("\xdf\xbf"),
		STR_INIT("\xe0\xa0\x80"),
		STR_INIT("\xed\x9f\xbf"),
		STR_INIT("\xee\x80\x80"),
		STR_INIT("\xef\xbf\xbf"),
		STR_INIT("\xf0\x90\x80\x80"),
		STR_INIT("\xf4\x8f\xbf\xbf"),
	};

	for (size_t i = 0; i < ARRAY_LEN(good); i++)
		cr_assert(str_is_utf8(good[i]), "number %zu", i);
}

Test(str, everything_else_is_not_utf_8)
{
	static const struct str bad[] = {
		STR_INIT("\0"),
		STR_INIT("a\0b"),
		STR_INIT("\x80"),
		STR_INIT("\xbf"),
		STR_INIT("\xc0\x80"), /* overlong */
		STR_INIT("\xc1\xbf"),
		STR_INIT("\xe0\x9f\xbf"),
		STR_INIT("\xf0\x8f\xbf\xbf"),
		STR_INIT("\xed\xa0\x80"), /* surrogates */
		STR_INIT("\xed\xbf\xbf"),
		STR_INIT("\xf4\x90\x80\x80"), /* past U+10FFFF */
		STR_INIT("\xf5\x80\x80\x80"),
		STR_INIT("\xff"),
		STR_INIT("\xfe"),
		STR_INIT("\xd0"), /* cut */
		STR_INIT("\xe2\x80"),
		STR_INIT("\xf0\x9f\x98"),
		STR_INIT("\xd0z"),
		STR_INIT("\xe2\x80z"),
		STR_INIT("\xf0\x9f\x98z"),
	};

	for (size_t i = 0; i < ARRAY_LEN(bad); i++)
		cr_assert_not(str_is_utf8(bad[i]), "number %zu", i);
}

Test(str, only_means_every_byte_and_at_least_one)
{
	cr_assert(str_only(STR("0af"), "0123456789abcdef"));
	cr_assert_not(str_only(STR("0aF"), "0123456789abcdef"));
	cr_assert_not(str_only(STR(""), "0123456789abcdef"));
	cr_assert_not(str_only(STR("a\0"), "a")); /* the set's own NUL is no member */
}

Test(str, a_copy_ends_in_nul_and_has_none_inside)
{
	char *copy = NULL;

	EXPECT_STATUS(E_INVALID, str_dup(STR("a\0b"), &copy));
	cr_assert_null(copy);
	EXPECT_OK(str_dup(str_slice(STR("abc"), 0, 2), &copy));
	cr_assert_str_eq(copy, "ab");
	free(copy);
	EXPECT_OK(str_dup((struct str){ NULL, 0 }, &copy));
	cr_assert_str_eq(copy, "");
	free(copy);
}

Test(str, text_is_tamed_in_place)
{
	char text[] = "a\nb\x1b[2J\x7f\xd0\x96";

	str_tame(text);
	cr_assert_str_eq(text, "a?b?[2J?\xd0\x96");
}
