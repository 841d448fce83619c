#include "authd/access/service_level.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "auditlog/base/clock.h"
#include "auditlog/base/random.h"
#include "authd/access/report.h"
#include "authd/store/store_service_level.h"

#define MINUTE_US (60 * SECOND_US)
#define HOUR_MINS 60

/* The row of a bucket is named by its upper edge, which is included; R2 ends every answer before the last one. */
static const struct {
	int64_t us;
	const char *name, *ms;
} edges[] = {
	{ 500, "us500", "0.5" },          { 700, "us700", "0.7" },          { 1000, "us1000", "1" },
	{ 1500, "us1500", "1.5" },        { 2000, "us2000", "2" },          { 3000, "us3000", "3" },
	{ 5000, "us5000", "5" },          { 7000, "us7000", "7" },          { 10000, "us10000", "10" },
	{ 15000, "us15000", "15" },       { 20000, "us20000", "20" },       { 30000, "us30000", "30" },
	{ 50000, "us50000", "50" },       { 70000, "us70000", "70" },       { 100000, "us100000", "100" },
	{ 150000, "us150000", "150" },    { 200000, "us200000", "200" },    { 300000, "us300000", "300" },
	{ 500000, "us500000", "500" },    { 700000, "us700000", "700" },    { 1000000, "us1000000", "1000" },
	{ 1500000, "us1500000", "1500" }, { 2000000, "us2000000", "2000" }, { INT64_MAX, "more", ">2000" },
};

static const char *const aways[SERVICE_LEVEL_AWAYS] = {
	[SERVICE_LEVEL_LOG] = "log_away",
	[SERVICE_LEVEL_KEYS] = "keys_away",
	[SERVICE_LEVEL_STORE] = "store_away",
	[SERVICE_LEVEL_OTHER] = "other",
};

/* Counters: what was missing first, then the buckets. */
#define COUNTERS (SERVICE_LEVEL_AWAYS + ARRAY_LEN(edges))

struct service_level {
	atomic_uint_fast64_t counters[COUNTERS]; /* since the node began; the only part of several threads */
	struct buf node;                         /* this run of it */
	char month[REPORT_MONTH_LEN + 1];        /* to which is written */
	uint64_t before[COUNTERS];               /* when the month began */
	uint64_t written[COUNTERS];
	int64_t minute; /* since 1970, of the last time that went well */
};

static const char *
name_of(size_t i)
{
	return i < SERVICE_LEVEL_AWAYS ? aways[i] : edges[i - SERVICE_LEVEL_AWAYS].name;
}

enum status
service_level_new(struct service_level **out)
{
	struct service_level *s = calloc(1, sizeof(*s));

	if (s == NULL)
		return E_NOMEM;
	s->node = BUF(64);
	random_put_id(&s->node, "run_");
	*out = s;
	return OK;
}

void
service_level_free(struct service_level *s)
{
	if (s == NULL)
		return;
	buf_clear(&s->node);
	free(s);
}

/* ---- counting ---- */

static void
count(struct service_level *s, size_t i)
{
	atomic_fetch_add_explicit(&s->counters[i], 1, memory_order_relaxed);
}

void
service_level_answered(struct service_level *s, int64_t took_us)
{
	size_t i = 0;

	while (took_us > edges[i].us)
		i++;
	count(s, SERVICE_LEVEL_AWAYS + i);
}

void
service_level_missed(struct service_level *s, enum service_level_away away)
{
	count(s, (size_t)away < SERVICE_LEVEL_AWAYS ? away : SERVICE_LEVEL_OTHER);
}

/* ---- writing down ---- */

/* Only forward: a clock that is set back across midnight must not begin the sums of a month anew. */
static enum status
turn_month(struct service_level *s, int64_t now_us)
{
	CLEANUP(buf_clear) struct buf month = BUF(16);

	clock_put_month(&month, now_us);
	buf_put_char(&month, '\0');
	TRY(buf_status(&month));
	if (strlen(month.p) != REPORT_MONTH_LEN)
		return E_INVALID;
	if (strcmp(month.p, s->month) <= 0)
		return OK;
	memcpy(s->month, month.p, sizeof(s->month));
	memcpy(s->before, s->written, sizeof(s->before));
	return OK;
}

static enum status
write_down(struct service_level *s, struct store *db, const uint64_t now[COUNTERS], int64_t minute)
{
	CLEANUP(store_abandon) struct store_tx tx = { 0 };

	TRY(store_begin(db, &tx));
	TRY(store_service_beat_put(&tx, minute / HOUR_MINS, INT64_C(1) << minute % HOUR_MINS));
	for (size_t i = 0; i < COUNTERS; i++)
		if (now[i] != s->written[i])
			TRY(store_service_level_put(&tx, str_of(s->month), buf_str(&s->node), str_of(name_of(i)),
						    (int64_t)(now[i] - s->before[i])));
	return store_commit(&tx);
}

enum status
service_level_flush(struct service_level *s, struct store *db, int64_t now_us)
{
	uint64_t now[COUNTERS];

	TRY(buf_status(&s->node));
	TRY(turn_month(s, now_us));
	for (size_t i = 0; i < COUNTERS; i++)
		now[i] = atomic_load_explicit(&s->counters[i], memory_order_relaxed);
	TRY(write_down(s, db, now, now_us / MINUTE_US));
	memcpy(s->written, now, sizeof(now));
	s->minute = now_us / MINUTE_US;
	return OK;
}

static bool
has_grown(const struct service_level *s)
{
	for (size_t i = 0; i < COUNTERS; i++)
		if (atomic_load_explicit(&s->counters[i], memory_order_relaxed) != s->written[i])
			return true;
	return false;
}

enum status
service_level_upkeep(struct service_level *s, struct store *db, int64_t now_us, bool eager)
{
	if (now_us / MINUTE_US == s->minute && !(eager && has_grown(s)))
		return OK;
	return service_level_flush(s, db, now_us);
}

/* ---- reading ---- */

static const char *const rows[] = { "answered", "answered_percent", "log_away", "keys_away", "store_away",  "other",
				    "p50_ms",   "p95_ms",           "p99_ms",   "minutes",   "minutes_away" };

const char *
service_level_row(size_t i)
{
	return i < ARRAY_LEN(rows) ? rows[i] : NULL;
}

bool
service_level_is_count(const char *row)
{
	for (size_t i = 0; i < SERVICE_LEVEL_AWAYS; i++)
		if (strcmp(row, aways[i]) == 0)
			return true;
	return strcmp(row, "answered") == 0;
}

struct sums {
	uint64_t of[COUNTERS], answered, all;
};

static void
add(struct sums *sums, const struct store_service_level *row)
{
	for (size_t i = 0; i < COUNTERS; i++) {
		if (row->count <= 0 || !str_is(row->name, name_of(i)))
			continue;
		sums->of[i] += (uint64_t)row->count;
		sums->all += (uint64_t)row->count;
		sums->answered += i >= SERVICE_LEVEL_AWAYS ? (uint64_t)row->count : 0;
	}
}

static enum status
read_sums(struct store *db, struct str month, struct sums *sums)
{
	CLEANUP(store_service_level_list_clear) struct store_service_level_list list = { 0 };

	TRY(store_service_level_of(db, month, &list));
	for (size_t i = 0; i < list.count; i++)
		add(sums, &list.items[i]);
	return OK;
}

/* ---- minutes ---- */

struct minutes {
	int64_t from, to; /* since 1970; to is not included */
	int64_t there;
};

/* Midnight in UTC at the begin of the month in which this is. */
static enum status
month_begin(int64_t us, int64_t *minute)
{
	CLEANUP(buf_clear) struct buf text = BUF(16);
	int64_t begin;

	clock_put_month(&text, us);
	buf_put_cstr(&text, "-01");
	TRY(buf_status(&text));
	TRY(clock_parse_rfc3339(buf_str(&text), &begin));
	*minute = begin / MINUTE_US;
	return OK;
}

static enum status
span_of(struct str month, struct minutes *m)
{
	CLEANUP(buf_clear) struct buf first = BUF(16);
	int64_t begin;

	buf_put(&first, month);
	buf_put_cstr(&first, "-01");
	TRY(buf_status(&first));
	TRY(clock_parse_rfc3339(buf_str(&first), &begin));
	m->from = begin / MINUTE_US;
	return month_begin(begin + 32 * DAY_US, &m->to);
}

/* Nobody was to be there before there was anybody. */
static enum status
begin_at_first(struct store *db, struct minutes *m)
{
	struct store_service_beat first = { 0 };
	enum status st = store_service_beat_first(db, &first);
	int64_t at;

	if (st == E_NOT_FOUND) {
		m->to = m->from;
		return OK;
	}
	TRY(st);
	at = first.hour * HOUR_MINS;
	while ((first.minutes & 1) == 0 && first.minutes != 0) {
		first.minutes >>= 1;
		at++;
	}
	m->from = at > m->from ? at : m->from;
	return OK;
}

static void
count_beats(const struct store_service_beat *beat, struct minutes *m)
{
	for (int64_t i = 0; i < HOUR_MINS; i++) {
		const int64_t at = beat->hour * HOUR_MINS + i;

		m->there += (beat->minutes >> i & 1) == 1 && at >= m->from && at < m->to;
	}
}

static enum status
read_minutes(struct store *db, struct str month, int64_t now_us, struct minutes *m)
{
	CLEANUP(store_service_beat_list_clear) struct store_service_beat_list beats = { 0 };

	TRY(span_of(month, m));
	if (m->to > now_us / MINUTE_US)
		m->to = now_us / MINUTE_US;
	TRY(begin_at_first(db, m));
	if (m->to < m->from)
		m->to = m->from;
	TRY(store_service_beat_of(db, m->from / HOUR_MINS, m->to / HOUR_MINS + 1, &beats));
	for (size_t i = 0; i < beats.count; i++)
		count_beats(&beats.items[i], m);
	return OK;
}

/* ---- as JSON ---- */

static json_t *
rounded(uint64_t n)
{
	return n < REPORT_FEWEST ? json_null()
				 : json_integer((json_int_t)((n + REPORT_ROUND / 2) / REPORT_ROUND * REPORT_ROUND));
}

/* Down: what was not answered is never rounded away. */
static json_t *
percent(const struct sums *s)
{
	uint64_t hundredths;

	if (s->all < SERVICE_LEVEL_PERCENT_OF)
		return json_null();
	hundredths = s->answered * 10000 / s->all;
	return json_sprintf("%llu.%02llu", (unsigned long long)(hundredths / 100),
			    (unsigned long long)(hundredths % 100));
}

/* The first bucket up to which there are so many of a hundred. */
static json_t *
percentile(const struct sums *s, unsigned of_hundred)
{
	uint64_t seen = 0;
	size_t i = 0;

	if (s->answered < SERVICE_LEVEL_PERCENT_OF)
		return json_null();
	for (; i + 1 < ARRAY_LEN(edges); i++) {
		seen += s->of[SERVICE_LEVEL_AWAYS + i];
		if (seen * 100 >= s->answered * of_hundred)
			break;
	}
	return json_string(edges[i].ms);
}

static json_t *
bounds(void)
{
	json_t *list = json_array();

	for (size_t i = 0; i + 1 < ARRAY_LEN(edges); i++)
		if (json_array_append_new(list, json_integer(edges[i].us)) != 0) {
			json_decref(list);
			return NULL;
		}
	return list;
}

enum status
service_level_json(struct store *db, struct str month, int64_t now_us, json_t **out)
{
	struct sums s = { 0 };
	struct minutes m = { 0 };

	TRY(read_sums(db, month, &s));
	TRY(read_minutes(db, month, now_us, &m));
	*out =
	    json_pack("{s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:I, s:I, s:o}", "answered", rounded(s.answered),
		      "answered_percent", percent(&s), "log_away", rounded(s.of[SERVICE_LEVEL_LOG]), "keys_away",
		      rounded(s.of[SERVICE_LEVEL_KEYS]), "store_away", rounded(s.of[SERVICE_LEVEL_STORE]), "other",
		      rounded(s.of[SERVICE_LEVEL_OTHER]), "p50_ms", percentile(&s, 50), "p95_ms", percentile(&s, 95),
		      "p99_ms", percentile(&s, 99), "minutes", (json_int_t)(m.to - m.from), "minutes_away",
		      (json_int_t)(m.to - m.from - m.there), "bounds_us", bounds());
	return *out != NULL ? OK : E_NOMEM;
}
