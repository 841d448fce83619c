#include "auditlog/daemon/mapmake.h"

#include <inttypes.h>

#include "auditlog/base/clock.h"
#include "auditlog/base/log.h"
#include "auditlog/core/bisect.h"

/* How far behind a map may be when it is handed to the writer: what waits there comes before it. */
#define LAG_MOST (TAGMAP_LAG_MAX / 4)

/* ---- months ---- */

static enum status
read_entry(struct mapmake *m, uint64_t index, struct entry_view *v)
{
	buf_reset(&m->line);
	TRY(entries_get(&m->entries, index, &m->line));
	return entry_parse(buf_str(&m->line), v) == OK ? OK : E_CORRUPT;
}

static enum status
time_of(void *ctx, uint64_t index, int64_t *us)
{
	struct mapmake *m = ctx;
	struct entry_view v = { 0 };

	TRY(read_entry(m, index, &v));
	*us = v.time_us;
	return OK;
}

/* The first entry that is kept and not before this time; size when there is none. Times rise. */
static enum status
search(struct mapmake *m, uint64_t size, int64_t us, uint64_t *out)
{
	uint64_t low = 0;

	TRY(entries_minimum(&m->entries, &low));
	return bisect_times(low, size, us, time_of, m, out);
}

enum status
mapmake_season(struct mapmake *m, unsigned month, struct mapmake_season *out)
{
	uint64_t size = progress_size(m->progress);
	struct mapmake_season s = { .month = month };
	int64_t from = 0, until = 0;

	tagmap_month_bounds(month, &from, &until);
	TRY(search(m, size, from, &s.first));
	TRY(search(m, size, until, &s.end));
	s.over = s.end < size;
	if (s.first == s.end)
		return E_NOT_FOUND;
	*out = s;
	return OK;
}

enum status
mapmake_season_at(struct mapmake *m, uint64_t index, struct mapmake_season *out)
{
	int64_t us = 0;

	TRY(time_of(m, index, &us));
	return mapmake_season(m, tagmap_month_of(us), out);
}

/* ---- what there is already ---- */

/* A kept map goes on growing only after it was read whole once: a wrong root in the log could never be taken back. */
static enum status
load_sound(struct mapmake *m, const struct mapmake_season *s, struct mapstore_kept *out)
{
	enum status st = mapstore_load(m->dirfd, s->month, out);

	if (st == OK && (out->facts.first != s->first || out->facts.size > s->end))
		st = E_CORRUPT;
	if (st == OK && m->looked_at != s->month)
		st = mapfile_verify(&out->map);
	if (st == OK) {
		m->looked_at = s->month;
		return OK;
	}
	if (st != E_NOT_FOUND)
		log_warn(st, "map.anew", "month=%04u-%02u what=\"a file of index/maps is damaged\"", s->month / 12,
			 s->month % 12 + 1);
	mapstore_clear(out);
	mapstore_remove(m->dirfd, s->month);
	return E_NOT_FOUND;
}

/* The closing map of a month that is over, if the log has it. */
static enum status
find_closing(struct mapmake *m, const struct mapmake_season *s, struct tagmap_facts *facts, uint64_t *entry)
{
	uint64_t size = progress_size(m->progress);

	for (uint64_t i = s->end; i < size; i++) {
		struct entry_view v = { 0 };

		buf_reset(&m->line);
		TRY(entries_get(&m->entries, i, &m->line));
		if (!tagmap_is_map(buf_str(&m->line)) || entry_parse(buf_str(&m->line), &v) != OK ||
		    tagmap_get_facts(&v, facts) != OK)
			continue;
		if (facts->month == s->month && facts->closed) {
			*entry = i;
			return OK;
		}
		/* Once there are two later months the time for it is over. */
		if (facts->closed)
			break;
	}
	return E_NOT_FOUND;
}

/* ---- growing ---- */

struct making {
	const struct mapmake_season *season;
	struct mapfile_growth growth;
	struct mapstore_place place;
	uint64_t next; /* entries below it are in the growth, from season->first on */
	int64_t last_us;
	bool news, kept;
};

static enum status
take_entry(struct mapmake *m, struct making *k)
{
	struct entry_view v = { 0 };

	TRY(read_entry(m, k->next, &v));
	for (size_t i = 0; i < v.entry.about_count; i++)
		TRY(mapfile_add(&k->growth, v.entry.about[i].tag.p, k->next));
	k->news = k->news || v.entry.event != ENTRY_LOG_MAP;
	k->last_us = v.time_us;
	k->next++;
	return OK;
}

/* Up to the end of the month, or of the log: as long as it takes to come close to that. */
static enum status
take_entries(struct mapmake *m, struct making *k)
{
	int64_t from = 0, until = 0;
	uint64_t end = k->season->end;

	tagmap_month_bounds(k->season->month, &from, &until);
	while (k->next < end) {
		if (progress_stopping(m->progress))
			return E_UNAVAILABLE;
		TRY(take_entry(m, k));
	}
	return k->last_us != 0 ? OK : time_of(m, k->next - 1, &k->last_us);
}

static struct tagmap_facts
facts_of(const struct making *k)
{
	return (struct tagmap_facts){
		.month = k->season->month,
		.first = k->season->first,
		.size = k->next,
		.until_us = k->last_us,
		.tags = k->growth.at.tags,
		.root = k->growth.at.root,
		.closed = k->season->over,
	};
}

/* The log has the closing map, and the file was lost: the same must come out again. */
static enum status
keep_again(struct making *k, const struct tagmap_facts *said, uint64_t entry)
{
	struct tagmap_facts made = facts_of(k);

	if (made.size != said->size || made.tags != said->tags || !hash_eq(&made.root, &said->root)) {
		log_error(E_CORRUPT, "map.wrong", "entry=%" PRIu64, entry);
		return E_CORRUPT;
	}
	return mapstore_keep(&k->place, &k->growth.at, said, entry);
}

static enum status
write_map(struct mapmake *m, struct making *k)
{
	struct tagmap_facts facts = facts_of(k);
	uint64_t entry = 0;

	if (!facts.closed && progress_size(m->progress) - facts.size > LAG_MOST)
		return E_BUSY;
	TRY(m->append(m->append_ctx, &facts, &entry));
	return mapstore_keep(&k->place, &k->growth.at, &facts, entry);
}

/* The month before the newest one may still be closed; older ones not any more (auditlog.5). */
static enum status
finish_over(struct mapmake *m, struct making *k, bool may_close)
{
	struct tagmap_facts said;
	uint64_t entry = 0;
	enum status st = find_closing(m, k->season, &said, &entry);

	if (st == OK)
		return keep_again(k, &said, entry);
	return st == E_NOT_FOUND && may_close ? write_map(m, k) : st;
}

static enum status
grow(struct mapmake *m, struct making *k, enum mapmake_need need, bool may_close)
{
	TRY(take_entries(m, k));
	if (!k->season->over && need == MAPMAKE_NEWS && k->kept && !k->news)
		return OK;
	TRY(mapfile_settle(&k->growth));
	return k->season->over ? finish_over(m, k, may_close) : write_map(m, k);
}

static enum status
make(struct mapmake *m, const struct mapmake_season *s, enum mapmake_need need, bool may_close)
{
	struct making k = { .season = s, .place = { .dirfd = m->dirfd }, .next = s->first };
	struct mapstore_kept kept = MAPSTORE_NONE;
	enum status st = load_sound(m, s, &kept);

	if (st != OK && st != E_NOT_FOUND)
		return st;
	if (st == OK && kept.facts.closed) {
		mapstore_clear(&kept);
		return OK;
	}
	k.kept = st == OK;
	k.next = k.kept ? kept.facts.size : s->first;
	kept.map.month = s->month;
	st = mapfile_begin(&k.growth, (struct mapfile_place){ mapstore_open_growing, &k.place }, kept.map);
	if (st != OK) {
		mapstore_clear(&kept);
		return st;
	}
	st = grow(m, &k, need, may_close);
	mapfile_end(&k.growth);
	return st;
}

/* ---- the newest months ---- */

static enum status
close_before(struct mapmake *m, uint64_t first)
{
	struct mapmake_season before;

	if (first == 0 || m->closed_before == first)
		return OK;
	TRY(mapmake_season_at(m, first - 1, &before));
	TRY(make(m, &before, MAPMAKE_ALWAYS, true));
	m->closed_before = first;
	return OK;
}

static enum status
advance_once(struct mapmake *m, enum mapmake_need need, bool *again)
{
	uint64_t size = progress_size(m->progress);
	struct mapmake_season now;

	if (size == 0)
		return E_NOT_FOUND;
	TRY(mapmake_season_at(m, size - 1, &now));
	TRY(close_before(m, now.first));
	/* Nobody has written anything in the new month: a map does, and then the old one can be closed. */
	*again = tagmap_month_of(clock_now_us()) > now.month;
	return make(m, &now, *again ? MAPMAKE_ALWAYS : need, false);
}

enum status
mapmake_advance(struct mapmake *m, enum mapmake_need need)
{
	bool again = false;

	TRY(advance_once(m, need, &again));
	return again ? advance_once(m, need, &again) : OK;
}

/* ---- reading ---- */

enum status
mapmake_kept(struct mapmake *m, const struct mapmake_season *s, struct mapstore_kept *out)
{
	struct mapstore_kept kept = MAPSTORE_NONE;
	enum status st = mapstore_load(m->dirfd, s->month, &kept);
	uint64_t minimum = 0;

	TRY(entries_minimum(&m->entries, &minimum));
	/* Its entries, or some, are gone: it cannot be made again. */
	if (minimum > 0 && s->first <= minimum && (st != OK || !kept.facts.closed)) {
		mapstore_clear(&kept);
		return E_NOT_FOUND;
	}
	if (s->over && (st != OK || !kept.facts.closed)) {
		mapstore_clear(&kept);
		TRY(make(m, s, MAPMAKE_ALWAYS, false));
		st = mapstore_load(m->dirfd, s->month, &kept);
	}
	TRY(st == E_CORRUPT ? E_NOT_FOUND : st);
	*out = kept;
	return OK;
}
