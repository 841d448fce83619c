#include "auditlog/core/merkle.h"

#include "auditlog/core/tile.h"

enum status
merkle_add(struct merkle *m, const struct hash *leaf, merkle_sink *sink, void *ctx)
{
	struct hash h = *leaf;
	unsigned level = 0;

	if (m->size >= MERKLE_SIZE_MAX)
		return E_TOO_LARGE;
	/* The carry of a binary counter: what is combined here stays in at[] until the size says that it no longer
	 * counts. */
	for (;;) {
		if (sink != NULL && level % TILE_HEIGHT == 0)
			TRY(sink(ctx, level / TILE_HEIGHT, m->size >> level, &h));
		if ((m->size >> level & 1) == 0)
			break;
		h = hash_node(&m->at[level], &h);
		level++;
	}
	m->at[level] = h;
	m->size++;
	return OK;
}

struct hash
merkle_root(const struct merkle *m)
{
	unsigned level = 0;
	struct hash h;

	if (m->size == 0)
		return hash_empty();
	while ((m->size >> level & 1) == 0)
		level++;
	h = m->at[level];
	for (level++; level < MERKLE_LEVELS; level++)
		if ((m->size >> level & 1) != 0)
			h = hash_node(&m->at[level], &h);
	return h;
}

void
merkle_put(struct buf *out, const struct merkle *m)
{
	buf_put_u64(out, m->size);
	for (unsigned level = MERKLE_LEVELS; level-- > 0;)
		if ((m->size >> level & 1) != 0)
			buf_put(out, hash_str(&m->at[level]));
}

enum status
merkle_get(struct str *in, struct merkle *out)
{
	struct str rest = *in;
	struct merkle m = { 0 };

	TRY(buf_get_u64(&rest, &m.size));
	if (m.size > MERKLE_SIZE_MAX)
		return E_INVALID;
	for (unsigned level = MERKLE_LEVELS; level-- > 0;)
		if ((m.size >> level & 1) != 0)
			TRY(buf_get_into(&rest, m.at[level].b, HASH_LEN));
	*in = rest;
	*out = m;
	return OK;
}

enum status
merkle_from_reader(const struct hash_reader *r, uint64_t size, struct merkle *out)
{
	struct merkle m = { .size = size };

	if (size > MERKLE_SIZE_MAX)
		return E_INVALID;
	/* The subtree of set bit `level` follows those of all higher bits: they are size >> (level + 1) pairs of its
	 * kind. */
	for (unsigned level = 0; level < MERKLE_LEVELS; level++)
		if ((size >> level & 1) != 0)
			TRY(r->read(r->ctx, level, (size >> level) - 1, &m.at[level]));
	*out = m;
	return OK;
}
