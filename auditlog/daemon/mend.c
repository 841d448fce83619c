#include "auditlog/daemon/mend.h"

#include <string.h>

#include "auditlog/client/logread.h"
#include "auditlog/daemon/publish_file.h"

struct made {
	struct buf bundle;
	struct merkle tree;
	uint8_t hashes[TILE_BYTES];
};

static enum status
add_line(void *ctx, uint64_t index, struct str line, const struct hash *leaf)
{
	struct made *m = ctx;
	struct hash h = hash_leaf(line);

	(void)leaf;
	memcpy(m->hashes + (size_t)(index % TILE_WIDTH) * HASH_LEN, h.b, HASH_LEN);
	TRY(merkle_add(&m->tree, &h, NULL, NULL));
	TRY(tile_put_entry(&m->bundle, line));
	return buf_status(&m->bundle);
}

static enum status
put(int dirfd, enum tile_kind kind, uint64_t index, struct str bytes)
{
	const struct tile tile = { .kind = kind, .index = index, .width = TILE_WIDTH };
	CLEANUP(buf_clear) struct buf path = BUF(TILE_PATH_MAX);
	struct publish_dir dir = { .fd = -1 };
	enum status st, synced;

	tile_put_path(&path, &tile);
	buf_put_char(&path, '\0');
	TRY(buf_status(&path));
	st = publish_file_replace(dirfd, path.p, bytes, &dir);
	synced = publish_file_sync(&dir);
	return st != OK ? st : synced;
}

enum status
mend_tile(int dirfd, struct wal *wal, uint64_t index, const struct hash *want)
{
	CLEANUP(buf_clear) struct buf bundle = BUF(LOGREAD_BUNDLE_MAX);
	struct made m = { .bundle = bundle };
	uint64_t first = 0, next = 0;
	struct hash root;
	enum status st;

	if (!wal_range(wal, &first, &next))
		return E_BUSY;
	if (index * TILE_WIDTH < first || (index + 1) * TILE_WIDTH > next)
		return E_NOT_FOUND;
	st = wal_visit_range(wal, index * TILE_WIDTH, (index + 1) * TILE_WIDTH, add_line, &m);
	bundle = m.bundle;
	TRY(st);
	root = merkle_root(&m.tree);
	if (!hash_eq(&root, want))
		return E_CORRUPT;
	TRY(put(dirfd, TILE_ENTRIES, index, buf_str(&bundle)));
	return put(dirfd, TILE_HASHES, index, str_from(m.hashes, sizeof(m.hashes)));
}
