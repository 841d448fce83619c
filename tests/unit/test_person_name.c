/* test_person_name.c: what is left of a name that an official sees. */
#include "authd/access/person_name.h"
#include "tests/unit/expect.h"

Test(person_name, of_a_masked_name_the_first_word_is_whole_and_nothing_else)
{
	static const struct {
		const char *name, *masked;
	} rows[] = {
		{ "Иванова Анна Петровна", "Иванова А. П." },
		{ "Anna Ivanova", "Anna I." },
		{ "Ли", "Ли" },
		{ "  Мария  Иванова ", "Мария И." },
		{ "", "" },
		{ " ", "" },
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		CLEANUP(buf_clear) struct buf out = BUF(256);

		person_name_mask(str_of(rows[i].name), &out);
		EXPECT_BUF(rows[i].masked, &out);
	}
}

Test(person_name, a_year_of_birth_is_that_of_the_calendar_where_the_child_lives)
{
	/* 2034-09-01T00:00 in Moscow; 2035-01-01T00:00 on Kamchatka, when it is still December 2034 in UTC. */
	cr_expect_eq(person_birth_year(INT64_C(2040670800000000)), 2016);
	cr_expect_eq(person_birth_year(INT64_C(2051179200000000)), 2017);
	cr_expect_eq(person_birth_year(0), 0, "of nobody");
}
