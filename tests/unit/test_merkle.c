#include "auditlog/core/merkle.h"

#include "tests/unit/expect.h"
#include "tests/unit/trees.h"

static void
expect_hex(const char *want, struct hash h)
{
	CLEANUP(buf_clear) struct buf hex = BUF(64);

	hash_put_hex(&hex, &h);
	EXPECT_BUF(want, &hex);
}

static void
add_bytes(struct merkle *m, struct str entry)
{
	const struct hash leaf = hash_leaf(entry);

	EXPECT_OK(merkle_add(m, &leaf, NULL, NULL));
}

Test(merkle, published_roots_of_sizes_0_to_8)
{
	static const struct str leaves[] = {
		STR_INIT(""),
		STR_INIT("\x00"),
		STR_INIT("\x10"),
		STR_INIT("\x20\x21"),
		STR_INIT("\x30\x31"),
		STR_INIT("\x40\x41\x42\x43"),
		STR_INIT("\x50\x51\x52\x53\x54\x55\x56\x57"),
		STR_INIT("\x60\x61\x62\x63\x64\x65\x66\x67\x68\x69\x6a\x6b\x6c\x6d\x6e\x6f"),
	};
	static const char *const roots[] = {
		"e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
		"6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
		"fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
		"aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
		"d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
		"4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
		"76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
		"ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
		"5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
	};
	struct merkle m = { 0 };

	for (size_t n = 0; n < ARRAY_LEN(roots); n++) {
		expect_hex(roots[n], merkle_root(&m));
		if (n < ARRAY_LEN(leaves))
			add_bytes(&m, leaves[n]);
	}
}

Test(merkle, accumulated_roots_of_130_sizes)
{
	CLEANUP(buf_clear) struct buf text = BUF(1 << 20);
	struct merkle m = { 0 };

	for (unsigned n = 0; n <= 130; n++) {
		const struct hash root = merkle_root(&m);
		const unsigned char byte = (unsigned char)n;

		buf_printf(&text, "%u ", n);
		hash_put_hex(&text, &root);
		buf_put_char(&text, '\n');
		add_bytes(&m, str_from(&byte, 1));
	}
	EXPECT_OK(buf_status(&text));
	expect_hex("9c67f07f906103b6bf201842a50ff0b8c91fca9b3e211334a6b7aa3133165dec", hash_sha256(buf_str(&text)));
}

Test(merkle, the_root_is_the_definition_s)
{
	struct trees t;
	struct merkle m = { 0 };

	trees_of_bytes(&t, TREES_LEAVES);
	for (size_t n = 0; n < t.n; n++) {
		const struct hash want = trees_root(&t, 0, n), got = merkle_root(&m);

		cr_assert(hash_eq(&want, &got), "size %zu", n);
		EXPECT_OK(merkle_add(&m, &t.leaf[n], NULL, NULL));
	}
}

/* What the sink was told, and that it was told in order. */
struct told {
	const struct trees *t;
	uint64_t count[2];
	int fail_at; /* -1: never */
};

static enum status
listen(void *ctx, unsigned level, uint64_t index, const struct hash *h)
{
	struct told *told = ctx;
	struct hash want;

	cr_assert_lt(level, 2U);
	cr_assert_eq(index, told->count[level]);
	EXPECT_OK(trees_read((void *)(uintptr_t)told->t, level * 8, index, &want));
	cr_assert(hash_eq(&want, h));
	told->count[level]++;
	if (told->fail_at >= 0 && (int)level == told->fail_at)
		return E_IO;
	return OK;
}

Test(merkle, the_sink_gets_every_tile_hash_once_and_in_order)
{
	struct trees t;
	struct told told = { .t = &t, .fail_at = -1 };
	struct merkle m = { 0 };

	trees_of_bytes(&t, TREES_LEAVES);
	for (size_t n = 0; n < t.n; n++)
		EXPECT_OK(merkle_add(&m, &t.leaf[n], listen, &told));
	cr_assert_eq(told.count[0], TREES_LEAVES);
	cr_assert_eq(told.count[1], TREES_LEAVES / 256);
}

Test(merkle, a_failing_sink_leaves_the_tree_as_it_was)
{
	struct trees t;
	struct told told = { .t = &t, .fail_at = 1 };
	struct merkle m = { 0 }, before;

	trees_of_bytes(&t, 256);
	for (size_t n = 0; n < 255; n++)
		EXPECT_OK(merkle_add(&m, &t.leaf[n], listen, &told));
	before = m;
	EXPECT_STATUS(E_IO, merkle_add(&m, &t.leaf[255], listen, &told));
	cr_assert_eq(m.size, before.size);
	cr_assert(memcmp(&m, &before, sizeof(m)) == 0);
}

Test(merkle, a_stored_range_goes_on_where_it_was)
{
	struct trees t;
	struct merkle m = { 0 };

	trees_of_bytes(&t, 130);
	for (size_t n = 0; n < t.n; n++) {
		CLEANUP(buf_clear) struct buf stored = BUF(MERKLE_PUT_MAX);
		struct merkle back;
		struct str in;
		struct hash want, got;

		merkle_put(&stored, &m);
		EXPECT_OK(buf_status(&stored));
		in = buf_str(&stored);
		EXPECT_OK(merkle_get(&in, &back));
		cr_assert_eq(in.n, 0);
		EXPECT_OK(merkle_add(&m, &t.leaf[n], NULL, NULL));
		EXPECT_OK(merkle_add(&back, &t.leaf[n], NULL, NULL));
		want = merkle_root(&m);
		got = merkle_root(&back);
		cr_assert(hash_eq(&want, &got));
	}
}

Test(merkle, a_stored_range_cut_anywhere_is_refused)
{
	CLEANUP(buf_clear) struct buf stored = BUF(MERKLE_PUT_MAX);
	struct trees t;
	struct merkle m = { 0 }, back;

	trees_of_bytes(&t, 91);
	for (size_t n = 0; n < t.n; n++)
		EXPECT_OK(merkle_add(&m, &t.leaf[n], NULL, NULL));
	merkle_put(&stored, &m);
	for (size_t n = 0; n < stored.n; n++) {
		struct str in = str_slice(buf_str(&stored), 0, n);

		EXPECT_STATUS(E_INVALID, merkle_get(&in, &back));
		cr_assert_eq(in.n, n);
	}
}

Test(merkle, a_size_past_63_bits_is_refused)
{
	CLEANUP(buf_clear) struct buf stored = BUF(4096);
	struct merkle m = { .size = MERKLE_SIZE_MAX };
	const struct hash leaf = hash_leaf(STR("x"));
	struct str in;

	EXPECT_STATUS(E_TOO_LARGE, merkle_add(&m, &leaf, NULL, NULL));
	buf_put_u64(&stored, MERKLE_SIZE_MAX + 1);
	for (int i = 0; i < 64; i++)
		buf_put(&stored, hash_str(&leaf));
	in = buf_str(&stored);
	EXPECT_STATUS(E_INVALID, merkle_get(&in, &m));
}

Test(merkle, a_range_read_from_stored_hashes_is_the_grown_one)
{
	struct trees t;
	struct merkle grown = { 0 };
	const struct hash_reader r = { trees_read, &t };

	trees_of_bytes(&t, TREES_LEAVES);
	for (size_t n = 0; n <= t.n; n++) {
		struct merkle read;
		struct hash want = merkle_root(&grown), got;

		EXPECT_OK(merkle_from_reader(&r, n, &read));
		got = merkle_root(&read);
		cr_assert(hash_eq(&want, &got), "size %zu", n);
		if (n < t.n)
			EXPECT_OK(merkle_add(&grown, &t.leaf[n], NULL, NULL));
	}
}

Test(merkle, a_reader_that_lacks_a_hash_is_heard)
{
	struct trees t;
	struct merkle m;
	const struct hash_reader r = { trees_read, &t };

	trees_of_bytes(&t, 100);
	EXPECT_STATUS(E_NOT_FOUND, merkle_from_reader(&r, 101, &m));
}
