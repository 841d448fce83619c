#include "auditlog/core/proof.h"

#include <ftw.h>
#include <jansson.h>
#include <string.h>

#include "tests/unit/expect.h"
#include "tests/unit/trees.h"

/* The trees that the accumulated answers are about, with the hashes that proofs ask for kept ready. */
static struct trees tree;
static const struct hash_reader reader = { trees_read, &tree };

static void
plant(void)
{
	trees_of_bytes(&tree, 130);
}

TestSuite(proof, .init = plant);

static void
expect_sum(const char *want, const struct buf *text)
{
	CLEANUP(buf_clear) struct buf hex = BUF(64);
	const struct hash h = hash_sha256(buf_str(text));

	EXPECT_OK(buf_status(text));
	hash_put_hex(&hex, &h);
	EXPECT_BUF(want, &hex);
}

static void
put_proof_line(struct buf *text, uint64_t a, uint64_t b, const struct proof *p)
{
	buf_put_u64_dec(text, a);
	buf_put_char(text, ' ');
	buf_put_u64_dec(text, b);
	for (size_t i = 0; i < p->n; i++) {
		buf_put_char(text, ' ');
		hash_put_hex(text, &p->h[i]);
	}
	buf_put_char(text, '\n');
}

Test(proof, accumulated_inclusion_proofs)
{
	CLEANUP(buf_clear) struct buf text = BUF(16 << 20);
	struct proof p;

	for (uint64_t n = 1; n <= 130; n++)
		for (uint64_t i = 0; i < n; i++) {
			EXPECT_OK(proof_inclusion(&reader, i, n, &p));
			put_proof_line(&text, i, n, &p);
		}
	expect_sum("893ce6eea61adc33c22c0e3a952498b76dfa3c282e78ac659f6fcc0ea44f9983", &text);
}

Test(proof, accumulated_consistency_proofs)
{
	CLEANUP(buf_clear) struct buf text = BUF(16 << 20);
	struct proof p;

	for (uint64_t n = 1; n <= 130; n++)
		for (uint64_t m = 1; m <= n; m++) {
			EXPECT_OK(proof_consistency(&reader, m, n, &p));
			put_proof_line(&text, m, n, &p);
		}
	expect_sum("2498232e1aebe8d1aa8d339d897fc471f4495fe0b8a55ac08f7dae3d88bc4c2a", &text);
}

Test(proof, accumulated_subtrees)
{
	CLEANUP(buf_clear) struct buf text = BUF(16 << 20);

	for (uint64_t end = 0; end <= 130; end++)
		for (uint64_t start = 0; start <= end; start++) {
			uint64_t width = 1;
			struct hash h;

			while (width < end - start)
				width *= 2;
			if (start % width != 0) {
				EXPECT_STATUS(E_INVALID, proof_subtree(&reader, start, end, &h));
				continue;
			}
			EXPECT_OK(proof_subtree(&reader, start, end, &h));
			buf_printf(&text, "[%d, %d) ", (int)start, (int)end);
			hash_put_hex(&text, &h);
			buf_put_char(&text, '\n');
		}
	expect_sum("b82806ad4265bb151c1119c0f4db437bb4d1a1f887b3a7fba1cd4ebf552e3e81", &text);
}

Test(proof, every_inclusion_proof_that_is_built_checks)
{
	struct proof p;

	for (uint64_t n = 1; n <= 40; n++) {
		const struct hash root = trees_root(&tree, 0, n);

		for (uint64_t i = 0; i < n; i++) {
			EXPECT_OK(proof_inclusion(&reader, i, n, &p));
			EXPECT_OK(proof_check_inclusion(&p, i, n, &tree.leaf[i], &root));
		}
	}
}

Test(proof, every_consistency_proof_that_is_built_checks)
{
	struct proof p;

	for (uint64_t n = 0; n <= 40; n++) {
		const struct hash root = trees_root(&tree, 0, n);

		for (uint64_t m = 0; m <= n; m++) {
			const struct hash old = trees_root(&tree, 0, m);

			EXPECT_OK(proof_consistency(&reader, m, n, &p));
			EXPECT_OK(proof_check_consistency(&p, m, &old, n, &root));
		}
	}
}

Test(proof, an_inclusion_proof_holds_for_its_own_index_size_leaf_and_root_only)
{
	struct proof p;
	const uint64_t n = 23;
	const struct hash root = trees_root(&tree, 0, n);

	for (uint64_t i = 0; i < n; i++) {
		EXPECT_OK(proof_inclusion(&reader, i, n, &p));
		for (uint64_t k = 0; k < n; k++) {
			if (k == i)
				continue;
			EXPECT_STATUS(E_CORRUPT, proof_check_inclusion(&p, k, n, &tree.leaf[i], &root));
			EXPECT_STATUS(E_CORRUPT, proof_check_inclusion(&p, i, n, &tree.leaf[k], &root));
			EXPECT_STATUS(E_CORRUPT, proof_check_inclusion(&p, i, n, &tree.leaf[i], &tree.leaf[k]));
		}
		EXPECT_STATUS(E_INVALID, proof_check_inclusion(&p, n, n, &tree.leaf[i], &root));
		EXPECT_STATUS(E_INVALID, proof_check_inclusion(&p, i, 0, &tree.leaf[i], &root));
		EXPECT_STATUS(E_INVALID, proof_check_inclusion(&p, i, UINT64_MAX, &tree.leaf[i], &root));
	}
}

/* Hands every way to damage a proof by one hash, one byte or one place to a check that must refuse it. */
static void
expect_all_damage_refused(const struct proof *good, enum status (*check)(const struct proof *, void *), void *ctx)
{
	struct proof p;

	for (size_t i = 0; i < good->n; i++)
		for (size_t byte = 0; byte < HASH_LEN; byte++) {
			p = *good;
			p.h[i].b[byte] ^= 1;
			EXPECT_STATUS(E_CORRUPT, check(&p, ctx));
		}
	for (size_t n = 0; n < good->n; n++) {
		p = *good;
		p.n = n;
		EXPECT_STATUS(E_CORRUPT, check(&p, ctx));
		p = *good;
		memmove(&p.h[n + 1], &good->h[n], (good->n - n) * sizeof(p.h[0])); /* one more in between */
		p.n++;
		EXPECT_STATUS(E_CORRUPT, check(&p, ctx));
		p = *good;
		memmove(&p.h[n], &good->h[n + 1], (good->n - n - 1) * sizeof(p.h[0])); /* one left out */
		p.n--;
		EXPECT_STATUS(E_CORRUPT, check(&p, ctx));
	}
	p = *good;
	p.h[p.n++] = tree.leaf[0];
	EXPECT_STATUS(E_CORRUPT, check(&p, ctx));
	p.n = PROOF_HASHES_MAX + 1;
	EXPECT_STATUS(E_INVALID, check(&p, ctx));
}

struct claim {
	uint64_t a, b; /* index and size, or both sizes */
	struct hash root;
};

static enum status
check_inclusion(const struct proof *p, void *ctx)
{
	const struct claim *c = ctx;

	return proof_check_inclusion(p, c->a, c->b, &tree.leaf[c->a], &c->root);
}

static enum status
check_consistency(const struct proof *p, void *ctx)
{
	const struct claim *c = ctx;
	const struct hash old = trees_root(&tree, 0, c->a);

	return proof_check_consistency(p, c->a, &old, c->b, &c->root);
}

Test(proof, a_damaged_inclusion_proof_is_refused)
{
	struct claim c = { .b = 130 };
	struct proof p;

	c.root = trees_root(&tree, 0, c.b);
	for (c.a = 0; c.a < c.b; c.a += 43) {
		EXPECT_OK(proof_inclusion(&reader, c.a, c.b, &p));
		expect_all_damage_refused(&p, check_inclusion, &c);
	}
}

Test(proof, a_damaged_consistency_proof_is_refused)
{
	struct claim c = { .b = 130 };
	struct proof p;

	c.root = trees_root(&tree, 0, c.b);
	for (c.a = 1; c.a < c.b; c.a += 31) {
		EXPECT_OK(proof_consistency(&reader, c.a, c.b, &p));
		expect_all_damage_refused(&p, check_consistency, &c);
	}
}

Test(proof, a_smaller_or_forked_tree_is_not_consistent)
{
	const struct hash r7 = trees_root(&tree, 0, 7), r13 = trees_root(&tree, 0, 13), other = tree.leaf[5];
	struct proof p;

	EXPECT_OK(proof_consistency(&reader, 7, 13, &p));
	EXPECT_STATUS(E_CORRUPT, proof_check_consistency(&p, 7, &other, 13, &r13));
	EXPECT_STATUS(E_CORRUPT, proof_check_consistency(&p, 7, &r7, 13, &other));
	EXPECT_STATUS(E_CORRUPT, proof_check_consistency(&p, 8, &r7, 13, &r13));
	EXPECT_STATUS(E_INVALID, proof_check_consistency(&p, 13, &r13, 7, &r7));
	EXPECT_STATUS(E_INVALID, proof_consistency(&reader, 13, 7, &p));
}

Test(proof, the_empty_tree_needs_the_root_of_nothing_and_no_proof)
{
	const struct hash nothing = hash_empty(), r5 = trees_root(&tree, 0, 5);
	struct proof p = { 0 };

	EXPECT_OK(proof_check_consistency(&p, 0, &nothing, 5, &r5));
	EXPECT_OK(proof_check_consistency(&p, 0, &nothing, 0, &nothing));
	EXPECT_STATUS(E_CORRUPT, proof_check_consistency(&p, 0, &r5, 5, &r5));
	EXPECT_STATUS(E_CORRUPT, proof_check_consistency(&p, 0, &nothing, 0, &r5));
	p.n = 1;
	EXPECT_STATUS(E_CORRUPT, proof_check_consistency(&p, 0, &nothing, 5, &r5));
}

Test(proof, a_reader_that_lacks_a_hash_is_heard)
{
	struct proof p;

	EXPECT_STATUS(E_NOT_FOUND, proof_inclusion(&reader, 0, 200, &p));
	EXPECT_STATUS(E_NOT_FOUND, proof_consistency(&reader, 1, 200, &p));
	EXPECT_STATUS(E_INVALID, proof_inclusion(&reader, 3, 3, &p));
}

/* ---- published JSON vectors ---- */

#define VECTORS "../shared/vectors/rfc6962"
static size_t vectors_seen;

/* A member in base64 as a hash; false when it is no 32 bytes, which must be an expected refusal then. */
static bool
get_hash(const json_t *vector, const char *name, struct hash *out)
{
	const char *text = json_string_value(json_object_get(vector, name));

	return text != NULL && hash_from_base64(str_of(text), out) == OK;
}

static bool
get_proof(const json_t *vector, struct proof *out)
{
	const json_t *list = json_object_get(vector, "proof");

	out->n = 0;
	for (size_t i = 0; i < json_array_size(list); i++) {
		const char *text = json_string_value(json_array_get(list, i));

		if (i >= PROOF_HASHES_MAX || text == NULL || hash_from_base64(str_of(text), &out->h[i]) != OK)
			return false;
		out->n++;
	}
	return true;
}

static uint64_t
get_size(const json_t *vector, const char *name)
{
	/* Some are 2^64 - 1, for which jansson has no integer: those are to be refused for their size alone. */
	double v = json_number_value(json_object_get(vector, name));

	return v < 1e18 ? (uint64_t)v : UINT64_MAX;
}

static enum status
judge_inclusion(const json_t *v)
{
	struct hash leaf, root;
	struct proof p;

	if (!get_hash(v, "leafHash", &leaf) || !get_hash(v, "root", &root) || !get_proof(v, &p))
		return E_INVALID;
	return proof_check_inclusion(&p, get_size(v, "leafIdx"), get_size(v, "treeSize"), &leaf, &root);
}

static enum status
judge_consistency(const json_t *v)
{
	struct hash old, new;
	struct proof p;

	if (!get_hash(v, "root1", &old) || !get_hash(v, "root2", &new) || !get_proof(v, &p))
		return E_INVALID;
	return proof_check_consistency(&p, get_size(v, "size1"), &old, get_size(v, "size2"), &new);
}

static int
judge_file(const char *path, const struct stat *st, int kind, struct FTW *where)
{
	json_t *v;
	enum status got;

	(void)st;
	(void)where;
	/* That one calls 12 bytes a root; with fixed hashes there is nothing to ask. */
	if (kind != FTW_F || strstr(path, "sizes-are-equal-one-and-proof-is-empty.json") != NULL)
		return 0;
	v = json_load_file(path, JSON_DECODE_INT_AS_REAL, NULL);
	cr_assert_not_null(v, "%s", path);
	got = strstr(path, "/inclusion/") != NULL ? judge_inclusion(v) : judge_consistency(v);
	cr_assert_eq(got != OK, json_is_true(json_object_get(v, "wantErr")), "%s gives %s", path, status_name(got));
	json_decref(v);
	vectors_seen++;
	return 0;
}

Test(proof, published_vectors)
{
	if (nftw(VECTORS, judge_file, 8, FTW_PHYS) != 0) {
		cr_skip("%s is not there", VECTORS);
		return;
	}
	cr_assert_eq(vectors_seen, 195U, "%zu vectors", vectors_seen);
}

/* ---- text ---- */

static const char file_text[] = "c2sp.org/tlog-proof@v1\n"
				"extra aGk=\n"
				"index 7\n"
				"47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=\n"
				"bjQLnP+zepicpUTmu3gKLHiQHT+zNzh2hRGjBhevoB0=\n"
				"\n"
				"example.com/log\n9\n47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=\n"
				"\n"
				"\xe2\x80\x94 example.com/log AAAAAAA=\n";

Test(proof, a_proof_file_comes_back_byte_for_byte)
{
	CLEANUP(buf_clear) struct buf again = BUF(PROOF_FILE_MAX);
	struct proof_file f;

	EXPECT_OK(proof_parse_file(str_of(file_text), &f));
	cr_assert_eq(f.index, 7U);
	cr_assert_eq(f.path.n, 2U);
	EXPECT_STR(STR("aGk="), f.extra);
	cr_assert(str_starts(f.checkpoint, STR("example.com/log\n9\n")));
	proof_put_file(&again, &f);
	EXPECT_BUF(file_text, &again);
}

Test(proof, a_proof_file_without_extra_and_without_hashes)
{
	CLEANUP(buf_clear) struct buf again = BUF(PROOF_FILE_MAX);
	struct proof_file f;
	const char *text = "c2sp.org/tlog-proof@v1\nindex 0\n\nx\n";

	EXPECT_OK(proof_parse_file(str_of(text), &f));
	cr_assert_null(f.extra.p);
	cr_assert_eq(f.path.n, 0U);
	proof_put_file(&again, &f);
	EXPECT_BUF(text, &again);
}

Test(proof, a_proof_file_cut_before_its_checkpoint_is_refused_at_every_byte)
{
	struct str text = str_of(file_text);
	struct proof_file f;

	for (size_t n = 0; n <= str_find(text, STR("\n\n")) + 2; n++)
		EXPECT_STATUS(E_INVALID, proof_parse_file(str_slice(text, 0, n), &f));
}

/* Either refused, or read as something that says so in other bytes: never the same result from two texts. */
Test(proof, no_flipped_bit_of_a_proof_file_goes_unseen)
{
	char text[sizeof(file_text)];
	struct proof_file f;

	for (size_t i = 0; i < sizeof(text) - 1; i++)
		for (int bit = 0; bit < 8; bit++) {
			CLEANUP(buf_clear) struct buf again = BUF(PROOF_FILE_MAX);

			memcpy(text, file_text, sizeof(text));
			text[i] = (char)(text[i] ^ 1 << bit);
			if (proof_parse_file(str_from(text, sizeof(text) - 1), &f) != OK)
				continue;
			proof_put_file(&again, &f);
			EXPECT_STR(str_from(text, sizeof(text) - 1), buf_str(&again));
		}
}

Test(proof, malformed_proof_files_are_refused)
{
	static const char *const bad[] = {
		"",
		"c2sp.org/tlog-proof@v2\nindex 0\n\nx\n",
		"c2sp.org/tlog-proof@v1\nindex 00\n\nx\n",
		"c2sp.org/tlog-proof@v1\nindex -1\n\nx\n",
		"c2sp.org/tlog-proof@v1\nindex \n\nx\n",
		"c2sp.org/tlog-proof@v1\nindex 9223372036854775808\n\nx\n",
		"c2sp.org/tlog-proof@v1\nindex 0 \n\nx\n",
		"c2sp.org/tlog-proof@v1\nextra *\nindex 0\n\nx\n",
		"c2sp.org/tlog-proof@v1\nextra aGk=\nextra aGk=\nindex 0\n\nx\n",
		"c2sp.org/tlog-proof@v1\nindex 0\nAAAA\n\nx\n",
		"c2sp.org/tlog-proof@v1\nindex 0\n47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFV=\n\nx\n",
		"c2sp.org/tlog-proof@v1\r\nindex 0\r\n\r\nx\n",
	};
	struct proof_file f;

	for (size_t i = 0; i < ARRAY_LEN(bad); i++)
		EXPECT_STATUS(E_INVALID, proof_parse_file(str_of(bad[i]), &f));
}

Test(proof, more_lines_than_allowed_are_refused)
{
	CLEANUP(buf_clear) struct buf text = BUF(1 << 16);
	struct proof p = { .n = 64 };
	struct str in;

	proof_put_lines(&text, &p);
	buf_put_char(&text, '\n');
	in = buf_str(&text);
	EXPECT_STATUS(E_INVALID, proof_get_lines(&in, 63, &p));
	EXPECT_OK(proof_get_lines(&in, 64, &p));
	cr_assert_eq(p.n, 64U);
	cr_assert_eq(in.n, 0U);
}
