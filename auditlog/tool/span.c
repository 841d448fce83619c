#include "auditlog/tool/span.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "auditlog/core/bisect.h"
#include "auditlog/tool/levels.h"
#include "auditlog/tool/meter.h"

/* What the log keeps no longer is not looked at where that is accepted. */
static uint64_t
kept_from(const struct target *t)
{
	return t->accept_pruned && t->pruned.minimum < t->head.size ? t->pruned.minimum : 0;
}

/* ---- by time ---- */

static enum status
time_of(void *ctx, uint64_t index, int64_t *us)
{
	struct proven *p = ctx;
	struct entry_view view;
	struct str line;
	char place[64];
	enum status st = logread_entry(p->source.log, index, p->target.head.size, &line);

	snprintf(place, sizeof(place), "entry %" PRIu64, index);
	if (st != OK) {
		findings_resource(&p->found, place, st, target_why(&p->source, st));
		return st;
	}
	if (entry_parse(line, &view) != OK) {
		findings_bad(&p->found, place, "it is not written as an entry must be (auditlog.5)");
		return E_CORRUPT;
	}
	*us = view.time_us;
	return OK;
}

/* The first entry that is not before us; the size when there is none. */
static enum status
bisect(struct proven *p, int64_t us, uint64_t *out)
{
	return bisect_times(kept_from(&p->target), p->target.head.size, us, time_of, p, out);
}

enum status
span_of_times(struct proven *p, int64_t from_us, int64_t to_us, struct span *out)
{
	uint64_t size = p->target.head.size, least = kept_from(&p->target), first = least, end = size;

	if (from_us != INT64_MIN)
		TRY(bisect(p, from_us, &first));
	if (to_us != INT64_MAX)
		TRY(bisect(p, to_us, &end));
	out->first = first > least ? first - 1 : least;
	out->end = end < size ? end + 1 : size;
	out->from_us = from_us;
	out->to_us = to_us;
	return OK;
}

/* ---- a bundle under the root ---- */

/* For proof_inclusion(): hashes of the tree over the leaves of one chunk. */
static enum status
read_inner(void *ctx, unsigned level, uint64_t index, struct hash *out)
{
	const struct chunk *c = ctx;
	struct hash work[TILE_WIDTH];
	size_t width = (size_t)1 << level;

	memcpy(work, c->leaf + index * width, width * sizeof(*work));
	*out = levels_fold(work, (unsigned)width);
	return OK;
}

/*
 * The path of the chunk's first leaf to the signed root. The part of it inside the chunk is made of the leaves at hand
 * and not of what the log's tile says, so that one path proves them all.
 */
static enum status
path_of(struct proven *p, struct chunk *c, struct proof *path)
{
	const struct hash_reader inner = { .read = read_inner, .ctx = c };
	struct proof within;

	TRY(logread_inclusion(p->source.log, c->number * TILE_WIDTH, p->target.head.size, path));
	TRY(proof_inclusion(&inner, 0, c->count, &within));
	if (within.n > path->n)
		return E_CORRUPT;
	memcpy(path->h, within.h, within.n * sizeof(*within.h));
	return OK;
}

static void
prove_chunk(struct proven *p, struct chunk *c)
{
	uint64_t first = c->number * TILE_WIDTH;
	const struct checkpoint *head = &p->target.head;
	char place[64];
	enum status st = path_of(p, c, &p->path);

	snprintf(place, sizeof(place), "entries %" PRIu64 " to %" PRIu64, first, first + c->count - 1);
	if (st != OK)
		findings_resource(&p->found, place, st, target_why(&p->source, st));
	else if (proof_check_inclusion(&p->path, first, head->size, &c->leaf[0], &head->root) != OK)
		findings_bad(&p->found, place,
			     "their hashes do not lead to the signed root; auditlog verify names the damaged file");
}

/* ---- the part ---- */

/* What a chunk is judged by besides itself. */
struct edge {
	struct hash last_leaf;
	int64_t last_us;
	bool known;
};

static void
check_seam(struct proven *p, const struct span *s, const struct chunk *c, struct edge *before)
{
	uint64_t first = c->number * TILE_WIDTH;
	char place[64];

	snprintf(place, sizeof(place), "entry %" PRIu64, first);
	if (!c->has_first || !c->has_last)
		return;
	if (before->known && !hash_eq(&c->first_prev, &before->last_leaf))
		findings_bad(&p->found, place, "its prev is not the hash of the entry before it");
	if (before->known && c->first_us <= before->last_us)
		findings_bad(&p->found, place, "its time does not rise");
	/* The edges show that nothing which was asked for lies outside. */
	if (!before->known && s->first > kept_from(&p->target) && s->from_us != INT64_MIN && c->first_us >= s->from_us)
		findings_bad(&p->found, place, "times do not rise up to it");
	*before = (struct edge){ .last_leaf = c->leaf[c->count - 1], .last_us = c->last_us, .known = true };
}

static void
check_far_edge(struct proven *p, const struct span *s, const struct edge *last)
{
	if (last->known && s->end < p->target.head.size && s->to_us != INT64_MAX && last->last_us < s->to_us)
		findings_bad(&p->found, "the part that was read", "times do not rise behind it");
}

static enum status
run(struct proven *p, const struct span *s, struct chunk *c, uint64_t *entries)
{
	struct edge before = { 0 };
	struct meter meter;
	enum status st = OK;

	meter_start(&meter, s->end - s->first, true);
	for (uint64_t n = s->first / TILE_WIDTH; st == OK && n * TILE_WIDTH < s->end; n++) {
		chunk_fill(c, &p->source, n, p->target.head.size, &s->look);
		check_seam(p, s, c, &before);
		prove_chunk(p, c);
		findings_append(&p->found, &c->found);
		*entries += c->count;
		meter_show(&meter, *entries);
		if (findings_none(&p->found) && s->absorb)
			st = s->absorb(s->look.ctx, buf_str(&c->extracted));
	}
	meter_end(&meter);
	check_far_edge(p, s, &before);
	findings_settle(&p->found, p->target.head.size, false);
	return st;
}

enum status
span_run(struct proven *p, const struct span *s, uint64_t *entries)
{
	struct chunk *c = calloc(1, sizeof(*c));
	enum status st;

	*entries = 0;
	if (!c)
		return E_NOMEM;
	st = run(p, s, c, entries);
	chunk_clear(c);
	free(c);
	return st;
}
