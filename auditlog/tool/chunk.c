#include "auditlog/tool/chunk.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "auditlog/tool/levels.h"
#include "auditlog/tool/skim.h"

/* The entry before the one at hand, within the chunk. */
struct before {
	const struct hash *leaf; /* NULL before the first */
	int64_t us;
	bool has_us;
};

void
chunk_clear(struct chunk *c)
{
	buf_clear(&c->extracted);
	buf_clear(&c->noticed);
}

static struct tile
own_tile(const struct chunk *c, enum tile_kind kind)
{
	return (struct tile){ .kind = kind, .index = c->number, .width = c->count };
}

static void
resource_finding(struct chunk *c, const struct source *src, enum tile_kind kind, enum status st)
{
	CLEANUP(buf_clear) struct buf path = { 0 };
	struct tile t = own_tile(c, kind);

	tile_put_path(&path, &t);
	buf_put_char(&path, '\0');
	if (buf_status(&path) == OK)
		findings_resource(&c->found, path.p, st, target_why(src, st));
}

static void
entry_finding(struct chunk *c, unsigned nth, const char *what)
{
	char place[64];

	snprintf(place, sizeof(place), "entry %" PRIu64, c->number * TILE_WIDTH + nth);
	findings_bad(&c->found, place, "%s", what);
}

static void
load_tile(struct chunk *c, struct source *src)
{
	struct tile t = own_tile(c, TILE_HASHES);
	struct str bytes;
	enum status st = logread_tile(src->log, &t, &bytes);

	c->has_tile = st == OK;
	if (st == OK)
		memcpy(c->tile, bytes.p, (size_t)c->count * HASH_LEN);
	else
		resource_finding(c, src, TILE_HASHES, st);
}

static const char *
wrong_in_place(const struct entry_view *e, uint64_t index, const struct before *before)
{
	if (e->index != index)
		return "it states another index";
	if (before->leaf && !hash_eq(&e->prev, before->leaf))
		return "its prev is not the hash of the entry before it";
	if (before->has_us && e->time_us <= before->us)
		return "its time does not rise";
	return NULL;
}

/* Reads the entry whole and says what is wrong with it. True when nothing is. */
static bool
read_entry(struct chunk *c, unsigned nth, struct str line, struct before *before, struct entry_view *view)
{
	const char *wrong = NULL;

	if (entry_parse(line, view) != OK) {
		entry_finding(c, nth, "it is not written as an entry must be (auditlog.5)");
		before->leaf = &c->leaf[nth];
		return false;
	}
	wrong = wrong_in_place(view, c->number * TILE_WIDTH + nth, before);
	if (wrong)
		entry_finding(c, nth, wrong);
	if (nth == 0) {
		c->has_first = true;
		c->first_prev = view->prev;
		c->first_us = view->time_us;
	}
	*before = (struct before){ .leaf = &c->leaf[nth], .us = view->time_us, .has_us = true };
	return !wrong;
}

/* True when the head of the entry says that it is in its place; otherwise nothing is known yet. */
static bool
skim(struct chunk *c, unsigned nth, struct str line, struct before *before)
{
	int64_t us = 0;

	if (!before->leaf || !before->has_us || !skim_entry(line, c->number * TILE_WIDTH + nth, before->leaf, &us) ||
	    us <= before->us)
		return false;
	*before = (struct before){ .leaf = &c->leaf[nth], .us = us, .has_us = true };
	return true;
}

static void
notice(struct chunk *c, unsigned nth, int64_t us, struct str line, const struct chunk_look *look)
{
	if (look->notice)
		look->notice(c->number * TILE_WIDTH + nth, us, line, &c->noticed);
}

/* Everything about one entry; what is sound is handed on. */
static void
check_entry(struct chunk *c, unsigned nth, struct str line, struct before *before, const struct chunk_look *look)
{
	struct entry_view view;
	bool fits = !c->has_tile || hash_eq(&c->leaf[nth], &c->tile[nth]);

	if (!fits)
		findings_mismatch(&c->found, c->number * TILE_WIDTH + nth);
	if (!look->whole && !look->extract && skim(c, nth, line, before)) {
		notice(c, nth, before->us, line, look);
		return;
	}
	if (!read_entry(c, nth, line, before, &view))
		return;
	notice(c, nth, view.time_us, line, look);
	if (fits && look->extract)
		look->extract(look->ctx, &view, line, &c->extracted);
}

/* Behind the entries that this size has there is nothing, or the rest of a full bundle that was taken instead. */
static bool
rest_is_whole(const struct chunk *c, struct str rest)
{
	unsigned count = c->count;
	struct str line;

	if (rest.n == 0)
		return true;
	while (tile_next_entry(&rest, &line) == OK)
		count++;
	return rest.n == 0 && count == TILE_WIDTH;
}

static enum status
hash_entries(struct chunk *c, struct str bundle)
{
	struct str line;

	for (unsigned i = 0; i < c->count; i++) {
		if (tile_next_entry(&bundle, &line) != OK)
			return E_CORRUPT;
		c->leaf[i] = hash_leaf(line);
		c->bytes += line.n;
	}
	return rest_is_whole(c, bundle) ? OK : E_CORRUPT;
}

static void
check_entries(struct chunk *c, struct str bundle, const struct chunk_look *look)
{
	struct before before = { 0 };
	struct str line;

	for (unsigned i = 0; i < c->count && tile_next_entry(&bundle, &line) == OK; i++)
		check_entry(c, i, line, &before, look);
	c->has_last = before.has_us;
	c->last_us = before.us;
	if (buf_status(&c->extracted) != OK || buf_status(&c->noticed) != OK)
		findings_unread(&c->found, "the result", "more than one step can hand on");
}

/* The published hashes stand in for the entries. */
static void
take_tile(struct chunk *c)
{
	c->lost = !c->has_tile;
	memcpy(c->leaf, c->tile, sizeof(c->leaf));
}

static uint64_t
end_of(const struct chunk *c)
{
	return c->number * TILE_WIDTH + c->count;
}

/* A log that is in use may be pruned further while it is read. */
static void
note_missing(struct chunk *c, struct source *src, const struct chunk_look *look, enum status st)
{
	struct pruned now = { 0 };
	char place[64];

	snprintf(place, sizeof(place), "entries up to %" PRIu64, end_of(c) - 1);
	if (st != E_NOT_FOUND || logread_pruned(src->log, &now) != OK || end_of(c) > now.minimum)
		resource_finding(c, src, TILE_ENTRIES, st);
	else if (look->pruned)
		findings_unread(&c->found, place, "they were pruned while the log was read; start again");
	else
		findings_bad(&c->found, place,
			     "missing: minimum-index says that entries below %" PRIu64
			     " are kept no longer; --pruned accepts that if the log itself says so",
			     now.minimum);
}

static void
load_entries(struct chunk *c, struct source *src, const struct chunk_look *look)
{
	struct tile t = own_tile(c, TILE_ENTRIES);
	struct str bundle;
	enum status st = logread_tile(src->log, &t, &bundle);

	if (st == OK)
		st = hash_entries(c, bundle);
	if (st == OK) {
		check_entries(c, bundle, look);
		return;
	}
	note_missing(c, src, look, st);
	take_tile(c); /* so that the rest of the log can still be judged */
}

void
chunk_fill(struct chunk *c, struct source *src, uint64_t number, uint64_t size, const struct chunk_look *look)
{
	struct buf extracted = c->extracted, noticed = c->noticed;
	struct hash work[TILE_WIDTH];

	buf_reset(&extracted);
	buf_reset(&noticed);
	memset(c, 0, sizeof(*c));
	c->extracted = extracted;
	c->noticed = noticed;
	c->extracted.max = c->noticed.max = CHUNK_EXTRACT_MAX;
	c->number = number;
	c->count = size / TILE_WIDTH > number ? TILE_WIDTH : (unsigned)(size % TILE_WIDTH);
	load_tile(c, src);
	c->pruned = look->pruned && end_of(c) <= look->minimum;
	if (c->pruned)
		take_tile(c);
	else
		load_entries(c, src, look);
	if (c->lost || c->count < TILE_WIDTH)
		return;
	memcpy(work, c->leaf, sizeof(work));
	c->root = levels_fold(work, TILE_WIDTH);
}
