#include "auditlog/daemon/cosign.h"

#include <stdlib.h>
#include <string.h>

#include "tests/unit/expect.h"

#define NOW 1700000000u

/* spec/log.md 2.3: a checkpoint and its cosignature, from a known key. */
static const char text[] = "audit.example.org/log\n130\n8F0vXvJMct1wsKjyjldrOsr5RMAOAUUkxHqkIyXX0cM=\n";
static const char line[] = "\u2014 witness.example.org/w1 "
			   "KpeAMwAAAABlU/EAsyqM2au56ZpbbEVioPHzLKc8lqgk4CN6ya5r5uBroB8CF0t8kmxGgCT5wsVolLtC47Eb0HOFIW"
			   "s8dH5GX3RoAA==\n";

static struct note_key
key(void)
{
	struct note_key k;

	EXPECT_OK(
	    note_parse_vkey(STR("witness.example.org/w1+2a978033+BPck7Ua4dLPhmJVWe2MJG+7FPf0ffZ5EmxoPjVCX221W"), &k));
	return k;
}

static enum cosign_outcome
ask(unsigned http, struct str body, uint64_t now_s, struct cosign_answer *a)
{
	struct note_key k = key();

	return cosign_read(http, body, str_of(text), &k, now_s, a);
}

Test(cosign, a_known_cosignature_is_taken)
{
	struct cosign_answer a = { 0 };

	cr_assert_eq(ask(200, str_of(line), NOW, &a), COSIGN_GIVEN);
	EXPECT_STR(str_of(line), a.line);
	cr_assert_eq(a.time_s, (uint64_t)NOW);
}

Test(cosign, the_right_line_is_found_among_others)
{
	CLEANUP(buf_clear) struct buf body = BUF(4096);
	struct cosign_answer a = { 0 };

	buf_put_cstr(&body, "\u2014 somebody.example.org AAAAAAAA\n\n nonsense\n");
	buf_put_cstr(&body, line);
	buf_put_cstr(&body, line);
	cr_assert_eq(ask(200, buf_str(&body), NOW, &a), COSIGN_GIVEN);
	EXPECT_STR(str_of(line), a.line);
}

Test(cosign, a_time_far_from_ours_is_no_fresh_word)
{
	struct cosign_answer a = { 0 };

	cr_assert_eq(ask(200, str_of(line), NOW + COSIGN_SKEW_S, &a), COSIGN_GIVEN);
	cr_assert_eq(ask(200, str_of(line), NOW - COSIGN_SKEW_S, &a), COSIGN_GIVEN);
	cr_assert_eq(ask(200, str_of(line), NOW + COSIGN_SKEW_S + 1, &a), COSIGN_NONSENSE);
	cr_assert_eq(ask(200, str_of(line), NOW - COSIGN_SKEW_S - 1, &a), COSIGN_NONSENSE);
}

Test(cosign, it_is_for_this_text_alone)
{
	struct note_key k = key();
	struct cosign_answer a = { 0 };

	cr_assert_eq(cosign_read(200, str_of(line),
				 STR("audit.example.org/log\n131\n8F0vXvJMct1wsKjyjldrOsr5RMAOAUUkxHqkIyXX0cM=\n"), &k,
				 NOW, &a),
		     COSIGN_NONSENSE);
}

Test(cosign, no_damage_of_the_line_passes)
{
	struct cosign_answer a = { 0 };

	for (size_t n = 0; n < sizeof(line) - 1; n++) {
		char *part = malloc(n + 1);

		memcpy(part, line, n);
		cr_assert_eq(ask(200, str_from(part, n), NOW, &a), COSIGN_NONSENSE, "cut after %zu", n);
		free(part);
	}
	for (size_t bit = 0; bit < (sizeof(line) - 1) * 8; bit++) {
		char *copy = malloc(sizeof(line) - 1);

		memcpy(copy, line, sizeof(line) - 1);
		copy[bit / 8] = (char)(copy[bit / 8] ^ (1 << bit % 8));
		cr_assert_eq(ask(200, str_from(copy, sizeof(line) - 1), NOW, &a), COSIGN_NONSENSE, "bit %zu", bit);
		free(copy);
	}
}

Test(cosign, a_size_is_a_number_on_a_line)
{
	static const char *const bad[] = { "",     "\n",      "8",
					   "08\n", "-1\n",    "8\n\n",
					   "8 \n", "eight\n", "9223372036854775808\n" };
	struct cosign_answer a = { 0 };

	cr_assert_eq(ask(409, STR("8\n"), NOW, &a), COSIGN_OTHER_SIZE);
	cr_assert_eq(a.size, 8u);
	for (size_t i = 0; i < ARRAY_LEN(bad); i++)
		cr_assert_eq(ask(409, str_of(bad[i]), NOW, &a), COSIGN_NONSENSE, "%s", bad[i]);
}

Test(cosign, every_other_status_gives_nothing)
{
	struct cosign_answer a = { 0 };
	CLEANUP(buf_clear) struct buf large = BUF(COSIGN_ANSWER_MAX + 1024);

	cr_assert_eq(ask(422, str_of(line), NOW, &a), COSIGN_REFUSED);
	cr_assert_eq(ask(403, str_of(line), NOW, &a), COSIGN_REFUSED);
	cr_assert_eq(ask(0, str_of(line), NOW, &a), COSIGN_NONSENSE);
	cr_assert_eq(ask(201, str_of(line), NOW, &a), COSIGN_NONSENSE);
	cr_assert_eq(ask(302, str_of(line), NOW, &a), COSIGN_NONSENSE);
	cr_assert_eq(ask(500, str_of(line), NOW, &a), COSIGN_NONSENSE);
	while (large.n <= COSIGN_ANSWER_MAX)
		buf_put_cstr(&large, line);
	cr_assert_eq(ask(200, buf_str(&large), NOW, &a), COSIGN_NONSENSE);
}
