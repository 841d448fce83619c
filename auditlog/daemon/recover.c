#include "auditlog/daemon/recover.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "auditlog/client/logread.h"

struct run {
	const struct recover_job *job;
	struct recover_result *out;
	struct logread *log;
	uint64_t torn_index; /* in the last record, when that is torn */
};

enum status
recover_checkpoint_any(int dirfd, const struct trust *keys, uint64_t *size, struct hash *root)
{
	CLEANUP(logread_freep) struct logread *log = NULL;
	CLEANUP(buf_clear) struct buf note = BUF(LOGREAD_CHECKPOINT_MAX);
	struct checkpoint c = { 0 };

	TRY(logread_open_at(dirfd, &log));
	TRY(logread_checkpoint(log, &note));
	TRY(checkpoint_open_any(buf_str(&note), keys, &c, NULL) == OK ? OK : E_CORRUPT);
	*size = c.size;
	*root = c.root;
	return OK;
}

enum status
recover_checkpoint(int dirfd, const struct note_key *key, uint64_t *size, struct hash *root)
{
	struct trust keys = { .n = 1, .key = { *key } };

	return recover_checkpoint_any(dirfd, &keys, size, root);
}

static enum status refuse(struct recover_result *out, uint64_t index, const char *fmt, ...) PRINTF_LIKE(3, 4);

static enum status
refuse(struct recover_result *out, uint64_t index, const char *fmt, ...)
{
	va_list args;

	out->bad_index = index;
	va_start(args, fmt);
	(void)vsnprintf(out->what, sizeof(out->what), fmt, args);
	va_end(args);
	return E_CORRUPT;
}

/* ---- finding the damaged place when a root does not fit ---- */

/* The hash of a full tile, computed from its 256. */
static enum status
tile_root(struct logread *log, unsigned level, uint64_t index, struct hash *out)
{
	struct tile t = { .kind = TILE_HASHES, .level = level, .index = index, .width = TILE_WIDTH };
	struct str bytes = { 0 };
	struct merkle tree = { 0 };

	TRY(logread_tile(log, &t, &bytes));
	for (size_t i = 0; i < TILE_WIDTH; i++) {
		struct hash h;

		memcpy(h.b, bytes.p + i * HASH_LEN, HASH_LEN);
		TRY(merkle_add(&tree, &h, NULL, NULL));
	}
	*out = merkle_root(&tree);
	return OK;
}

/* The right edge of one level against the tiles below it. The first entry under a hash that does not fit, or size. */
static uint64_t
bad_under_level(struct logread *log, unsigned level, uint64_t size)
{
	struct hash_reader hashes = logread_hashes(log, size);
	uint64_t count = size >> (TILE_HEIGHT * level);

	for (uint64_t i = count / TILE_WIDTH * TILE_WIDTH; i < count; i++) {
		struct hash want = { 0 }, got = { 0 };

		if (hashes.read(hashes.ctx, TILE_HEIGHT * level, i, &want) != OK ||
		    tile_root(log, level - 1, i, &got) != OK || !hash_eq(&want, &got))
			return i << (TILE_HEIGHT * level);
	}
	return size;
}

static uint64_t
bad_under_edge(struct logread *log, uint64_t size)
{
	for (unsigned level = 1; level <= TILE_LEVEL_MAX; level++) {
		uint64_t bad = bad_under_level(log, level, size);

		if (bad < size)
			return bad;
	}
	return size == 0 ? 0 : size - 1;
}

/* ---- floors ---- */

/* Called at every size that is reached: does the tree have the root that somebody has seen at that size? */
static enum status
check_floors(struct run *r)
{
	const struct merkle *tree = &r->out->tip.tree;

	for (size_t i = 0; i < r->job->floor_count; i++) {
		const struct recover_floor *f = &r->job->floors[i];
		struct hash root;

		if (f->size != tree->size)
			continue;
		root = merkle_root(tree);
		if (!hash_eq(&root, &f->root))
			return refuse(r->out, bad_under_edge(r->log, r->job->published),
				      "the first %" PRIu64 " entries do not give the root of %s", f->size, f->who);
	}
	return OK;
}

static enum status
check_reach(struct run *r)
{
	uint64_t size = r->out->tip.tree.size;
	bool torn = r->out->torn > 0;

	for (size_t i = 0; i < r->job->floor_count; i++) {
		const struct recover_floor *f = &r->job->floors[i];

		if (f->size <= size)
			continue;
		(void)refuse(r->out, torn ? r->torn_index : size,
			     "the log ends before entry %" PRIu64 ", and %s has %" PRIu64 " entries%s", size, f->who,
			     f->size, torn ? "; the last record is damaged" : ": an old copy was put back");
		return torn ? E_CORRUPT : E_CONFLICT;
	}
	return OK;
}

/* ---- what the write-ahead log does not hold any more ---- */

static enum status
load_last_entry(struct run *r, uint64_t index)
{
	struct entry_view view = { 0 };
	struct str line = { 0 };
	struct hash want = { 0 };

	if (logread_leaf(r->log, index, r->job->published, &want) != OK ||
	    logread_entry(r->log, index, r->job->published, &line) != OK || entry_parse(line, &view) != OK)
		return refuse(r->out, index, "entry %" PRIu64 " cannot be read from its bundle and tile", index);
	r->out->tip.leaf = hash_leaf(line);
	r->out->tip.time_us = view.time_us;
	if (!hash_eq(&want, &r->out->tip.leaf))
		return refuse(r->out, index, "entry %" PRIu64 " is not what its tile says", index);
	return OK;
}

/* The tree and the last entry before `first`, from tiles: their right edge is enough. */
static enum status
load_base(struct run *r, uint64_t first)
{
	struct hash_reader hashes = logread_hashes(r->log, r->job->published);

	if (first > r->job->published)
		return refuse(r->out, r->job->published,
			      "entries from %" PRIu64 " on are missing: wal/ begins with %" PRIu64, r->job->published,
			      first);
	if (first == 0)
		return OK;
	if (merkle_from_reader(&hashes, first, &r->out->tip.tree) != OK)
		return refuse(r->out, bad_under_edge(r->log, r->job->published),
			      "tiles of the first %" PRIu64 " entries are missing or damaged", first);
	return load_last_entry(r, first - 1);
}

/* ---- what it holds ---- */

/*
 * Each hash of a tile as the entries give it, of every level. Two things that were written at different times must
 * agree; a tile that is missing is made again.
 */
static enum status
check_hash(void *ctx, unsigned level, uint64_t index, const struct hash *h)
{
	struct run *r = ctx;
	struct hash_reader hashes = logread_hashes(r->log, r->job->published);
	uint64_t entry = index << (TILE_HEIGHT * level);
	struct hash want = { 0 };
	enum status st;

	if (level > TILE_LEVEL_MAX || (index + 1) << (TILE_HEIGHT * level) > r->job->published)
		return OK;
	st = hashes.read(hashes.ctx, TILE_HEIGHT * level, index, &want);
	if (st == E_NOT_FOUND || (st == OK && hash_eq(&want, h)))
		return OK;
	return refuse(r->out, entry, "entry %" PRIu64 " is not what its tile of level %u says", entry, level);
}

static enum status
take_entry(void *ctx, uint64_t index, struct str line, const struct hash *leaf)
{
	struct run *r = ctx;
	struct entry_view view = { 0 };
	const char *what = NULL;
	enum status st = tip_follow(&r->out->tip, index, line, leaf, &view, check_hash, r, &what);

	if (what != NULL)
		return refuse(r->out, index, "entry %" PRIu64 ": %s", index, what);
	TRY(st);
	if (r->job->ids != NULL)
		TRY(ids_put(r->job->ids, &view.entry.id, index));
	return check_floors(r);
}

static enum status
replay(struct run *r, struct wal_report *report)
{
	enum status st = wal_replay(r->job->wal, take_entry, r, report);

	/* Its own findings have words already. */
	if (st == E_CORRUPT && r->out->what[0] == '\0')
		return refuse(r->out, report->bad_index, "entry %" PRIu64 ": %s", report->bad_index, report->what);
	TRY(st);
	r->out->torn = report->torn;
	r->torn_index = report->bad_index;
	return OK;
}

/*
 * 1. which segments are there  2. the state before their first entry, from tiles  3. every entry after it, compared
 * with tiles and with what others have seen  4. is everything there that others have seen?  5. cut what was never
 * finished. A power failure in here changes nothing: only step 5 writes, and does the same again next time.
 */
enum status
recover_run(const struct recover_job *job, struct recover_result *out)
{
	CLEANUP(logread_freep) struct logread *log = NULL;
	struct run r = { .job = job, .out = out };
	struct wal_report report = { 0 };
	enum status st;

	*out = (struct recover_result){ 0 };
	TRY(logread_open_at(job->dirfd, &log));
	r.log = log;
	st = wal_scan(job->wal, job->cold, &report);
	if (st == E_CORRUPT)
		return refuse(out, report.bad_index, "entry %" PRIu64 ": %s", report.bad_index, report.what);
	TRY(st);
	TRY(load_base(&r, report.first));
	TRY(check_floors(&r));
	if (job->before_replay != NULL)
		TRY(job->before_replay(job->ctx, report.first));
	TRY(replay(&r, &report));
	TRY(check_reach(&r));
	return wal_start(job->wal, job->cold);
}
