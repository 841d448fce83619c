#include "auditlog/tool/levels.h"

#include <string.h>

struct hash
levels_fold(struct hash *h, size_t n)
{
	while (n > 1) {
		size_t half = n / 2;

		for (size_t i = 0; i < half; i++)
			h[i] = hash_node(&h[2 * i], &h[2 * i + 1]);
		if (n % 2) /* an odd one goes up as it is: that is where RFC 9162 splits too */
			h[half] = h[n - 1];
		n = half + n % 2;
	}
	return h[0];
}

void
levels_add(struct levels *l, const struct hash *root, levels_tile *done, void *ctx)
{
	struct hash up = *root;

	for (unsigned level = 1; level <= TILE_LEVEL_MAX; level++) {
		struct tile t = { .kind = TILE_HASHES, .level = level, .index = l->full[level], .width = TILE_WIDTH };
		struct hash work[TILE_WIDTH];

		l->at[level][l->n[level]++] = up;
		if (l->n[level] < TILE_WIDTH)
			return;
		if (done)
			done(ctx, &t, l->at[level]);
		memcpy(work, l->at[level], sizeof(work));
		up = levels_fold(work, TILE_WIDTH);
		l->n[level] = 0;
		l->full[level]++;
	}
}

void
levels_rest(const struct levels *l, levels_tile *done, void *ctx)
{
	for (unsigned level = 1; level <= TILE_LEVEL_MAX; level++) {
		struct tile t = { .kind = TILE_HASHES, .level = level, .index = l->full[level], .width = l->n[level] };

		if (t.width)
			done(ctx, &t, l->at[level]);
	}
}

struct hash
levels_root(const struct levels *l, const struct hash *leaves, unsigned n)
{
	struct hash work[TILE_WIDTH + 1];
	struct hash below = { 0 };
	bool some = false;

	for (unsigned level = 0; level <= TILE_LEVEL_MAX; level++) {
		size_t count = level ? l->n[level] : n;

		memcpy(work, level ? l->at[level] : leaves, count * sizeof(*work));
		if (some)
			work[count++] = below;
		if (count) {
			below = levels_fold(work, count);
			some = true;
		}
	}
	return some ? below : hash_empty();
}
