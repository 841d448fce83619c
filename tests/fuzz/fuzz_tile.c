/*
 * fuzz_tile.c: paths of tiles, bundles of entries, hashes in tiles. The first byte says which.
 *
 * A path that is taken is the one spelling of its tile. A bundle read to its end is put together again to the same
 * bytes, and every entry is found by its number. A hash out of a tile is the one that stands there, or what its
 * neighbours give.
 */
#include "auditlog/core/tile.h"
#include "tests/fuzz/oracle.h"

static void
check_path(struct str path)
{
	CLEANUP(buf_clear) struct buf again = BUF(TILE_PATH_MAX);
	struct tile t = { 0 };

	if (tile_parse_path(path, &t) != OK)
		return;
	must(t.width >= 1 && t.width <= TILE_WIDTH && t.level <= TILE_LEVEL_MAX);
	must(t.kind == TILE_HASHES || t.level == 0);
	tile_put_path(&again, &t);
	must(buf_status(&again) == OK && str_eq(buf_str(&again), path));
}

static void
check_bundle(struct str bundle)
{
	CLEANUP(buf_clear) struct buf again = BUF((size_t)1 << 20);
	struct str rest = bundle, entry, same;
	unsigned count = 0;
	enum status st;

	while ((st = tile_next_entry(&rest, &entry)) == OK) {
		must(tile_put_entry(&again, entry) == OK);
		if (count < TILE_WIDTH)
			must(tile_entry_at(bundle, count, &same) == OK && str_eq(same, entry));
		count++;
	}
	must(st == E_END || st == E_CORRUPT);
	must(str_eq(buf_str(&again), str_slice(bundle, 0, again.n)));
	if (st == E_END)
		must(again.n == bundle.n && tile_entry_at(bundle, count, &same) == E_NOT_FOUND);
}

static struct hash
node(struct str bytes, size_t from, size_t count)
{
	struct hash left, right;

	if (count == 1) {
		memcpy(left.b, bytes.p + from * HASH_LEN, HASH_LEN);
		return left;
	}
	left = node(bytes, from, count / 2);
	right = node(bytes, from + count / 2, count / 2);
	return hash_node(&left, &right);
}

/* Level, height above it and number come first. */
static void
check_hash(struct str in)
{
	struct tile t = { .kind = TILE_HASHES };
	uint8_t level = 0, height = 0, number = 0;
	struct hash got, expected;

	if (buf_get_u8(&in, &level) != OK || buf_get_u8(&in, &height) != OK || buf_get_u8(&in, &number) != OK)
		return;
	t.level = level % 4;
	t.width = (unsigned)(in.n / HASH_LEN < TILE_WIDTH ? in.n / HASH_LEN : TILE_WIDTH);
	height %= 10;
	if (t.width == 0 || tile_hash(&t, in, t.level * TILE_HEIGHT + height, number, &got) != OK)
		return;
	must(height < TILE_HEIGHT || (height == TILE_HEIGHT && t.width == TILE_WIDTH));
	must(((size_t)number + 1) << height <= t.width);
	expected = node(in, (size_t)number << height, (size_t)1 << height);
	must(hash_eq(&got, &expected));
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	static void (*const checks[])(struct str) = { check_path, check_bundle, check_hash };
	struct str rest;
	uint8_t first = oracle_first(data, n, &rest);

	checks[first % ARRAY_LEN(checks)](rest);
	return 0;
}
