#include "auditlog/tool/mapcheck.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "auditlog/tool/spill.h"

/* Times of the newest entries: a map that is not closed stands at most TAGMAP_LAG_MAX behind what it covers. */
#define TIMES (2 * TAGMAP_LAG_MAX)

/* One month of the log. */
struct season {
	unsigned month;
	uint64_t first, end; /* its entries; end counts when it is over */
	int64_t last_us;
	bool over;
	bool cut; /* its entries, or those before it, were pruned: what its maps say cannot be judged */
	uint64_t covered, map_entry; /* by its newest good map, and the entry that says so; 0 = none */
	struct tagmap_facts facts;   /* of that */
	struct mapfile_growth growth;
	struct spill waiting;
	struct buf answer;
};

/* The followed tag. */
struct followed {
	char tag[ENTRY_TAG_LEN];
	bool on;
	unsigned month;
	uint64_t *index;
	size_t count, room;
};

struct mapcheck {
	struct season *now, *before;
	struct season *kept[MAPPROOF_PARTS_MAX]; /* older ones that the proof needs */
	size_t kept_count;
	int64_t from_us, until_us; /* of the month of `now` */
	int64_t *time;             /* of entry i in slot i mod TIMES */
	struct followed followed;
	uint64_t maps;
	struct findings found;
};

/* ---- life ---- */

static void
season_free(struct season *s)
{
	if (s == NULL)
		return;
	mapfile_end(&s->growth);
	spill_clear(&s->waiting);
	buf_clear(&s->answer);
	free(s);
}

static enum status
open_file(void *ctx, int *fd)
{
	(void)ctx;
	return spill_file(fd);
}

static enum status
season_new(unsigned month, uint64_t first, bool cut, struct season **out)
{
	const struct mapfile_place place = { open_file, NULL };
	struct season *s = calloc(1, sizeof(*s));

	if (s == NULL)
		return E_NOMEM;
	s->month = month;
	s->first = first;
	s->cut = cut;
	s->waiting.fd = -1;
	s->answer = BUF(MAPPROOF_ANSWER_MAX);
	if (mapfile_begin(&s->growth, place, (struct mapfile){ .fd = -1, .month = month }) != OK) {
		free(s);
		return E_NOMEM;
	}
	*out = s;
	return OK;
}

enum status
mapcheck_new(struct mapcheck **out)
{
	struct mapcheck *m = calloc(1, sizeof(*m));

	if (m == NULL)
		return E_NOMEM;
	m->time = calloc(TIMES, sizeof(*m->time));
	if (m->time == NULL) {
		free(m);
		return E_NOMEM;
	}
	*out = m;
	return OK;
}

void
mapcheck_free(struct mapcheck *m)
{
	if (m == NULL)
		return;
	season_free(m->now);
	season_free(m->before);
	for (size_t i = 0; i < m->kept_count; i++)
		season_free(m->kept[i]);
	free(m->followed.index);
	free(m->time);
	free(m);
}

enum status
mapcheck_follow(struct mapcheck *m, struct str tag, unsigned month)
{
	if (!tagmap_is_tag(tag))
		return E_INVALID;
	memcpy(m->followed.tag, tag.p, ENTRY_TAG_LEN);
	m->followed.month = month;
	m->followed.on = true;
	return OK;
}

/* ---- what the threads write down ---- */

#define TAGS_MAX 255

/* u64 index, u64 time, u8 number of tags, the tags, block: the line when it is a log.map. */
void
mapcheck_notice(uint64_t index, int64_t us, struct str line, struct buf *out)
{
	struct str rest = tagmap_tags(line), tag;
	size_t at, count = 0;

	buf_put_u64(out, index);
	buf_put_u64(out, (uint64_t)us);
	at = out->n;
	buf_put_u8(out, 0);
	for (; count < TAGS_MAX && tagmap_next_tag(&rest, &tag); count++)
		buf_put(out, tag);
	if (buf_status(out) == OK)
		out->p[at] = (char)(uint8_t)count;
	/* Maps are about nobody. */
	buf_put_block(out, count == 0 && tagmap_is_map(line) ? line : (struct str){ 0 });
}

/* ---- from one month to the next ---- */

/* The month of the proof, the one that follows it in the log, the one that it follows. */
static bool
is_wanted(const struct mapcheck *m, const struct season *s)
{
	unsigned month = m->followed.month;

	if (!m->followed.on || month == 0)
		return false;
	return s->month == month || m->now->month == month ||
	       (m->kept_count > 0 && m->kept[m->kept_count - 1]->month == month);
}

/* `now` is still the month that follows s. */
static void
put_away(struct mapcheck *m, struct season *s)
{
	if (s != NULL && is_wanted(m, s) && m->kept_count < ARRAY_LEN(m->kept))
		m->kept[m->kept_count++] = s;
	else
		season_free(s);
}

static enum status
enter_month(struct mapcheck *m, uint64_t index, int64_t us)
{
	unsigned month = tagmap_month_of(us);
	struct season *next = NULL;

	TRY(season_new(month, index, m->now == NULL && index > 0, &next));
	if (m->now != NULL) {
		m->now->over = true;
		m->now->end = index;
	}
	if (m->before != NULL)
		put_away(m, m->before);
	m->before = m->now;
	m->now = next;
	tagmap_month_bounds(month, &m->from_us, &m->until_us);
	return OK;
}

/* ---- judging ---- */

static void wrong(struct mapcheck *m, uint64_t index, const char *fmt, ...) PRINTF_LIKE(3, 4);

static void
wrong(struct mapcheck *m, uint64_t index, const char *fmt, ...)
{
	char place[64], what[300];
	va_list args;

	(void)snprintf(place, sizeof(place), "entry %" PRIu64, index);
	va_start(args, fmt);
	(void)vsnprintf(what, sizeof(what), fmt, args);
	va_end(args);
	findings_bad(&m->found, place, "wrong map: %s", what);
}

static struct season *
season_of(struct mapcheck *m, unsigned month)
{
	if (m->now->month == month)
		return m->now;
	return m->before != NULL && m->before->month == month ? m->before : NULL;
}

static const char *
wrong_stretch(const struct mapcheck *m, const struct season *s, const struct tagmap_facts *f)
{
	uint64_t last = f->size - 1;

	if (f->first != s->first)
		return "its month begins with another entry";
	if (f->size < s->covered)
		return "it covers less than the map before it";
	if (s->over && f->size > s->end)
		return "it covers entries of the next month";
	if (f->closed && (!s->over || f->size != s->end))
		return "it says that its month is over, and there are further entries in it";
	if (f->until_us != (s->over && f->size == s->end ? s->last_us : m->time[last % TIMES]))
		return "it names another time for the last entry that it covers";
	return NULL;
}

/* All pairs below this size go into the map. */
static enum status
cover(struct season *s, uint64_t size)
{
	struct mapfile_pair pair;
	enum status st;

	while ((st = spill_peek(&s->waiting, &pair)) == OK && pair.index < size) {
		TRY(mapfile_add(&s->growth, pair.tag, pair.index));
		spill_take(&s->waiting);
	}
	if (st != OK && st != E_END)
		return st;
	return mapfile_settle(&s->growth);
}

static enum status
judge(struct mapcheck *m, uint64_t index, const struct tagmap_facts *f)
{
	struct season *s = season_of(m, f->month);
	const char *what = s ? wrong_stretch(m, s, f) : "its month is neither that of the entry nor the one before";

	/* A pruned log begins somewhere in a month; that one and older ones are lost to us. */
	if (s != NULL ? s->cut : m->now->cut || (m->before != NULL && m->before->cut && f->month < m->before->month))
		return OK;
	m->maps++;
	if (what != NULL) {
		wrong(m, index, "%s", what);
		return OK;
	}
	TRY(cover(s, f->size));
	if (f->tags != s->growth.at.tags)
		wrong(m, index, "it speaks of %" PRIu64 " tags, and the entries have %" PRIu64, f->tags,
		      s->growth.at.tags);
	else if (!hash_eq(&f->root, &s->growth.at.root))
		wrong(m, index, "its root is not the one that the entries give");
	s->covered = f->size;
	s->map_entry = index;
	s->facts = *f;
	return OK;
}

static enum status
hear_map(struct mapcheck *m, uint64_t index, struct str line)
{
	struct entry_view view;
	struct tagmap_facts facts;

	if (entry_parse(line, &view) == OK && view.entry.event == ENTRY_LOG_MAP && view.index == index &&
	    tagmap_get_facts(&view, &facts) == OK)
		return judge(m, index, &facts);
	m->maps++;
	wrong(m, index, "its facts are not those of a map (auditlog.5)");
	return OK;
}

static enum status
remember(struct mapcheck *m, const struct mapfile_pair *pair)
{
	struct followed *f = &m->followed;
	size_t room = f->room ? f->room * 2 : 64;
	uint64_t *more;

	if (!f->on || memcmp(f->tag, pair->tag, ENTRY_TAG_LEN) != 0 ||
	    (f->count > 0 && f->index[f->count - 1] == pair->index))
		return OK;
	if (f->count == f->room) {
		more = reallocarray(f->index, room, sizeof(*more));
		if (more == NULL)
			return E_NOMEM;
		f->index = more;
		f->room = room;
	}
	f->index[f->count++] = pair->index;
	return OK;
}

static enum status
hear_tags(struct mapcheck *m, uint64_t index, struct str *in)
{
	struct mapfile_pair pair = { .index = index };
	uint8_t count = 0;

	TRY(buf_get_u8(in, &count));
	for (; count > 0; count--) {
		TRY(buf_get_into(in, pair.tag, ENTRY_TAG_LEN));
		TRY(spill_put(&m->now->waiting, &pair));
		TRY(remember(m, &pair));
	}
	return OK;
}

enum status
mapcheck_hear(void *ctx, struct str in)
{
	struct mapcheck *m = ctx;

	while (in.n > 0) {
		uint64_t index = 0, us = 0;
		struct str line;

		TRY(buf_get_u64(&in, &index));
		TRY(buf_get_u64(&in, &us));
		if (m->now == NULL || (int64_t)us < m->from_us || (int64_t)us >= m->until_us)
			TRY(enter_month(m, index, (int64_t)us));
		TRY(hear_tags(m, index, &in));
		TRY(buf_get_block(&in, ENTRY_MAX, &line));
		if (line.n > 0)
			TRY(hear_map(m, index, line));
		m->time[index % TIMES] = m->now->last_us = (int64_t)us;
	}
	return OK;
}

void
mapcheck_finish(const struct mapcheck *m, struct findings *f)
{
	findings_append(f, &m->found);
}

uint64_t
mapcheck_count(const struct mapcheck *m)
{
	return m->maps;
}

/* ---- a proof ---- */

/* All seasons at hand in the order of the log. */
static size_t
all_seasons(struct mapcheck *m, struct season *out[MAPPROOF_PARTS_MAX + 2])
{
	size_t n = 0;

	for (size_t i = 0; i < m->kept_count; i++)
		out[n++] = m->kept[i];
	if (m->before != NULL)
		out[n++] = m->before;
	if (m->now != NULL)
		out[n++] = m->now;
	return n;
}

static enum status
add_part(struct mapcheck *m, struct season *s, struct mapcheck_proof *out)
{
	const struct followed *f = &m->followed;
	struct tagmap_answer answer;
	size_t from = 0, to = 0;

	while (from < f->count && f->index[from] < s->first)
		from++;
	for (to = from; to < f->count && f->index[to] < s->covered;)
		to++;
	TRY(mapfile_answer(&s->growth.at, str_from(f->tag, ENTRY_TAG_LEN), &answer));
	TRY(tagmap_check(&s->facts, str_from(f->tag, ENTRY_TAG_LEN), &answer));
	buf_reset(&s->answer);
	TRY(mapproof_put_answer(&answer, f->index + from, to - from, &s->answer));
	out->said[out->count++] = (struct mapproof_said){ s->map_entry, buf_str(&s->answer) };
	return OK;
}

enum status
mapcheck_prove(struct mapcheck *m, struct mapcheck_proof *out)
{
	struct season *all[MAPPROOF_PARTS_MAX + 2];
	size_t n = all_seasons(m, all), at = 0;
	unsigned month = m->followed.month != 0 || n == 0 ? m->followed.month : all[n - 1]->month;

	*out = (struct mapcheck_proof){ .month = month };
	while (at < n && all[at]->month != month)
		at++;
	if (at == n || all[at]->covered == 0)
		return E_NOT_FOUND;
	/* Neighbours count where they join it without a gap. */
	if (at > 0 && all[at - 1]->facts.closed && all[at - 1]->facts.size == all[at]->first)
		TRY(add_part(m, all[at - 1], out));
	TRY(add_part(m, all[at], out));
	if (!all[at]->facts.closed)
		return OK;
	if (at + 1 == n || all[at + 1]->covered == 0)
		return E_UNAVAILABLE;
	return add_part(m, all[at + 1], out);
}
