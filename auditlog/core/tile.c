#include "auditlog/core/tile.h"

#include <string.h>

static const struct str hashes_head = STR_INIT("tile/");
static const struct str entries_head = STR_INIT("tile/entries/");

/* Groups of three digits, all but the last with an x before: a directory never holds more than a thousand names. */
static void
put_index(struct buf *out, uint64_t index)
{
	unsigned group[7];
	size_t n = 0;

	do {
		group[n++] = (unsigned)(index % 1000);
		index /= 1000;
	} while (index > 0);
	while (n-- > 0) {
		char text[] = { (char)('0' + group[n] / 100), (char)('0' + group[n] / 10 % 10),
				(char)('0' + group[n] % 10) };

		if (n > 0)
			buf_put_char(out, 'x');
		buf_put_bytes(out, text, sizeof(text));
		if (n > 0)
			buf_put_char(out, '/');
	}
}

void
tile_put_path(struct buf *out, const struct tile *t)
{
	if (t->kind == TILE_ENTRIES) {
		buf_put(out, entries_head);
	} else {
		buf_put(out, hashes_head);
		buf_put_u64_dec(out, t->level);
		buf_put_char(out, '/');
	}
	put_index(out, t->index);
	if (t->width < TILE_WIDTH) {
		buf_put_cstr(out, ".p/");
		buf_put_u64_dec(out, t->width);
	}
}

static enum status
get_group(struct str *in, uint64_t *index)
{
	uint64_t group = 0;

	if (in->n < 3)
		return E_INVALID;
	for (size_t i = 0; i < 3; i++) {
		if (in->p[i] < '0' || in->p[i] > '9')
			return E_INVALID;
		group = group * 10 + (uint64_t)(in->p[i] - '0');
	}
	if (*index > (UINT64_MAX - group) / 1000)
		return E_INVALID;
	*index = *index * 1000 + group;
	*in = str_slice(*in, 3, in->n);
	return OK;
}

static enum status
get_index(struct str *in, uint64_t *index)
{
	bool first = true;

	*index = 0;
	while (str_starts(*in, STR("x"))) {
		*in = str_slice(*in, 1, in->n);
		TRY(get_group(in, index));
		if (first && *index == 0) /* a leading zero group would be a second spelling */
			return E_INVALID;
		if (!str_starts(*in, STR("/")))
			return E_INVALID;
		*in = str_slice(*in, 1, in->n);
		first = false;
	}
	return get_group(in, index);
}

/* "tile/L/" or "tile/entries/". */
static enum status
get_kind(struct str *in, struct tile *t)
{
	uint64_t level;
	size_t slash;

	if (str_starts(*in, entries_head)) {
		t->kind = TILE_ENTRIES;
		*in = str_slice(*in, entries_head.n, in->n);
		return OK;
	}
	if (!str_starts(*in, hashes_head))
		return E_INVALID;
	*in = str_slice(*in, hashes_head.n, in->n);
	slash = str_find_char(*in, '/');
	if (slash == in->n)
		return E_INVALID;
	TRY(str_to_u64(str_slice(*in, 0, slash), TILE_LEVEL_MAX, &level));
	t->level = (unsigned)level;
	*in = str_slice(*in, slash + 1, in->n);
	return OK;
}

static enum status
get_width(struct str in, unsigned *width)
{
	uint64_t w;

	*width = TILE_WIDTH;
	if (in.n == 0)
		return OK;
	if (!str_starts(in, STR(".p/")))
		return E_INVALID;
	TRY(str_to_u64(str_slice(in, 3, in.n), TILE_WIDTH - 1, &w));
	if (w == 0)
		return E_INVALID;
	*width = (unsigned)w;
	return OK;
}

enum status
tile_parse_path(struct str path, struct tile *out)
{
	struct tile t = { 0 };

	if (path.n >= TILE_PATH_MAX)
		return E_INVALID;
	TRY(get_kind(&path, &t));
	TRY(get_index(&path, &t.index));
	TRY(get_width(path, &t.width));
	if (t.index > tile_full_count(t.level, INT64_MAX)) /* beyond any tree that there can be */
		return E_INVALID;
	*out = t;
	return OK;
}

uint64_t
tile_full_count(unsigned level, uint64_t size)
{
	unsigned shift = TILE_HEIGHT * (level + 1);

	return shift < 64 ? size >> shift : 0;
}

unsigned
tile_partial_width(unsigned level, uint64_t size)
{
	unsigned shift = TILE_HEIGHT * level;

	return shift < 64 ? (unsigned)(size >> shift) % TILE_WIDTH : 0;
}

/* The hashes of the tile that a subtree root is made of: `count` of them from `first` on. */
struct span {
	unsigned level;
	uint64_t index;
	unsigned first, count;
};

static struct span
span_of(unsigned level, uint64_t index)
{
	unsigned height = level % TILE_HEIGHT;
	uint64_t start = index << height;

	return (struct span){ level / TILE_HEIGHT, start / TILE_WIDTH, (unsigned)(start % TILE_WIDTH), 1U << height };
}

enum status
tile_of(unsigned level, uint64_t index, uint64_t size, struct tile *out)
{
	struct span s;

	if (level >= 63 || size > INT64_MAX || index >= size >> level)
		return E_INVALID;
	s = span_of(level, index);
	*out = (struct tile){ .kind = TILE_HASHES, .level = s.level, .index = s.index, .width = TILE_WIDTH };
	if (s.index == tile_full_count(s.level, size))
		out->width = tile_partial_width(s.level, size);
	return OK;
}

enum status
tile_hash(const struct tile *t, struct str bytes, unsigned level, uint64_t index, struct hash *out)
{
	struct hash h[TILE_WIDTH / 2];
	struct span s;

	if (level >= 63 || index > (UINT64_MAX >> (level % TILE_HEIGHT)) / 2)
		return E_INVALID;
	s = span_of(level, index);
	if (t->kind != TILE_HASHES || s.level != t->level || s.index != t->index || s.first + s.count > t->width)
		return E_INVALID;
	if (bytes.n > TILE_BYTES || bytes.n % HASH_LEN != 0 || bytes.n < (size_t)t->width * HASH_LEN)
		return E_CORRUPT;
	memcpy(h, bytes.p + (size_t)s.first * HASH_LEN, (size_t)s.count * HASH_LEN);
	for (unsigned n = s.count; n > 1; n /= 2)
		for (unsigned i = 0; i < n / 2; i++)
			h[i] = hash_node(&h[2 * i], &h[2 * i + 1]);
	*out = h[0];
	return OK;
}

enum status
tile_put_entry(struct buf *bundle, struct str entry)
{
	if (entry.n > UINT16_MAX)
		return E_TOO_LARGE;
	if (buf_room(bundle, 2 + entry.n) == NULL)
		return buf_status(bundle);
	buf_put_u16(bundle, (uint16_t)entry.n);
	buf_put(bundle, entry);
	return buf_status(bundle);
}

enum status
tile_next_entry(struct str *rest, struct str *entry)
{
	struct str in = *rest;
	uint16_t n;

	if (in.n == 0)
		return E_END;
	if (buf_get_u16(&in, &n) != OK || buf_get_bytes(&in, n, entry) != OK)
		return E_CORRUPT;
	*rest = in;
	return OK;
}

enum status
tile_entry_at(struct str bundle, unsigned nth, struct str *entry)
{
	enum status st = E_NOT_FOUND;
	struct str found = { 0 };

	if (nth >= TILE_WIDTH)
		return E_NOT_FOUND;
	for (unsigned i = 0; i <= nth; i++) {
		st = tile_next_entry(&bundle, &found);
		if (st != OK)
			return st == E_END ? E_NOT_FOUND : st;
	}
	*entry = found;
	return OK;
}
