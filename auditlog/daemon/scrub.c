#include "auditlog/daemon/scrub.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#include "auditlog/base/beneath.h"
#include "auditlog/client/logread.h"
#include "auditlog/core/entry.h"

struct scrub {
	int dirfd; /* borrowed */
	struct logread *log;
	uint64_t at;           /* the tile that is next */
	struct hash last_leaf; /* of the tile before it */
	bool has_last;
};

enum status
scrub_new(int dirfd, struct scrub **out)
{
	struct scrub *s = calloc(1, sizeof(*s));
	enum status st;

	if (s == NULL)
		return E_NOMEM;
	s->dirfd = dirfd;
	st = logread_open_at(dirfd, &s->log);
	if (st != OK) {
		free(s);
		return st;
	}
	*out = s;
	return OK;
}

void
scrub_free(struct scrub *s)
{
	if (s == NULL)
		return;
	logread_free(s->log);
	free(s);
}

static bool
entry_right(struct scrub *s, struct str line, struct str hashes, unsigned i)
{
	struct hash leaf = hash_leaf(line), prev = { 0 };
	bool right = str_eq(hash_str(&leaf), str_slice(hashes, (size_t)i * HASH_LEN, (size_t)(i + 1) * HASH_LEN)) &&
		     entry_prev(line, &prev) == OK && (!s->has_last || hash_eq(&prev, &s->last_leaf));

	s->last_leaf = leaf;
	s->has_last = true;
	return right;
}

/* The entries of one tile; *n is how many were right. */
static enum status
check_entries(struct scrub *s, struct str bundle, struct str hashes, unsigned *n)
{
	struct str line = { 0 };

	for (*n = 0; *n < TILE_WIDTH; ++*n)
		if (tile_next_entry(&bundle, &line) != OK || !entry_right(s, line, hashes, *n))
			return E_CORRUPT;
	return bundle.n == 0 ? OK : E_CORRUPT;
}

enum status
scrub_want(struct scrub *s, uint64_t index, uint64_t size, struct hash *out)
{
	struct hash_reader above = logread_hashes(s->log, size);

	return above.read(above.ctx, TILE_HEIGHT, index, out);
}

/* The tile against the hash that the level above has of it. */
static enum status
check_above(struct scrub *s, struct str hashes, uint64_t size)
{
	struct merkle tree = { 0 };
	struct hash want = { 0 }, got;

	for (size_t i = 0; i < TILE_WIDTH; i++) {
		struct hash h;

		memcpy(h.b, hashes.p + i * HASH_LEN, HASH_LEN);
		TRY(merkle_add(&tree, &h, NULL, NULL));
	}
	TRY(scrub_want(s, s->at, size, &want));
	got = merkle_root(&tree);
	return hash_eq(&want, &got) ? OK : E_CORRUPT;
}

/* What the page cache has says nothing about the disk. */
static void
drop_cache(const struct scrub *s, const struct tile *tile)
{
	CLEANUP(buf_clear) struct buf path = BUF(TILE_PATH_MAX);
	CLEANUP(beneath_closep) int fd = -1;

	tile_put_path(&path, tile);
	buf_put_char(&path, '\0');
	if (buf_status(&path) == OK && beneath_open(s->dirfd, path.p, O_RDONLY, 0, &fd) == OK)
		(void)posix_fadvise(fd, 0, 0, POSIX_FADV_DONTNEED);
}

/* Hashes stay when entries are pruned: then they are all that there is to be right. */
static bool
is_pruned(const struct scrub *s)
{
	struct pruned p = { 0 };

	return logread_pruned(s->log, &p) == OK && (s->at + 1) * TILE_WIDTH <= p.minimum;
}

static enum status
check_tile(struct scrub *s, uint64_t size, unsigned *n)
{
	struct tile tile = { .kind = TILE_HASHES, .index = s->at, .width = TILE_WIDTH };
	struct str hashes = { 0 }, bundle = { 0 };
	char kept[TILE_BYTES];

	logread_forget(s->log);
	drop_cache(s, &tile);
	TRY(logread_tile(s->log, &tile, &hashes));
	memcpy(kept, hashes.p, sizeof(kept));
	hashes.p = kept;
	if (is_pruned(s)) {
		s->has_last = false;
		return check_above(s, hashes, size);
	}
	tile.kind = TILE_ENTRIES;
	drop_cache(s, &tile);
	TRY(logread_tile(s->log, &tile, &bundle));
	TRY(check_entries(s, bundle, hashes, n));
	*n = 0;
	return check_above(s, hashes, size);
}

enum status
scrub_step(struct scrub *s, uint64_t size, uint64_t *bad)
{
	unsigned n = 0;
	enum status st;

	if (s->at >= tile_full_count(0, size)) {
		s->at = 0;
		s->has_last = false;
		return E_END;
	}
	st = check_tile(s, size, &n);
	/* A published file that is gone is as bad as a wrong one; that it cannot be read just now is not. */
	if (st == E_CORRUPT || st == E_NOT_FOUND) {
		*bad = s->at * TILE_WIDTH + n;
		st = E_CORRUPT;
	}
	if (st != OK)
		s->has_last = false;
	s->at++;
	return st;
}
