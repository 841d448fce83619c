/* trees.h: small trees, computed by the definition and slowly, that merkle and proof are measured against. */
#ifndef TESTS_UNIT_TREES_H
#define TESTS_UNIT_TREES_H

#include "auditlog/core/merkle.h"

#define TREES_LEAVES 300

struct trees {
	size_t n;
	struct hash leaf[TREES_LEAVES];
};

/* MTH(D[start:end]) straight from RFC 9162 2.1.1. */
static inline struct hash
trees_root(const struct trees *t, size_t start, size_t end)
{
	struct hash left, right;
	size_t k = 1;

	if (start == end)
		return hash_empty();
	if (end - start == 1)
		return t->leaf[start];
	while (k * 2 < end - start)
		k *= 2;
	left = trees_root(t, start, start + k);
	right = trees_root(t, start + k, end);
	return hash_node(&left, &right);
}

static inline enum status
trees_read(void *ctx, unsigned level, uint64_t index, struct hash *out)
{
	const struct trees *t = ctx;
	size_t width = (size_t)1 << level, start = (size_t)index * width;

	if (start + width > t->n)
		return E_NOT_FOUND;
	*out = trees_root(t, start, start + width);
	return OK;
}

/* Leaf i is the single byte i. */
static inline void
trees_of_bytes(struct trees *t, size_t n)
{
	t->n = n;
	for (size_t i = 0; i < n; i++) {
		const unsigned char byte = (unsigned char)i;

		t->leaf[i] = hash_leaf(str_from(&byte, 1));
	}
}

#endif
