#include "auditlog/client/mapfile.h"

#include <stdlib.h>
#include <unistd.h>

#include "auditlog/base/file.h"

#define RECORD_LEN  ((size_t)ENTRY_TAG_LEN + 8 + HASH_LEN)
#define BUFFER_LEN  ((size_t)64 << 10)
#define GROUP       256 /* leaves below one stored root */
#define GROUP_LEVEL 8
/* The tags of one entry are merged together, so that one which it names twice counts once. */
#define ROOM (MAPFILE_PAIRS + ENTRY_ABOUT_MAX)
/* Of stored roots: 2^35 tags. */
#define ROOTS_MAX ((size_t)1 << 32)

uint64_t
mapfile_bytes(uint64_t tags)
{
	return tags * RECORD_LEN + tags / GROUP * HASH_LEN;
}

void
mapfile_clear(struct mapfile *m)
{
	if (m->fd >= 0)
		(void)close(m->fd);
	*m = (struct mapfile){ .fd = -1, .month = m->month, .root = hash_empty() };
}

/* ---- records ---- */

static void
put_record(struct buf *out, const struct tagmap_leaf *l)
{
	buf_put_bytes(out, l->tag, ENTRY_TAG_LEN);
	buf_put_u64(out, l->count);
	buf_put(out, hash_str(&l->chain));
}

static enum status
get_record(struct str *in, struct tagmap_leaf *l)
{
	TRY(buf_get_into(in, l->tag, ENTRY_TAG_LEN));
	TRY(buf_get_u64(in, &l->count));
	return buf_get_into(in, l->chain.b, HASH_LEN);
}

/* Reads records one after the other. */
struct reader {
	const struct mapfile *map;
	uint64_t next; /* record to be read from the file */
	struct buf bytes;
	struct str rest;
};

static enum status
refill(struct reader *r)
{
	uint64_t left = r->map->tags - r->next, most = BUFFER_LEN / RECORD_LEN;
	size_t n = (size_t)(left < most ? left : most);
	char *room;

	buf_reset(&r->bytes);
	room = buf_room(&r->bytes, n * RECORD_LEN);
	if (room == NULL)
		return E_NOMEM;
	TRY(file_pread_all(r->map->fd, room, n * RECORD_LEN, (off_t)(r->next * RECORD_LEN)));
	r->rest = str_from(room, n * RECORD_LEN);
	r->next += n;
	return OK;
}

/* E_END behind the last one. */
static enum status
read_next(struct reader *r, struct tagmap_leaf *l)
{
	if (r->rest.n == 0 && r->next == r->map->tags)
		return E_END;
	if (r->rest.n == 0)
		TRY(refill(r));
	return get_record(&r->rest, l);
}

static enum status
read_at(const struct mapfile *m, uint64_t position, struct tagmap_leaf *l)
{
	char bytes[RECORD_LEN] = { 0 };
	struct str in = str_from(bytes, sizeof(bytes));

	TRY(file_pread_all(m->fd, bytes, sizeof(bytes), (off_t)(position * RECORD_LEN)));
	return get_record(&in, l);
}

/* ---- writing ---- */

struct writer {
	int fd;
	unsigned month;
	struct buf bytes, roots;
	off_t at;
	struct merkle tree;
};

static enum status
flush(struct writer *w)
{
	TRY(buf_status(&w->bytes));
	TRY(file_pwrite_all(w->fd, w->bytes.p, w->bytes.n, w->at));
	w->at += (off_t)w->bytes.n;
	buf_reset(&w->bytes);
	return OK;
}

static enum status
keep_root(void *ctx, unsigned level, uint64_t index, const struct hash *h)
{
	struct writer *w = ctx;

	(void)index;
	if (level == 1)
		buf_put(&w->roots, hash_str(h));
	return buf_status(&w->roots);
}

static enum status
write_leaf(struct writer *w, const struct tagmap_leaf *l)
{
	struct hash leaf = tagmap_hash(w->month, l);

	put_record(&w->bytes, l);
	TRY(merkle_add(&w->tree, &leaf, keep_root, w));
	return w->bytes.n + RECORD_LEN > BUFFER_LEN ? flush(w) : OK;
}

static enum status
finish(struct writer *w, struct mapfile *out)
{
	TRY(flush(w));
	TRY(file_pwrite_all(w->fd, w->roots.p, w->roots.n, w->at));
	*out = (struct mapfile){ .fd = w->fd, .month = w->month, .tags = w->tree.size, .root = merkle_root(&w->tree) };
	return OK;
}

/* ---- merging ---- */

static int
compare_pairs(const void *a, const void *b)
{
	const struct mapfile_pair *l = a, *r = b;
	int order = memcmp(l->tag, r->tag, ENTRY_TAG_LEN);

	if (order != 0)
		return order;
	return l->index < r->index ? -1 : l->index > r->index;
}

/* Adds to the leaf all pairs of its tag from *i on. */
static void
count_pairs(struct tagmap_leaf *l, const struct mapfile_pair *pair, size_t n, size_t *i)
{
	for (; *i < n && memcmp(pair[*i].tag, l->tag, ENTRY_TAG_LEN) == 0; ++*i)
		if (*i == 0 || compare_pairs(&pair[*i - 1], &pair[*i]) != 0)
			tagmap_count(l, pair[*i].index);
}

static enum status
merge(struct reader *old, const struct mapfile_pair *pair, size_t n, struct writer *w)
{
	struct tagmap_leaf there, fresh;
	enum status st = read_next(old, &there);
	size_t i = 0;

	while (st == OK || (st == E_END && i < n)) {
		if (st == OK && (i == n || memcmp(there.tag, pair[i].tag, ENTRY_TAG_LEN) <= 0)) {
			count_pairs(&there, pair, n, &i);
			TRY(write_leaf(w, &there));
			st = read_next(old, &there);
			continue;
		}
		tagmap_start(&fresh, pair[i].tag);
		count_pairs(&fresh, pair, n, &i);
		TRY(write_leaf(w, &fresh));
	}
	return st == E_END ? OK : st;
}

static enum status
merge_into(struct mapfile_growth *g, int fd, struct mapfile *out)
{
	struct reader old = { .map = &g->at, .bytes = BUF(BUFFER_LEN) };
	struct writer w = { .fd = fd, .month = g->at.month, .bytes = BUF(BUFFER_LEN), .roots = BUF(ROOTS_MAX) };
	enum status st = merge(&old, g->pair, g->n, &w);

	if (st == OK)
		st = finish(&w, out);
	buf_clear(&old.bytes);
	buf_clear(&w.bytes);
	buf_clear(&w.roots);
	return st;
}

enum status
mapfile_settle(struct mapfile_growth *g)
{
	struct mapfile grown = { .fd = -1 };
	int fd = -1;
	enum status st;

	if (g->n == 0)
		return OK;
	qsort(g->pair, g->n, sizeof(*g->pair), compare_pairs);
	TRY(g->place.open(g->place.ctx, &fd));
	st = merge_into(g, fd, &grown);
	if (st != OK) {
		(void)close(fd);
		return st;
	}
	mapfile_clear(&g->at);
	g->at = grown;
	g->n = 0;
	return OK;
}

enum status
mapfile_begin(struct mapfile_growth *g, struct mapfile_place place, struct mapfile from)
{
	struct mapfile_pair *pair = calloc(ROOM, sizeof(*pair));

	if (pair == NULL)
		return E_NOMEM;
	if (from.fd < 0)
		from.root = hash_empty();
	*g = (struct mapfile_growth){ .at = from, .place = place, .pair = pair };
	return OK;
}

enum status
mapfile_add(struct mapfile_growth *g, const char tag[ENTRY_TAG_LEN], uint64_t index)
{
	if (g->n == ROOM || (g->n >= MAPFILE_PAIRS && g->pair[g->n - 1].index != index))
		TRY(mapfile_settle(g));
	memcpy(g->pair[g->n].tag, tag, ENTRY_TAG_LEN);
	g->pair[g->n++].index = index;
	return OK;
}

void
mapfile_end(struct mapfile_growth *g)
{
	if (g->pair == NULL) /* never begun */
		return;
	mapfile_clear(&g->at);
	free(g->pair);
	g->pair = NULL;
	g->n = 0;
}

/* ---- reading back ---- */

static enum status
read_root(const struct mapfile *m, uint64_t group, struct hash *out)
{
	return file_pread_all(m->fd, out->b, HASH_LEN, (off_t)(m->tags * RECORD_LEN + group * HASH_LEN));
}

static enum status
compare_root(void *ctx, unsigned level, uint64_t index, const struct hash *h)
{
	struct hash stored;

	if (level != 1)
		return OK;
	TRY(read_root(ctx, index, &stored));
	return hash_eq(&stored, h) ? OK : E_CORRUPT;
}

static enum status
verify_records(struct reader *r, struct merkle *tree)
{
	struct mapfile map = *r->map;
	struct tagmap_leaf l, before = { 0 };
	enum status st;

	while ((st = read_next(r, &l)) == OK) {
		struct hash leaf = tagmap_hash(map.month, &l);

		if (tree->size > 0 && memcmp(before.tag, l.tag, ENTRY_TAG_LEN) >= 0)
			return E_CORRUPT;
		TRY(merkle_add(tree, &leaf, compare_root, &map));
		before = l;
	}
	return st == E_END ? OK : st;
}

enum status
mapfile_verify(const struct mapfile *m)
{
	struct reader r = { .map = m, .bytes = BUF(BUFFER_LEN) };
	struct merkle tree = { 0 };
	struct hash root;
	enum status st = verify_records(&r, &tree);

	buf_clear(&r.bytes);
	TRY(st);
	root = merkle_root(&tree);
	return hash_eq(&root, &m->root) ? OK : E_CORRUPT;
}

/* The root of a perfect subtree of 2^level leaves; below a group from the records, above from the stored roots. */
static enum status
read_hash(void *ctx, unsigned level, uint64_t index, struct hash *out)
{
	const struct mapfile *m = ctx;
	bool high = level >= GROUP_LEVEL;
	uint64_t count = (uint64_t)1 << (high ? level - GROUP_LEVEL : level), from = index * count;
	struct merkle tree = { 0 };
	struct tagmap_leaf l;
	struct hash h;

	for (uint64_t i = from; i < from + count; i++) {
		if (high) {
			TRY(read_root(m, i, &h));
		} else {
			TRY(read_at(m, i, &l));
			h = tagmap_hash(m->month, &l);
		}
		TRY(merkle_add(&tree, &h, NULL, NULL));
	}
	*out = merkle_root(&tree);
	return OK;
}

static enum status
read_place(const struct mapfile *m, uint64_t position, struct tagmap_place *out)
{
	struct mapfile map = *m;
	const struct hash_reader hashes = { read_hash, &map };

	out->position = position;
	TRY(read_at(m, position, &out->leaf));
	return proof_inclusion(&hashes, position, m->tags, &out->path);
}

/* The first position whose tag is not below this one. */
static enum status
search(const struct mapfile *m, struct str tag, uint64_t *out)
{
	uint64_t low = 0, high = m->tags;

	while (low < high) {
		uint64_t middle = low + (high - low) / 2;
		struct tagmap_leaf l;

		TRY(read_at(m, middle, &l));
		if (memcmp(l.tag, tag.p, ENTRY_TAG_LEN) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	*out = low;
	return OK;
}

enum status
mapfile_answer(const struct mapfile *m, struct str tag, struct tagmap_answer *out)
{
	struct tagmap_answer a = { 0 };
	uint64_t at = 0;

	TRY(tagmap_is_tag(tag) ? OK : E_INVALID);
	TRY(search(m, tag, &at));
	a.has_left = at > 0;
	a.has_right = at < m->tags;
	if (a.has_right)
		TRY(read_place(m, at, &a.right));
	if (a.has_right && memcmp(a.right.leaf.tag, tag.p, ENTRY_TAG_LEN) == 0) {
		a.at = a.right;
		a.present = true;
		a.has_left = a.has_right = false;
	}
	if (a.has_left)
		TRY(read_place(m, at - 1, &a.left));
	*out = a;
	return OK;
}
