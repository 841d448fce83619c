/*
 * fuzz_proof.c: proof files, proof lines, stored trees, and the two checks. The first byte says what the rest is.
 *
 * What reads is written again to the same bytes. A path out of an input never leads to a root that only this process
 * knows; paths made here from a tree over the input's bytes do, and with any bit changed they do not.
 */
#include "auditlog/base/random.h"
#include "auditlog/core/proof.h"
#include "tests/fuzz/oracle.h"

#define LEAVES_MOST 40

static void
check_file(struct str text)
{
	static struct proof_file f;
	CLEANUP(buf_clear) struct buf again = BUF(PROOF_FILE_MAX);

	if (proof_parse_file(text, &f) != OK)
		return;
	must(f.path.n <= PROOF_HASHES_MAX);
	proof_put_file(&again, &f);
	must(buf_status(&again) == OK && str_eq(buf_str(&again), text));
}

static void
check_lines(struct str text)
{
	CLEANUP(buf_clear) struct buf again = BUF(1 << 20);
	struct str rest = text;
	struct proof p;

	if (proof_get_lines(&rest, PROOF_HASHES_MAX, &p) != OK)
		return;
	must(p.n <= PROOF_HASHES_MAX);
	proof_put_lines(&again, &p);
	buf_put_char(&again, '\n');
	must(str_eq(buf_str(&again), str_slice(text, 0, text.n - rest.n)));
}

static void
check_merkle(struct str in)
{
	CLEANUP(buf_clear) struct buf again = BUF(MERKLE_PUT_MAX);
	struct str rest = in;
	struct merkle m;

	if (merkle_get(&rest, &m) != OK)
		return;
	must(m.size <= MERKLE_SIZE_MAX);
	merkle_put(&again, &m);
	must(str_eq(buf_str(&again), str_slice(in, 0, in.n - rest.n)));
}

/* u64 index, u64 size, then hashes: none of it leads to a root that was drawn here. */
static void
check_strange(struct str in)
{
	static struct hash root;
	struct hash leaf = { 0 };
	struct proof p = { 0 };
	uint64_t index = 0, size = 0;

	if (root.b[0] == 0)
		random_bytes(root.b, sizeof(root.b));
	if (buf_get_u64(&in, &index) != OK || buf_get_u64(&in, &size) != OK)
		return;
	while (p.n < PROOF_HASHES_MAX && buf_get_into(&in, p.h[p.n].b, HASH_LEN) == OK)
		p.n++;
	must(proof_check_inclusion(&p, index, size, &leaf, &root) != OK);
	must(proof_check_consistency(&p, index, &leaf, size, &root) != OK);
}

struct small_tree {
	size_t n;
	struct hash leaf[LEAVES_MOST];
};

static struct hash
subtree(const struct hash *leaf, size_t n)
{
	size_t k = 1;
	struct hash left, right;

	if (n == 1)
		return leaf[0];
	while (k * 2 < n)
		k *= 2;
	left = subtree(leaf, k);
	right = subtree(leaf + k, n - k);
	return hash_node(&left, &right);
}

static enum status
read_node(void *ctx, unsigned level, uint64_t index, struct hash *out)
{
	const struct small_tree *t = ctx;

	must(((index + 1) << level) <= t->n);
	*out = subtree(t->leaf + (index << level), (size_t)1 << level);
	return OK;
}

static void
check_bent(const struct proof *p, size_t where, uint64_t index, const struct small_tree *t, const struct hash *root)
{
	struct proof bent = *p;

	if (p->n == 0)
		return;
	bent.h[where % p->n].b[where / 8 % HASH_LEN] ^= (uint8_t)(1 << where % 8);
	must(proof_check_inclusion(&bent, index, t->n, &t->leaf[index], root) == E_CORRUPT);
	bent = *p;
	bent.n--;
	must(proof_check_inclusion(&bent, index, t->n, &t->leaf[index], root) == E_CORRUPT);
}

static void
check_made(struct str in)
{
	struct small_tree t = { 0 };
	struct hash_reader reader = { read_node, &t };
	struct hash root, old;
	struct proof p;
	uint8_t index = 0, before = 0;

	if (buf_get_u8(&in, &index) != OK || buf_get_u8(&in, &before) != OK || in.n == 0)
		return;
	for (; t.n < LEAVES_MOST && t.n < in.n; t.n++)
		t.leaf[t.n] = hash_leaf(str_slice(in, t.n, t.n + 1));
	index = (uint8_t)(index % t.n);
	before = (uint8_t)(1 + before % t.n);
	root = subtree(t.leaf, t.n);
	old = subtree(t.leaf, before);
	must(proof_inclusion(&reader, index, t.n, &p) == OK);
	must(proof_check_inclusion(&p, index, t.n, &t.leaf[index], &root) == OK);
	check_bent(&p, in.n * 31 + index, index, &t, &root);
	must(proof_consistency(&reader, before, t.n, &p) == OK);
	must(proof_check_consistency(&p, before, &old, t.n, &root) == OK);
	old.b[index % HASH_LEN] ^= 1;
	must(proof_check_consistency(&p, before, &old, t.n, &root) == E_CORRUPT);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	static void (*const checks[])(struct str) = { check_file, check_lines, check_merkle, check_strange,
						      check_made };
	struct str rest;
	uint8_t first = oracle_first(data, n, &rest);

	checks[first % ARRAY_LEN(checks)](rest);
	return 0;
}
