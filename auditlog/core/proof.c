#include "auditlog/core/proof.h"

#include "auditlog/base/encode.h"

/* The largest power of two below n, for n >= 2: where the tree of n leaves splits. */
static uint64_t
split_of(uint64_t n)
{
	return UINT64_C(1) << (63 - __builtin_clzll(n - 1));
}

/* ---- checking ---- */

/*
 * The climb that both checks share (RFC 9162 2.1.3.2 and 2.1.4.2): fn is where we are on this level, sn the last node
 * of it.
 */
struct climb {
	uint64_t fn, sn;
};

/* True when the next hash of the proof stands to the left of us. */
static bool
comes_from_left(const struct climb *c)
{
	return (c->fn & 1) != 0 || c->fn == c->sn;
}

static void
climb_on(struct climb *c, bool left)
{
	/* A node without a right sibling moves up unchanged until it is a right child. */
	while (left && (c->fn & 1) == 0 && c->fn != 0) {
		c->fn >>= 1;
		c->sn >>= 1;
	}
	c->fn >>= 1;
	c->sn >>= 1;
}

enum status
proof_check_inclusion(const struct proof *p, uint64_t index, uint64_t size, const struct hash *leaf,
		      const struct hash *root)
{
	struct climb c = { index, size - 1 };
	struct hash h = *leaf;

	if (index >= size || size > MERKLE_SIZE_MAX || p->n > PROOF_HASHES_MAX)
		return E_INVALID;
	for (size_t i = 0; i < p->n; i++) {
		bool left = comes_from_left(&c);

		if (c.sn == 0)
			return E_CORRUPT;
		h = left ? hash_node(&p->h[i], &h) : hash_node(&h, &p->h[i]);
		climb_on(&c, left);
	}
	return c.sn == 0 && hash_eq(&h, root) ? OK : E_CORRUPT;
}

/* What both sizes have settled before any climbing. E_END: climb. */
static enum status
check_simple(const struct proof *p, uint64_t old_size, const struct hash *old_root, uint64_t new_size,
	     const struct hash *new_root)
{
	const struct hash nothing = hash_empty();

	if (old_size > new_size || new_size > MERKLE_SIZE_MAX || p->n > PROOF_HASHES_MAX)
		return E_INVALID;
	if (new_size == 0 && !hash_eq(new_root, &nothing))
		return E_CORRUPT;
	if (old_size == 0)
		return p->n == 0 && hash_eq(old_root, &nothing) ? OK : E_CORRUPT;
	if (old_size == new_size)
		return p->n == 0 && hash_eq(old_root, new_root) ? OK : E_CORRUPT;
	return p->n > 0 ? E_END : E_CORRUPT;
}

enum status
proof_check_consistency(const struct proof *p, uint64_t old_size, const struct hash *old_root, uint64_t new_size,
			const struct hash *new_root)
{
	enum status simple = check_simple(p, old_size, old_root, new_size, new_root);
	struct climb c = { old_size - 1, new_size - 1 };
	struct hash old_h, new_h;
	size_t i = 0;

	if (simple != E_END)
		return simple;
	/* The old tree's last perfect subtree is where the climb starts; when it is the whole old tree, its hash is
	 * known. */
	old_h = (old_size & (old_size - 1)) == 0 ? *old_root : p->h[i++];
	new_h = old_h;
	while ((c.fn & 1) != 0) {
		c.fn >>= 1;
		c.sn >>= 1;
	}
	for (; i < p->n; i++) {
		bool left = comes_from_left(&c);

		if (c.sn == 0)
			return E_CORRUPT;
		if (left)
			old_h = hash_node(&p->h[i], &old_h);
		new_h = left ? hash_node(&p->h[i], &new_h) : hash_node(&new_h, &p->h[i]);
		climb_on(&c, left);
	}
	return c.sn == 0 && hash_eq(&old_h, old_root) && hash_eq(&new_h, new_root) ? OK : E_CORRUPT;
}

/* ---- building ---- */

/*
 * MTH(D[start:end]) for an end in a tree whose subtrees start where start is: the perfect subtrees of the range,
 * largest first from the left, folded from the right.
 */
static enum status
range_hash(const struct hash_reader *r, uint64_t start, uint64_t end, struct hash *out)
{
	uint64_t n = end - start;
	bool first = true;

	for (unsigned level = 0; level < MERKLE_LEVELS; level++) {
		struct hash h;

		if ((n >> level & 1) == 0)
			continue;
		/* Subtree `level` ends where the bits below it begin. */
		TRY(r->read(r->ctx, level, ((start + (n >> level << level)) >> level) - 1, &h));
		*out = first ? h : hash_node(&h, out);
		first = false;
	}
	return OK;
}

enum status
proof_subtree(const struct hash_reader *r, uint64_t start, uint64_t end, struct hash *out)
{
	uint64_t n = end - start, width = 1;
	struct hash h;

	if (start > end || end > MERKLE_SIZE_MAX)
		return E_INVALID;
	while (width < n)
		width <<= 1;
	if (start % width != 0)
		return E_INVALID;
	if (n == 0) {
		*out = hash_empty();
		return OK;
	}
	TRY(range_hash(r, start, end, &h));
	*out = h;
	return OK;
}

/* The ranges whose hashes make the proof, nearest to the root first. */
struct ranges {
	size_t n;
	uint64_t start[PROOF_HASHES_MAX], end[PROOF_HASHES_MAX];
};

static void
push(struct ranges *ranges, uint64_t start, uint64_t end)
{
	ranges->start[ranges->n] = start;
	ranges->end[ranges->n++] = end;
}

/* Proofs name the hash nearest to the leaf first. */
static enum status
read_backwards(const struct hash_reader *r, const struct ranges *ranges, struct proof *out)
{
	struct proof p = { .n = ranges->n };

	for (size_t i = 0; i < p.n; i++)
		TRY(range_hash(r, ranges->start[p.n - 1 - i], ranges->end[p.n - 1 - i], &p.h[i]));
	*out = p;
	return OK;
}

enum status
proof_inclusion(const struct hash_reader *r, uint64_t index, uint64_t size, struct proof *out)
{
	struct ranges ranges = { 0 };
	uint64_t start = 0, end = size;

	if (index >= size || size > MERKLE_SIZE_MAX)
		return E_INVALID;
	while (end - start > 1) {
		uint64_t middle = start + split_of(end - start);

		if (index < middle) {
			push(&ranges, middle, end);
			end = middle;
		} else {
			push(&ranges, start, middle);
			start = middle;
		}
	}
	return read_backwards(r, &ranges, out);
}

enum status
proof_consistency(const struct hash_reader *r, uint64_t old_size, uint64_t new_size, struct proof *out)
{
	struct ranges ranges = { 0 };
	uint64_t start = 0, end = new_size;

	if (old_size > new_size || new_size > MERKLE_SIZE_MAX)
		return E_INVALID;
	/* Down to the node that ends exactly where the old tree does. */
	while (old_size > 0 && end != old_size) {
		uint64_t middle = start + split_of(end - start);

		if (old_size <= middle) {
			push(&ranges, middle, end);
			end = middle;
		} else {
			push(&ranges, start, middle);
			start = middle;
		}
	}
	/* That node is the whole old tree when we never went right: then its hash is the old root and is left out. */
	if (start > 0)
		push(&ranges, start, end);
	return read_backwards(r, &ranges, out);
}

/* ---- text ---- */

void
proof_put_lines(struct buf *out, const struct proof *p)
{
	for (size_t i = 0; i < p->n; i++) {
		hash_put_base64(out, &p->h[i]);
		buf_put_char(out, '\n');
	}
}

/* One line with its newline off the front. */
static enum status
get_line(struct str *in, struct str *line)
{
	size_t at = str_find_char(*in, '\n');

	if (at == in->n)
		return E_INVALID;
	*line = str_slice(*in, 0, at);
	*in = str_slice(*in, at + 1, in->n);
	return OK;
}

enum status
proof_get_lines(struct str *in, size_t most, struct proof *out)
{
	struct str rest = *in, line;
	struct proof p = { 0 };

	for (;;) {
		TRY(get_line(&rest, &line));
		if (line.n == 0)
			break;
		if (p.n >= most || p.n >= PROOF_HASHES_MAX)
			return E_INVALID;
		TRY(hash_from_base64(line, &p.h[p.n]));
		p.n++;
	}
	*in = rest;
	*out = p;
	return OK;
}

static const struct str file_head = STR_INIT("c2sp.org/tlog-proof@v1");
static const struct str extra_head = STR_INIT("extra ");
static const struct str index_head = STR_INIT("index ");

void
proof_put_file(struct buf *out, const struct proof_file *f)
{
	buf_put(out, file_head);
	buf_put_char(out, '\n');
	if (f->extra.p != NULL) {
		buf_put(out, extra_head);
		buf_put(out, f->extra);
		buf_put_char(out, '\n');
	}
	buf_put(out, index_head);
	buf_put_u64_dec(out, f->index);
	buf_put_char(out, '\n');
	proof_put_lines(out, &f->path);
	buf_put_char(out, '\n');
	buf_put(out, f->checkpoint);
}

static enum status
get_extra(struct str *line, struct str *rest, struct str *extra)
{
	CLEANUP(buf_clear) struct buf bytes = BUF(PROOF_FILE_MAX);

	*extra = (struct str){ NULL, 0 };
	if (!str_starts(*line, extra_head))
		return OK;
	*extra = str_slice(*line, extra_head.n, line->n);
	TRY(decode_base64(*extra, &bytes));
	return get_line(rest, line);
}

enum status
proof_parse_file(struct str text, struct proof_file *out)
{
	struct proof_file f = { 0 };
	struct str line;

	if (text.n > PROOF_FILE_MAX)
		return E_TOO_LARGE;
	TRY(get_line(&text, &line));
	if (!str_eq(line, file_head))
		return E_INVALID;
	TRY(get_line(&text, &line));
	TRY(get_extra(&line, &text, &f.extra));
	if (!str_starts(line, index_head))
		return E_INVALID;
	TRY(str_to_u64(str_slice(line, index_head.n, line.n), MERKLE_SIZE_MAX, &f.index));
	TRY(proof_get_lines(&text, PROOF_HASHES_MAX, &f.path));
	if (text.n == 0)
		return E_INVALID;
	f.checkpoint = text;
	*out = f;
	return OK;
}
