#include "auditlog/tool/levels.h"

#include <stdlib.h>
#include <string.h>

#include "tests/unit/expect.h"
#include "tests/unit/trees.h"

#define LEAVES (3 * 65536 + 700)

static struct hash
leaf_of(uint64_t i)
{
	return hash_leaf(str_from(&i, sizeof(i)));
}

struct seen {
	uint64_t tiles[TILE_LEVEL_MAX + 1];
	uint64_t hashes[TILE_LEVEL_MAX + 1];
};

static void
count_tile(void *ctx, const struct tile *t, const struct hash *hashes)
{
	struct seen *seen = ctx;

	(void)hashes;
	cr_assert_eq(t->index, seen->tiles[t->level], "tiles come in order");
	seen->tiles[t->level]++;
	seen->hashes[t->level] += t->width;
}

/* Adds whole bundles and compares the root with the compact range at every size in between. */
Test(levels, the_root_is_that_of_the_compact_range_across_three_levels)
{
	struct levels *l = calloc(1, sizeof(*l));
	struct merkle *m = calloc(1, sizeof(*m));
	struct seen seen = { 0 };
	struct hash leaves[TILE_WIDTH], want, got, root;

	for (uint64_t i = 0; i < LEAVES; i++) {
		unsigned n = (unsigned)(i % TILE_WIDTH);

		leaves[n] = leaf_of(i);
		EXPECT_OK(merkle_add(m, &leaves[n], NULL, NULL));
		if (n == TILE_WIDTH - 1) {
			struct hash work[TILE_WIDTH];

			memcpy(work, leaves, sizeof(work));
			root = levels_fold(work, TILE_WIDTH);
			levels_add(l, &root, count_tile, &seen);
		}
		if (i % 4099 && i % TILE_WIDTH != 255 && i < LEAVES - 300)
			continue;
		want = merkle_root(m);
		got = levels_root(l, leaves, (n + 1) % TILE_WIDTH);
		cr_assert(hash_eq(&want, &got), "size %u", (unsigned)i + 1);
	}
	levels_rest(l, count_tile, &seen);
	cr_assert_eq(seen.hashes[1], LEAVES / 256);
	cr_assert_eq(seen.hashes[2], LEAVES / 65536);
	cr_assert_eq(seen.hashes[3], 0);
	free(l);
	free(m);
}

Test(levels, a_small_tree_follows_the_definition)
{
	static struct levels none;
	struct trees t = { 0 };
	struct hash want, got;

	got = levels_root(&none, t.leaf, 0);
	want = hash_empty();
	cr_assert(hash_eq(&want, &got));
	for (t.n = 1; t.n < TILE_WIDTH; t.n++) {
		t.leaf[t.n - 1] = leaf_of(t.n);
		want = trees_root(&t, 0, t.n);
		got = levels_root(&none, t.leaf, (unsigned)t.n);
		cr_assert(hash_eq(&want, &got), "size %zu", t.n);
	}
}
