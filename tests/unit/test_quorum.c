#include "auditlog/core/quorum.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/unit/expect.h"

#define WITNESSES 4
static const char checkpoint[] = "log.example.org/ombud\n0\n47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=\n";

struct fixture {
	struct note_signer *witness[WITNESSES];
	struct buf policy; /* `witness w0 …` to `witness w3 …` */
};

static struct fixture
fixture_new(void)
{
	struct fixture f = { 0 };

	for (int i = 0; i < WITNESSES; i++) {
		CLEANUP(secret_clear) struct secret key = { 0 };
		char name[32];

		snprintf(name, sizeof(name), "w%d.example.org", i);
		EXPECT_OK(note_signer_generate(str_of(name), NOTE_COSIGNATURE, &key));
		EXPECT_OK(note_signer_new(secret_str(&key), &f.witness[i]));
		buf_printf(&f.policy, "witness w%d ", i);
		note_put_vkey(&f.policy, note_signer_key(f.witness[i]));
		buf_put_cstr(&f.policy, " https://w.example.org\n");
	}
	return f;
}

static void
fixture_end(struct fixture *f)
{
	for (int i = 0; i < WITNESSES; i++)
		note_signer_free(f->witness[i]);
	buf_clear(&f->policy);
}

/* Parses the witnesses and `more`. */
static enum status
parse(const struct fixture *f, const char *more, struct buf *text, struct quorum *q, char *why)
{
	buf_put(text, buf_str(&f->policy));
	buf_put_cstr(text, more);
	return quorum_parse(buf_str(text), q, why, 160);
}

/* Whether the witnesses of the bit mask make up the quorum of this policy. */
static bool
holds(const struct fixture *f, const char *more, unsigned mask)
{
	CLEANUP(buf_clear) struct buf text = { 0 };
	CLEANUP(buf_clear) struct buf lines = { 0 };
	CLEANUP(buf_clear) struct buf bytes = { 0 };
	struct quorum *q = calloc(1, sizeof(*q));
	struct quorum_result r = { 0 };
	struct note note;
	char why[160];

	EXPECT_OK(parse(f, more, &text, q, why));
	buf_put_cstr(&lines, "\u2014 somebody.example.org AAAAAAAA\n"); /* a note has one signature at least */
	for (unsigned i = 0; i < WITNESSES; i++)
		if (mask & 1u << i)
			EXPECT_OK(note_sign(f->witness[i], str_of(checkpoint), 1700000000 + i, &lines));
	EXPECT_OK(note_join(&bytes, str_of(checkpoint), buf_str(&lines)));
	EXPECT_OK(note_parse(buf_str(&bytes), &note));
	quorum_judge(q, &note, QUORUM_ANY_TIME, &r);
	cr_assert_eq(r.witnesses, WITNESSES);
	cr_assert_eq(r.cosigned, (size_t)__builtin_popcount(mask));
	free(q);
	return r.satisfied && r.forged == NULL;
}

Test(quorum, k_of_n_counts_members)
{
	struct fixture f = fixture_new();

	for (unsigned mask = 0; mask < 16; mask++) {
		int n = __builtin_popcount(mask);

		cr_assert_eq(holds(&f, "group g any w0 w1 w2 w3\nquorum g\n", mask), n >= 1);
		cr_assert_eq(holds(&f, "group g 2 w0 w1 w2 w3\nquorum g\n", mask), n >= 2);
		cr_assert_eq(holds(&f, "group g 3 w0 w1 w2 w3\nquorum g\n", mask), n >= 3);
		cr_assert_eq(holds(&f, "group g all w0 w1 w2 w3\nquorum g\n", mask), n == 4);
		cr_assert_eq(holds(&f, "quorum w2\n", mask), (mask & 4) != 0);
		cr_assert_eq(holds(&f, "quorum none\n", mask), true);
	}
	fixture_end(&f);
}

Test(quorum, groups_nest)
{
	struct fixture f = fixture_new();
	const char *more = "group a all w0 w1\ngroup b any w2 w3\ngroup top all a b\nquorum top\n";

	for (unsigned mask = 0; mask < 16; mask++)
		cr_assert_eq(holds(&f, more, mask), (mask & 3) == 3 && (mask & 12));
	fixture_end(&f);
}

Test(quorum, comments_and_spaces_do_not_count)
{
	struct fixture f = fixture_new();

	cr_assert(holds(&f, "\n  # nothing\n\tgroup  g\t1  w0 w1 # two of them\n\nquorum g\n", 2));
	fixture_end(&f);
}

Test(quorum, what_cannot_be_meant_is_refused)
{
	static const char *const bad[] = {
		"",
		"quorum\n",
		"quorum w9\n",
		"quorum w0 w1\n",
		"quorum w0\nquorum w0\n",
		"group g 5 w0 w1 w2 w3\nquorum g\n",
		"group g 0 w0\nquorum g\n",
		"group g 01 w0\nquorum g\n",
		"group g some w0\nquorum g\n",
		"group g all\nquorum g\n",
		"group g all w0 w0\nquorum g\n",
		"group g all later\ngroup later all w0\nquorum g\n",
		"group w0 all w1\nquorum w0\n",
		"group none all w1\nquorum none\n",
		"witness w9\nquorum w0\n",
		"witness w9 nonsense\nquorum w0\n",
		"log nonsense\nquorum w0\n",
		"quorums w0\n",
	};
	struct fixture f = fixture_new();

	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		CLEANUP(buf_clear) struct buf text = { 0 };
		struct quorum *q = calloc(1, sizeof(*q));
		char why[160] = "";

		EXPECT_STATUS(E_INVALID, parse(&f, bad[i], &text, q, why));
		cr_assert(*why, "no reason for: %s", bad[i]);
		free(q);
	}
	fixture_end(&f);
}

Test(quorum, more_nodes_than_fit_are_refused)
{
	struct fixture f = fixture_new();
	CLEANUP(buf_clear) struct buf more = { 0 };
	CLEANUP(buf_clear) struct buf text = { 0 };
	struct quorum *q = calloc(1, sizeof(*q));
	char *cstr = NULL, why[160];

	for (int i = 0; i < QUORUM_NODES_MAX; i++)
		buf_printf(&more, "group g%d any w0\n", i);
	buf_put_cstr(&more, "quorum g0\n");
	EXPECT_OK(buf_to_cstr(&more, &cstr));
	EXPECT_STATUS(E_INVALID, parse(&f, cstr, &text, q, why));
	free(cstr);
	free(q);
	fixture_end(&f);
}

/* A policy that lost its end or has a flipped bit is refused, or is read as what it then says; it is never more than
 * that. */
Test(quorum, no_damage_of_a_policy_makes_it_read_out_of_bounds)
{
	struct fixture f = fixture_new();
	CLEANUP(buf_clear) struct buf whole = { 0 };
	struct quorum *q = calloc(1, sizeof(*q));
	char why[160];

	EXPECT_OK(parse(&f, "group g 2 w0 w1 w2 # enough\nquorum g\n", &whole, q, why));
	for (size_t n = 0; n < whole.n - 2; n++) {
		char *part = malloc(n + 1); /* of its own, so that a read past its end is seen */

		memcpy(part, whole.p, n);
		cr_assert_neq(quorum_parse(str_from(part, n), q, why, sizeof(why)), OK, "cut after %zu bytes", n);
		free(part);
	}
	for (size_t bit = 0; bit < whole.n * 8; bit++) {
		char *copy = malloc(whole.n);
		enum status st;

		memcpy(copy, whole.p, whole.n);
		copy[bit / 8] = (char)(copy[bit / 8] ^ (1 << bit % 8));
		st = quorum_parse(str_from(copy, whole.n), q, why, sizeof(why));
		cr_assert(st == OK || st == E_INVALID);
		if (st == OK) /* still a quorum of two witnesses: no flip may lower it to nothing */
			cr_assert(q->top < QUORUM_NODES_MAX && q->n >= 4);
		free(copy);
	}
	free(q);
	fixture_end(&f);
}
