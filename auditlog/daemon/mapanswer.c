#include "auditlog/daemon/mapanswer.h"

#include <stdlib.h>

#include "auditlog/base/log.h"
#include "auditlog/client/append.h"

/* All entries of the tag that the map covers, rising. E_TOO_LARGE. */
static enum status
list_entries(const struct mapanswer_from *m, const struct mapanswer_ask *ask, const struct tagmap_facts *f,
	     uint64_t count, uint64_t **out)
{
	CLEANUP(freep) uint64_t *list = NULL;
	uint64_t before = f->size, left = count;
	size_t got = 0;

	if (count > MAPPROOF_INDICES_MAX)
		return E_TOO_LARGE;
	list = calloc((size_t)count + APPEND_LIMIT_MAX, sizeof(*list));
	if (list == NULL)
		return E_NOMEM;
	while (left > 0) {
		uint64_t some[APPEND_LIMIT_MAX];

		TRY(index_by_tag(m->index, str_from(ask->tag, ENTRY_TAG_LEN), before,
				 left < APPEND_LIMIT_MAX ? (size_t)left : APPEND_LIMIT_MAX, some, &got));
		if (got == 0)
			return E_UNAVAILABLE; /* the index lacks what the map has */
		for (size_t i = 0; i < got; i++)
			list[--left] = some[i];
		before = some[got - 1];
	}
	*out = STEAL(&list);
	return OK;
}

static enum status
put_answer(const struct mapanswer_from *m, const struct mapanswer_ask *ask, const struct mapstore_kept *kept,
	   struct buf *out)
{
	CLEANUP(freep) uint64_t *list = NULL;
	CLEANUP(buf_clear) struct buf text = BUF(MAPPROOF_ANSWER_MAX);
	struct str tag = str_from(ask->tag, ENTRY_TAG_LEN);
	struct tagmap_answer a;
	uint64_t count;

	TRY(mapfile_answer(&kept->map, tag, &a));
	TRY(tagmap_check(&kept->facts, tag, &a));
	count = a.present ? a.at.leaf.count : 0;
	TRY(list_entries(m, ask, &kept->facts, count, &list));
	TRY(mapproof_put_answer(&a, list, (size_t)count, &text));
	buf_put_u64(out, kept->entry);
	buf_put_block(out, buf_str(&text));
	return buf_status(out);
}

static enum status
put_season(const struct mapanswer_from *m, const struct mapanswer_ask *ask, const struct mapmake_season *s,
	   struct buf *out)
{
	struct mapstore_kept kept = MAPSTORE_NONE;
	enum status st;

	TRY(mapmake_kept(m->make, s, &kept));
	st = put_answer(m, ask, &kept, out);
	mapstore_clear(&kept);
	if (st == E_CORRUPT) { /* made again at the next question */
		log_warn(st, "map.anew", "what=\"a file of index/maps is damaged\"");
		mapstore_remove(m->make->dirfd, s->month);
		return E_UNAVAILABLE;
	}
	return st;
}

/* The month before counts when its map joins; a log older than its maps has none, and that is no error. */
static enum status
put_before(const struct mapanswer_from *m, const struct mapanswer_ask *ask, uint64_t first, struct buf *out,
	   uint8_t *parts)
{
	struct mapmake_season s;
	enum status st;

	if (first == 0)
		return OK;
	st = mapmake_season_at(m->make, first - 1, &s);
	if (st == E_EXPIRED)
		return OK;
	TRY(st);
	st = put_season(m, ask, &s, out);
	*parts = (uint8_t)(*parts + (st == OK));
	return st == E_NOT_FOUND ? OK : st;
}

enum status
mapanswer_put(const struct mapanswer_from *m, const struct mapanswer_ask *ask, struct buf *out)
{
	struct mapmake_season s, next;
	uint8_t parts = 1;

	TRY(mapmake_season(m->make, ask->month, &s));
	buf_put_u8(out, 0);
	TRY(put_before(m, ask, s.first, out, &parts));
	TRY(put_season(m, ask, &s, out));
	if (s.over) {
		TRY(mapmake_season_at(m->make, s.end, &next));
		TRY(put_season(m, ask, &next, out));
		parts++;
	}
	out->p[0] = (char)parts;
	return OK;
}
