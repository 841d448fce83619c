#include "auditlog/daemon/publish_tiles.h"

#include <stdlib.h>
#include <string.h>

#include "auditlog/client/logread.h"
#include "auditlog/daemon/publish_file.h"

#define LEVELS (TILE_LEVEL_MAX + 1)
/* Where the bundles stand among the rows below. */
#define BUNDLES LEVELS
#define ROWS    (LEVELS + 1)

struct publish_tiles {
	int dirfd;
	struct merkle tree;
	uint64_t bad;
	bool distrust;
	struct buf bundle;                         /* of the unfinished bundle */
	uint8_t hashes[LEVELS][TILE_BYTES];        /* of the unfinished tile of each level */
	struct publish_dir full[ROWS], part[ROWS]; /* directories to be synced */
	uint64_t tidied[ROWS];                     /* tiles below are full and have no partial forms any more */
};

/* ---- life ---- */

static unsigned
level_of(size_t row)
{
	return row == BUNDLES ? 0 : (unsigned)row;
}

/* The hashes of the unfinished tiles above level 0: they are in the tree that base answers for. */
static enum status
load_level(struct publish_tiles *t, const struct hash_reader *base, unsigned level)
{
	uint64_t count = t->tree.size >> (TILE_HEIGHT * level);
	unsigned width = (unsigned)(count % TILE_WIDTH);

	for (unsigned i = 0; i < width; i++) {
		struct hash h = { 0 };

		TRY(base->read(base->ctx, TILE_HEIGHT * level, count - width + i, &h));
		memcpy(t->hashes[level] + (size_t)i * HASH_LEN, h.b, HASH_LEN);
	}
	return OK;
}

static enum status
load_base(struct publish_tiles *t, const struct hash_reader *base, uint64_t start)
{
	if (start % TILE_WIDTH != 0)
		return E_INVALID;
	if (start == 0)
		return OK;
	TRY(merkle_from_reader(base, start, &t->tree));
	for (unsigned level = 1; level < LEVELS; level++)
		TRY(load_level(t, base, level));
	for (size_t row = 0; row < ROWS; row++)
		t->tidied[row] = tile_full_count(level_of(row), start);
	return OK;
}

enum status
publish_tiles_new(int dirfd, const struct hash_reader *base, uint64_t start, struct publish_tiles **out)
{
	struct publish_tiles *t = calloc(1, sizeof(*t));
	enum status st;

	if (t == NULL)
		return E_NOMEM;
	t->dirfd = dirfd;
	t->bundle = BUF(LOGREAD_BUNDLE_MAX);
	for (size_t row = 0; row < ROWS; row++)
		t->full[row].fd = t->part[row].fd = -1;
	st = load_base(t, base, start);
	if (st != OK) {
		publish_tiles_free(t);
		return st;
	}
	*out = t;
	return OK;
}

static enum status
sync_all(struct publish_tiles *t)
{
	enum status st = OK;

	for (size_t row = 0; row < ROWS; row++) {
		enum status full = publish_file_sync(&t->full[row]), part = publish_file_sync(&t->part[row]);

		st = st != OK ? st : full != OK ? full : part;
	}
	return st;
}

void
publish_tiles_free(struct publish_tiles *t)
{
	if (t == NULL)
		return;
	(void)sync_all(t); /* nothing rests on it: what was not flushed is made again */
	buf_clear(&t->bundle);
	free(t);
}

void
publish_tiles_distrust(struct publish_tiles *t, bool distrust)
{
	t->distrust = distrust;
}

const struct merkle *
publish_tiles_tree(const struct publish_tiles *t)
{
	return &t->tree;
}

uint64_t
publish_tiles_bad(const struct publish_tiles *t)
{
	return t->bad;
}

/* ---- writing ---- */

static uint64_t
entry_at(const struct tile *tile, size_t byte)
{
	uint64_t hash = tile->index * TILE_WIDTH + byte / HASH_LEN;

	if (tile->kind == TILE_ENTRIES)
		return tile->index * TILE_WIDTH;
	return hash << (TILE_HEIGHT * tile->level);
}

/* Which entry of a bundle the byte belongs to. */
static uint64_t
bundle_entry_at(const struct tile *tile, struct str bundle, size_t byte)
{
	struct str rest = bundle, line = { 0 };
	uint64_t index = tile->index * TILE_WIDTH;

	while (tile_next_entry(&rest, &line) == OK && bundle.n - rest.n <= byte)
		index++;
	return index;
}

static enum status
put_tile(struct publish_tiles *t, size_t row, const struct tile *tile, struct str bytes)
{
	CLEANUP(buf_clear) struct buf path = BUF(TILE_PATH_MAX);
	struct publish_dir *dir = tile->width == TILE_WIDTH ? &t->full[row] : &t->part[row];
	size_t differs = 0;
	enum status st;

	tile_put_path(&path, tile);
	buf_put_char(&path, '\0');
	TRY(buf_status(&path));
	st = publish_file_put(t->dirfd, path.p, bytes, dir, &differs);
	if (st == OK && t->distrust)
		return publish_file_replace(t->dirfd, path.p, bytes, dir);
	if (st != E_CONFLICT)
		return st;
	t->bad = tile->kind == TILE_ENTRIES ? bundle_entry_at(tile, bytes, differs) : entry_at(tile, differs);
	return E_CORRUPT;
}

/* merkle_add tells of each finished tile hash: it joins its level's tile, which is written when that makes it full. */
static enum status
take_hash(void *ctx, unsigned level, uint64_t index, const struct hash *h)
{
	struct publish_tiles *t = ctx;
	struct tile tile = { .kind = TILE_HASHES, .level = level, .index = index / TILE_WIDTH, .width = TILE_WIDTH };

	if (level >= LEVELS)
		return OK;
	memcpy(t->hashes[level] + (size_t)(index % TILE_WIDTH) * HASH_LEN, h->b, HASH_LEN);
	if (index % TILE_WIDTH != TILE_WIDTH - 1)
		return OK;
	return put_tile(t, level, &tile, str_from(t->hashes[level], TILE_BYTES));
}

enum status
publish_tiles_add(struct publish_tiles *t, struct str line)
{
	struct tile bundle = { .kind = TILE_ENTRIES, .index = t->tree.size / TILE_WIDTH, .width = TILE_WIDTH };
	struct hash leaf = hash_leaf(line);

	TRY(tile_put_entry(&t->bundle, line));
	TRY(buf_status(&t->bundle));
	if (t->tree.size % TILE_WIDTH == TILE_WIDTH - 1) {
		TRY(put_tile(t, BUNDLES, &bundle, buf_str(&t->bundle)));
		buf_reset(&t->bundle);
	}
	return merkle_add(&t->tree, &leaf, take_hash, t);
}

static enum status
put_partial(struct publish_tiles *t, size_t row)
{
	struct tile tile = { .kind = row == BUNDLES ? TILE_ENTRIES : TILE_HASHES, .level = level_of(row) };

	tile.index = tile_full_count(tile.level, t->tree.size);
	tile.width = tile_partial_width(tile.level, t->tree.size);
	if (tile.width == 0)
		return OK;
	if (row == BUNDLES)
		return put_tile(t, row, &tile, buf_str(&t->bundle));
	return put_tile(t, row, &tile, str_from(t->hashes[row], (size_t)tile.width * HASH_LEN));
}

enum status
publish_tiles_flush(struct publish_tiles *t)
{
	for (size_t row = 0; row < ROWS; row++)
		TRY(put_partial(t, row));
	return sync_all(t);
}

/* ---- removing partial forms ---- */

static enum status
remove_partials(const struct publish_tiles *t, size_t row, uint64_t index)
{
	struct tile tile = { .kind = row == BUNDLES ? TILE_ENTRIES : TILE_HASHES,
			     .level = level_of(row),
			     .index = index };
	CLEANUP(buf_clear) struct buf path = BUF(TILE_PATH_MAX);

	tile.width = 1;
	tile_put_path(&path, &tile);
	TRY(buf_status(&path));
	/* "tile/0/000.p/1" without its last part. */
	path.n -= 2;
	buf_put_char(&path, '\0');
	return publish_file_remove_dir(t->dirfd, path.p);
}

enum status
publish_tiles_tidy(struct publish_tiles *t)
{
	for (size_t row = 0; row < ROWS; row++) {
		uint64_t full = tile_full_count(level_of(row), t->tree.size);

		for (; t->tidied[row] < full; t->tidied[row]++)
			TRY(remove_partials(t, row, t->tidied[row]));
	}
	return OK;
}
