/* test_breakglass.c: the words with which a glass is broken, and how an emergency stands at a moment. */
#include "authd/access/breakglass.h"

#include <criterion/criterion.h>
#include <string.h>

#include "tests/unit/expect.h"

#define DUE 1000

Test(breakglass, every_reason_has_words_in_both_languages)
{
	const struct words *words = NULL;
	const char *code;
	size_t count = 0;

	for (; (code = breakglass_reason_at(count)) != NULL; count++) {
		EXPECT_OK(breakglass_reason(str_of(code), &words));
		for (int lang = 0; lang < WORDS_LANGS; lang++)
			cr_expect(words->in[lang] != NULL && words->in[lang][0] != '\0', "%s", code);
	}
	cr_assert_geq(count, 5);
}

Test(breakglass, a_reason_that_is_not_in_the_list_is_none)
{
	static const char *const bad[] = {
		"", "curiosity", "urgent_care ", "URGENT_CARE", "life_in_dange", "life_in_danger2"
	};
	const struct words *words = NULL;

	for (size_t i = 0; i < ARRAY_LEN(bad); i++)
		EXPECT_STATUS(E_NOT_FOUND, breakglass_reason(str_of(bad[i]), &words));
	cr_assert_null(words);
}

Test(breakglass, a_text_says_something)
{
	char longest[BREAKGLASS_TEXT_MOST + 2];

	memset(longest, 'a', sizeof(longest));
	EXPECT_OK(breakglass_check_text(STR("abcdefghijklmnopqrst")));
	EXPECT_STATUS(E_INVALID, breakglass_check_text(STR("abcdefghijklmnopqrs")));
	EXPECT_STATUS(E_INVALID, breakglass_check_text(STR("")));
	EXPECT_STATUS(E_INVALID, breakglass_check_text(STR("                                        ")));
	EXPECT_STATUS(E_INVALID, breakglass_check_text(STR("a\t\n b                                     ")));
	EXPECT_OK(breakglass_check_text(str_from(longest, BREAKGLASS_TEXT_MOST)));
	EXPECT_STATUS(E_INVALID, breakglass_check_text(str_from(longest, BREAKGLASS_TEXT_MOST + 1)));
}

/* Two bytes a letter: nineteen letters are thirty-eight bytes, and too few. */
Test(breakglass, letters_are_counted_not_bytes)
{
	EXPECT_STATUS(E_INVALID, breakglass_check_text(STR("ааааааааааааааааааа")));
	EXPECT_OK(breakglass_check_text(STR("аааааааааааааааааааа")));
	EXPECT_STATUS(E_INVALID, breakglass_check_text(STR("\xff\xfe\xfd abcdefghijklmnopqrstuvwxyz")));
}

Test(breakglass, it_is_overdue_at_the_instant_and_judged_for_good)
{
	struct store_breakglass b = { .review_by_us = DUE };

	cr_expect_str_eq(breakglass_state(&b, DUE - 1), "waiting");
	cr_expect_str_eq(breakglass_state(&b, DUE), "overdue");
	b.verdict = STR("justified");
	cr_expect_str_eq(breakglass_state(&b, DUE + 1), "justified");
	b.verdict = STR("unjustified");
	cr_expect_str_eq(breakglass_state(&b, DUE + 1), "unjustified");
}
