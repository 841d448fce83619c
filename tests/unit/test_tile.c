#include "auditlog/core/tile.h"

#include <string.h>

#include "auditlog/core/merkle.h"
#include "tests/unit/expect.h"
#include "tests/unit/trees.h"

static const struct {
	const char *path;
	struct tile tile;
} good[] = {
	{ "tile/0/000", { TILE_HASHES, 0, 0, 256 } },
	{ "tile/0/005", { TILE_HASHES, 0, 5, 256 } },
	{ "tile/7/000.p/1", { TILE_HASHES, 7, 0, 1 } },
	{ "tile/0/x001/x234/067", { TILE_HASHES, 0, 1234067, 256 } },
	{ "tile/1/x999/999.p/255", { TILE_HASHES, 1, 999999, 255 } },
	{ "tile/2/x001/000", { TILE_HASHES, 2, 1000, 256 } },
	{ "tile/entries/000", { TILE_ENTRIES, 0, 0, 256 } },
	{ "tile/entries/x273/000.p/112", { TILE_ENTRIES, 0, 273000, 112 } },
};

static void
expect_tile(const struct tile *want, const struct tile *got)
{
	cr_assert_eq(want->kind, got->kind);
	cr_assert_eq(want->level, got->level);
	cr_assert_eq(want->index, got->index);
	cr_assert_eq(want->width, got->width);
}

Test(tile, paths_both_ways)
{
	for (size_t i = 0; i < ARRAY_LEN(good); i++) {
		CLEANUP(buf_clear) struct buf path = BUF(TILE_PATH_MAX);
		struct tile t;

		tile_put_path(&path, &good[i].tile);
		EXPECT_BUF(good[i].path, &path);
		EXPECT_OK(tile_parse_path(str_of(good[i].path), &t));
		expect_tile(&good[i].tile, &t);
	}
}

Test(tile, other_spellings_and_everything_else_are_refused)
{
	static const char *const bad[] = {
		"",
		"tile",
		"tile/",
		"tile/0",
		"tile/0/",
		"tile/0/5",
		"tile/0/05",
		"tile/0/0005",
		"tile/00/005",
		"tile/8/000",
		"tile/63/000",
		"tile/-1/000",
		"tile/+1/000",
		"tile/ 0/000",
		"tile/0/000.p",
		"tile/0/000.p/",
		"tile/0/000.p/0",
		"tile/0/000.p/256",
		"tile/0/000.p/01",
		"tile/0/000.p/1/",
		"tile/0/x000/000",
		"tile/0/x000/x001/000",
		"tile/0/001/000",
		"tile/0/x001/x000",
		"tile/0/x1/000",
		"tile/0/X001/000",
		"tile/0/x001//000",
		"/tile/0/000",
		"tile//000",
		"tile/0/../000",
		"tile/0/000/..",
		"tile/0/..%2f",
		"tile/0/000\n",
		"tile/0/00a",
		"TILE/0/000",
		"tile/entries/",
		"tile/entries/0",
		"tile/entries/../../000",
		"tile/entries/x001/000.p/256",
		"tile/data/000",
		"tile/0/000.P/1",
		"tile/0/000 .p/1",
		"tile/0/\xd9\xa0\xd9\xa0\xd9\xa0",
		"checkpoint",
		"tile/0/x999/x999/x999/x999/x999/x999/999",
		"tile/7/001",
		"tile/0/x036/x028/x797/x018/x963/968",
	};
	struct tile t;

	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		enum status st = tile_parse_path(str_of(bad[i]), &t);

		cr_assert_eq(st, E_INVALID, "\"%s\" gives %s", bad[i], status_name(st));
	}
}

Test(tile, a_path_with_a_nul_in_it_is_refused)
{
	struct tile t;

	EXPECT_STATUS(E_INVALID, tile_parse_path(str_from("tile/0/000\0", 11), &t));
	EXPECT_STATUS(E_INVALID, tile_parse_path(str_from("tile/0/\00000", 10), &t));
}

Test(tile, no_flipped_bit_of_a_path_gives_the_same_tile)
{
	for (size_t i = 0; i < ARRAY_LEN(good); i++) {
		size_t n = strlen(good[i].path);

		for (size_t k = 0; k < n * 8; k++) {
			CLEANUP(buf_clear) struct buf again = BUF(TILE_PATH_MAX);
			char path[TILE_PATH_MAX];
			struct tile t;

			memcpy(path, good[i].path, n);
			path[k / 8] = (char)(path[k / 8] ^ 1 << k % 8);
			if (tile_parse_path(str_from(path, n), &t) != OK)
				continue;
			tile_put_path(&again, &t);
			EXPECT_STR(str_from(path, n), buf_str(&again));
		}
	}
}

Test(tile, widths_of_the_published_examples)
{
	cr_assert_eq(tile_full_count(0, 70000), 273U);
	cr_assert_eq(tile_partial_width(0, 70000), 112U);
	cr_assert_eq(tile_full_count(1, 70000), 1U);
	cr_assert_eq(tile_partial_width(1, 70000), 17U);
	cr_assert_eq(tile_full_count(2, 70000), 0U);
	cr_assert_eq(tile_partial_width(2, 70000), 1U);
	cr_assert_eq(tile_full_count(0, 256), 1U);
	cr_assert_eq(tile_partial_width(0, 256), 0U);
	cr_assert_eq(tile_partial_width(1, 256), 1U);
	cr_assert_eq(tile_full_count(7, INT64_MAX), 0U);
	cr_assert_eq(tile_partial_width(7, INT64_MAX), 127U);
	cr_assert_eq(tile_full_count(63, INT64_MAX), 0U);
	cr_assert_eq(tile_partial_width(63, INT64_MAX), 0U);
}

/* A log of 300 leaves as tiles: one full and one partial tile at level 0, one hash at level 1. */
struct tiles {
	struct trees t;
	char level0[2][TILE_BYTES];
	char level1[TILE_BYTES];
};

static void
cut_tiles(struct tiles *s)
{
	trees_of_bytes(&s->t, TREES_LEAVES);
	for (size_t i = 0; i < s->t.n; i++)
		memcpy(s->level0[i / 256] + i % 256 * HASH_LEN, s->t.leaf[i].b, HASH_LEN);
	memcpy(s->level1, trees_root(&s->t, 0, 256).b, HASH_LEN);
}

static enum status
read_tiles(void *ctx, unsigned level, uint64_t index, struct hash *out)
{
	const struct tiles *s = ctx;
	struct tile t;

	TRY(tile_of(level, index, s->t.n, &t));
	cr_assert_leq(t.level, 1U);
	return tile_hash(&t, str_from(t.level == 0 ? s->level0[t.index] : s->level1, t.width * HASH_LEN), level, index,
			 out);
}

Test(tile, every_subtree_is_found_in_its_tile)
{
	static struct tiles s;
	struct hash want, got;

	cut_tiles(&s);
	for (unsigned level = 0; level < 9; level++)
		for (uint64_t index = 0; (index + 1) << level <= s.t.n; index++) {
			EXPECT_OK(trees_read(&s.t, level, index, &want));
			EXPECT_OK(read_tiles(&s, level, index, &got));
			cr_assert(hash_eq(&want, &got), "level %u index %d", level, (int)index);
		}
}

Test(tile, a_range_read_from_tiles_has_the_tree_s_root)
{
	static struct tiles s;
	const struct hash_reader r = { read_tiles, &s };
	struct merkle m;
	struct hash want, got;

	cut_tiles(&s);
	EXPECT_OK(merkle_from_reader(&r, s.t.n, &m));
	want = trees_root(&s.t, 0, s.t.n);
	got = merkle_root(&m);
	cr_assert(hash_eq(&want, &got));
}

Test(tile, subtrees_beyond_the_size_are_refused)
{
	struct tile t;

	EXPECT_STATUS(E_INVALID, tile_of(0, 300, 300, &t));
	EXPECT_STATUS(E_INVALID, tile_of(3, 37, 300, &t));
	EXPECT_STATUS(E_INVALID, tile_of(9, 0, 300, &t));
	EXPECT_STATUS(E_INVALID, tile_of(63, 0, INT64_MAX, &t));
	EXPECT_STATUS(E_INVALID, tile_of(64, 0, INT64_MAX, &t));
	EXPECT_STATUS(E_INVALID, tile_of(0, 0, UINT64_MAX, &t));
	EXPECT_OK(tile_of(2, 74, 300, &t));
	expect_tile(&(struct tile){ TILE_HASHES, 0, 1, 44 }, &t);
}

Test(tile, a_short_long_or_foreign_tile_is_refused)
{
	static struct tiles s;
	const struct tile partial = { TILE_HASHES, 0, 1, 44 };
	struct str bytes;
	struct hash h;

	cut_tiles(&s);
	bytes = str_from(s.level0[1], 44 * HASH_LEN);
	for (size_t n = 0; n < bytes.n; n++)
		EXPECT_STATUS(E_CORRUPT, tile_hash(&partial, str_slice(bytes, 0, n), 0, 256, &h));
	EXPECT_OK(tile_hash(&partial, str_from(s.level0[1], TILE_BYTES), 0, 256, &h)); /* a wider form does as well */
	EXPECT_STATUS(E_CORRUPT, tile_hash(&partial, str_from(s.level0[1], TILE_BYTES - 1), 0, 256, &h));
	EXPECT_STATUS(E_CORRUPT, tile_hash(&partial, str_from(s.level0[0], TILE_BYTES + HASH_LEN), 0, 256, &h));
	EXPECT_STATUS(E_INVALID, tile_hash(&partial, bytes, 0, 255, &h));
	EXPECT_STATUS(E_INVALID, tile_hash(&partial, bytes, 0, 300, &h));
	EXPECT_STATUS(E_INVALID, tile_hash(&partial, bytes, 8, 1, &h));
	EXPECT_STATUS(E_INVALID, tile_hash(&partial, bytes, 7, UINT64_MAX, &h));
	EXPECT_STATUS(E_INVALID, tile_hash(&(struct tile){ TILE_ENTRIES, 0, 1, 44 }, bytes, 0, 256, &h));
}

/* ---- bundles ---- */

static void
fill_bundle(struct buf *bundle)
{
	EXPECT_OK(tile_put_entry(bundle, STR("one")));
	EXPECT_OK(tile_put_entry(bundle, STR("")));
	EXPECT_OK(tile_put_entry(bundle, STR("three")));
}

Test(tile, entries_come_back_in_order)
{
	CLEANUP(buf_clear) struct buf bundle = BUF(1024);
	struct str rest, entry;

	fill_bundle(&bundle);
	rest = buf_str(&bundle);
	EXPECT_OK(tile_next_entry(&rest, &entry));
	EXPECT_STR(STR("one"), entry);
	EXPECT_OK(tile_next_entry(&rest, &entry));
	EXPECT_STR(STR(""), entry);
	EXPECT_OK(tile_next_entry(&rest, &entry));
	EXPECT_STR(STR("three"), entry);
	EXPECT_STATUS(E_END, tile_next_entry(&rest, &entry));
	EXPECT_OK(tile_entry_at(buf_str(&bundle), 2, &entry));
	EXPECT_STR(STR("three"), entry);
	EXPECT_STATUS(E_NOT_FOUND, tile_entry_at(buf_str(&bundle), 3, &entry));
	EXPECT_STATUS(E_NOT_FOUND, tile_entry_at(buf_str(&bundle), 256, &entry));
}

Test(tile, a_bundle_cut_inside_an_entry_is_corrupt)
{
	CLEANUP(buf_clear) struct buf bundle = BUF(1024);
	const size_t ends[] = { 0, 5, 7, 14 }; /* where entries end */

	fill_bundle(&bundle);
	for (size_t n = 0; n < bundle.n; n++) {
		struct str rest = str_slice(buf_str(&bundle), 0, n), entry;
		enum status want = E_CORRUPT, st;

		for (size_t i = 0; i < ARRAY_LEN(ends); i++)
			want = n == ends[i] ? E_END : want;
		do
			st = tile_next_entry(&rest, &entry);
		while (st == OK);
		cr_assert_eq(st, want, "cut at %zu", n);
	}
}

Test(tile, an_entry_of_64_kib_does_not_fit)
{
	CLEANUP(buf_clear) struct buf bundle = BUF(1 << 20);
	static char large[65536];
	struct str rest, entry;

	EXPECT_STATUS(E_TOO_LARGE, tile_put_entry(&bundle, str_from(large, sizeof(large))));
	cr_assert_eq(bundle.n, 0U);
	EXPECT_OK(tile_put_entry(&bundle, str_from(large, sizeof(large) - 1)));
	rest = buf_str(&bundle);
	EXPECT_OK(tile_next_entry(&rest, &entry));
	cr_assert_eq(entry.n, sizeof(large) - 1);
}

Test(tile, a_full_bundle_does_not_write_half_an_entry)
{
	CLEANUP(buf_clear) struct buf bundle = BUF(6);

	EXPECT_STATUS(E_TOO_LARGE, tile_put_entry(&bundle, STR("12345")));
	cr_assert_eq(bundle.n, 0U);
}
