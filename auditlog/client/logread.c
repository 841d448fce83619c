#include "auditlog/client/logread.h"

#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "auditlog/base/beneath.h"

/* One kept tile: bytes may be of a wider form than was asked for. */
struct slot {
	struct tile tile;
	struct buf bytes;
	uint64_t used; /* 0: empty */
};

struct logread {
	struct logread_source source;
	int dirfd;
	uint64_t size; /* of the tree that logread_hashes() answers for */
	uint64_t clock;
	struct slot tiles[LOGREAD_TILES];
	struct slot bundle;
};

/* ---- where the bytes come from ---- */

static enum status
fetch_file(void *ctx, const char *path, struct buf *out)
{
	struct logread *r = ctx;

	return beneath_read(r->dirfd, path, out);
}

static enum status
reader_new(struct logread **out)
{
	struct logread *r = calloc(1, sizeof(*r));

	if (r == NULL)
		return E_NOMEM;
	r->dirfd = -1;
	*out = r;
	return OK;
}

enum status
logread_open_source(struct logread_source source, struct logread **out)
{
	TRY(reader_new(out));
	(*out)->source = source;
	return OK;
}

enum status
logread_open_at(int dirfd, struct logread **out)
{
	CLEANUP(logread_freep) struct logread *r = NULL;

	TRY(reader_new(&r));
	r->dirfd = fcntl(dirfd, F_DUPFD_CLOEXEC, 0);
	if (r->dirfd < 0)
		return E_IO;
	r->source = (struct logread_source){ fetch_file, r };
	*out = STEAL(&r);
	return OK;
}

enum status
logread_open(const char *dir, struct logread **out)
{
	CLEANUP(beneath_closep) int fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (fd < 0)
		return E_NOT_FOUND;
	return logread_open_at(fd, out);
}

void
logread_free(struct logread *r)
{
	if (r == NULL)
		return;
	for (size_t i = 0; i < LOGREAD_TILES; i++)
		buf_clear(&r->tiles[i].bytes);
	buf_clear(&r->bundle.bytes);
	beneath_closep(&r->dirfd);
	free(r);
}

void
logread_freep(struct logread **r)
{
	logread_free(*r);
}

void
logread_forget(struct logread *r)
{
	for (size_t i = 0; i < LOGREAD_TILES; i++)
		r->tiles[i].used = 0;
	r->bundle.used = 0;
}

static enum status
read_head(struct logread *r, const char *name, struct buf *out)
{
	CLEANUP(buf_clear) struct buf whole = BUF(LOGREAD_CHECKPOINT_MAX);

	TRY(r->source.fetch(r->source.ctx, name, &whole));
	TRY(buf_status(&whole));
	buf_put(out, buf_str(&whole));
	return buf_status(out);
}

enum status
logread_checkpoint(struct logread *r, struct buf *out)
{
	return read_head(r, "checkpoint", out);
}

enum status
logread_vkeys(struct logread *r, struct buf *out)
{
	return read_head(r, "log.vkey", out);
}

enum status
logread_handover(struct logread *r, uint32_t key_id, struct buf *out)
{
	CLEANUP(buf_clear) struct buf name = BUF(64);

	buf_printf(&name, LOGREAD_HANDOVER, key_id);
	buf_put_char(&name, '\0');
	TRY(buf_status(&name));
	return read_head(r, name.p, out);
}

enum status
logread_witnessed(struct logread *r, struct buf *out)
{
	return read_head(r, "checkpoint.witnessed", out);
}

enum status
logread_pruned(struct logread *r, struct pruned *out)
{
	CLEANUP(buf_clear) struct buf text = BUF(PRUNED_FILE_MAX);
	enum status st = read_head(r, PRUNED_FILE, &text);

	if (st == E_NOT_FOUND) {
		*out = (struct pruned){ 0 };
		return OK;
	}
	TRY(st == E_TOO_LARGE ? E_CORRUPT : st);
	return pruned_parse_file(buf_str(&text), out) == OK ? OK : E_CORRUPT;
}

/* ---- tiles and bundles ---- */

static bool
same_tile(const struct tile *a, const struct tile *b)
{
	return a->kind == b->kind && a->level == b->level && a->index == b->index;
}

/* The slot that holds the tile in a wide enough form, else the one to overwrite: the longest unused. */
static struct slot *
slot_for(struct logread *r, const struct tile *t)
{
	struct slot *oldest = &r->tiles[0];

	if (t->kind == TILE_ENTRIES)
		return &r->bundle;
	for (size_t i = 0; i < LOGREAD_TILES; i++) {
		if (r->tiles[i].used != 0 && same_tile(&r->tiles[i].tile, t))
			return &r->tiles[i];
		if (r->tiles[i].used < oldest->used)
			oldest = &r->tiles[i];
	}
	return oldest;
}

/* A hash tile has exactly its width in hashes; a bundle is counted by who cuts it. */
static enum status
check_length(const struct tile *t, struct str bytes)
{
	if (t->kind == TILE_HASHES && bytes.n != (size_t)t->width * HASH_LEN)
		return E_CORRUPT;
	return OK;
}

static enum status
fetch_form(struct logread *r, const struct tile *t, struct buf *out)
{
	CLEANUP(buf_clear) struct buf path = BUF(TILE_PATH_MAX);
	enum status st;

	buf_reset(out);
	tile_put_path(&path, t);
	buf_put_char(&path, '\0');
	TRY(buf_status(&path));
	st = r->source.fetch(r->source.ctx, path.p, out);
	if (st == E_TOO_LARGE)
		return E_CORRUPT;
	TRY(st);
	TRY(buf_status(out));
	return check_length(t, buf_str(out));
}

/* A partial tile may be gone once the full one is there, and a reader may know less than the log has grown to. */
static enum status
fetch_tile(struct logread *r, const struct tile *t, struct slot *s)
{
	struct tile form = *t;
	enum status st;

	s->used = 0;
	s->bytes.max = t->kind == TILE_HASHES ? TILE_BYTES : LOGREAD_BUNDLE_MAX;
	st = fetch_form(r, &form, &s->bytes);
	if (st == E_NOT_FOUND && form.width < TILE_WIDTH) {
		form.width = TILE_WIDTH;
		st = fetch_form(r, &form, &s->bytes);
	}
	TRY(st);
	s->tile = form;
	s->used = ++r->clock;
	return OK;
}

enum status
logread_tile(struct logread *r, const struct tile *t, struct str *bytes)
{
	struct slot *s = slot_for(r, t);

	if (t->width == 0 || t->width > TILE_WIDTH)
		return E_INVALID;
	if (s->used != 0 && same_tile(&s->tile, t) && s->tile.width >= t->width)
		s->used = ++r->clock;
	else
		TRY(fetch_tile(r, t, s));
	*bytes = buf_str(&s->bytes);
	return OK;
}

/* ---- entries and hashes ---- */

/* The form in which a log of this size has the bundle of an entry. */
static struct tile
bundle_of(uint64_t index, uint64_t size)
{
	struct tile t = { .kind = TILE_ENTRIES, .index = index / TILE_WIDTH, .width = TILE_WIDTH };

	if (t.index == size / TILE_WIDTH)
		t.width = (unsigned)(size % TILE_WIDTH);
	return t;
}

enum status
logread_entry(struct logread *r, uint64_t index, uint64_t size, struct str *line)
{
	struct tile t = bundle_of(index, size);
	struct str bytes = { 0 };
	enum status st;

	if (index >= size)
		return E_INVALID;
	TRY(logread_tile(r, &t, &bytes));
	st = tile_entry_at(bytes, (unsigned)(index % TILE_WIDTH), line);
	return st == E_NOT_FOUND ? E_CORRUPT : st;
}

static enum status
read_hash(void *ctx, unsigned level, uint64_t index, struct hash *out)
{
	struct logread *r = ctx;
	struct tile t = { 0 };
	struct str bytes = { 0 };

	TRY(tile_of(level, index, r->size, &t));
	TRY(logread_tile(r, &t, &bytes));
	return tile_hash(&t, bytes, level, index, out);
}

struct hash_reader
logread_hashes(struct logread *r, uint64_t size)
{
	r->size = size;
	return (struct hash_reader){ read_hash, r };
}

enum status
logread_leaf(struct logread *r, uint64_t index, uint64_t size, struct hash *leaf)
{
	struct hash_reader hashes = logread_hashes(r, size);

	if (index >= size)
		return E_INVALID;
	return hashes.read(hashes.ctx, 0, index, leaf);
}

/* ---- proofs ---- */

enum status
logread_inclusion(struct logread *r, uint64_t index, uint64_t size, struct proof *out)
{
	struct hash_reader hashes = logread_hashes(r, size);

	return proof_inclusion(&hashes, index, size, out);
}

enum status
logread_consistency(struct logread *r, uint64_t old_size, uint64_t new_size, struct proof *out)
{
	struct hash_reader hashes = logread_hashes(r, new_size);

	return proof_consistency(&hashes, old_size, new_size, out);
}

enum status
logread_prove(struct logread *r, uint64_t index, struct str checkpoint, struct buf *out)
{
	struct proof_file file = { .index = index, .checkpoint = checkpoint };
	CLEANUP(freep) struct note *note = calloc(1, sizeof(*note));
	struct checkpoint c = { 0 };

	if (note == NULL)
		return E_NOMEM;
	TRY(note_parse(checkpoint, note));
	TRY(checkpoint_parse(note->text, &c));
	TRY(logread_inclusion(r, index, c.size, &file.path));
	proof_put_file(out, &file);
	return buf_status(out);
}
