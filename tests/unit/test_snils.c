/* The insurance number as people write it: forms and check digits. */
#include "authd/identity/snils.h"

#include "tests/unit/expect.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

/* By the rule as the pension fund writes it, step by step, not as the code reckons. */
static unsigned
check_digits(const char *nine)
{
	unsigned sum = 0;

	for (unsigned i = 0; i < 9; i++)
		sum += (unsigned)(nine[i] - '0') * (9 - i);
	while (sum > 101)
		sum %= 101;
	return sum == 100 || sum == 101 ? 0 : sum;
}

Test(snils, both_forms_are_the_same_number)
{
	char a[SNILS_DIGITS + 1], b[SNILS_DIGITS + 1], text[SNILS_TEXT + 1];

	EXPECT_OK(snils_parse(STR("112-233-445 95"), a));
	EXPECT_OK(snils_parse(STR("11223344595"), b));
	cr_expect_str_eq(a, "11223344595");
	cr_expect_str_eq(a, b);
	snils_print(a, text);
	cr_expect_str_eq(text, "112-233-445 95");
}

Test(snils, of_all_check_digits_one_pair_is_right)
{
	char digits[SNILS_DIGITS + 1], said[32];

	for (unsigned nine = 1001999; nine < 999999999; nine += 17171717) {
		unsigned right = 0;

		for (unsigned check = 0; check < 100; check++) {
			snprintf(said, sizeof(said), "%09u%02u", nine, check);
			if (snils_parse(str_of(said), digits) == OK) {
				cr_expect_eq(check, check_digits(said), "%s", said);
				right++;
			}
		}
		cr_expect_eq(right, 1, "%09u", nine);
	}
}

/* Sums of 100, 101 and 201 to 202 are where implementations err. */
Test(snils, sums_of_a_hundred_and_a_hundred_and_one_are_written_00)
{
	unsigned seen = 0;

	for (unsigned nine = 1001999; nine < 400000000 && seen < 4; nine += 997) {
		char digits[SNILS_DIGITS + 1], said[32];
		unsigned sum = 0;

		snprintf(said, sizeof(said), "%09u00", nine);
		for (unsigned i = 0; i < 9; i++)
			sum += (unsigned)(said[i] - '0') * (9 - i);
		if (sum != 100 && sum != 101 && sum != 201 && sum != 202)
			continue;
		EXPECT_OK(snils_parse(str_of(said), digits));
		seen++;
	}
	cr_assert_eq(seen, 4);
}

Test(snils, anything_else_is_refused_and_nothing_is_written)
{
	static const char *const bad[] = {
		"",
		"1",
		"112-233-445 94",
		"11223344594",
		"112 233 445 95",
		"112-233-445-95",
		"112-233-44595",
		"112233445 95",
		"1122334459",
		"112233445950",
		" 11223344595",
		"11223344595 ",
		"112-233-445 9",
		"112-233-445 955",
		"1l2-233-445 95",
		"+1223344595",
		"-1223344595",
		"000-000-000 00",
		"00000000000",
		"00100199800",
		"abcdefghijk",
		"112-233-445\t95",
		"\xd9\xa1\xd9\xa1\xd9\xa2\xd9\xa2\xd9\xa3",
	};

	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		char digits[SNILS_DIGITS + 1] = "untouched";

		EXPECT_STATUS(E_INVALID, snils_parse(str_of(bad[i]), digits));
		cr_expect_str_eq(digits, "untouched", "%s", bad[i]);
	}
}
