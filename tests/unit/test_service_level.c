/* How decisions were served: service_level, store_service_level. */
#include "authd/access/service_level.h"

#include <string.h>

#include "authd/store/store_service_level.h"
#include "tests/unit/store_fixture.h"

#define MINUTE   (60 * SECOND_US)
#define MONTH    "2026-11"
#define NOVEMBER (INT64_C(1793491200) * SECOND_US) /* its first midnight */
#define DECEMBER (NOVEMBER + 30 * DAY_US)

static struct service_level *
node(void)
{
	struct service_level *s = NULL;

	EXPECT_OK(service_level_new(&s));
	return s;
}

static void
answered(struct service_level *s, int64_t took_us, unsigned n)
{
	for (unsigned i = 0; i < n; i++)
		service_level_answered(s, took_us);
}

static void
missed(struct service_level *s, enum service_level_away away, unsigned n)
{
	for (unsigned i = 0; i < n; i++)
		service_level_missed(s, away);
}

static json_t *
served(struct fixture *f, const char *month, int64_t now_us)
{
	json_t *json = NULL;

	EXPECT_OK(service_level_json(f->db, str_of(month), now_us, &json));
	return json;
}

static void
expect_text(const json_t *json, const char *name, const char *wanted)
{
	const json_t *value = json_object_get(json, name);

	cr_assert(value != NULL, "%s", name);
	if (wanted == NULL)
		cr_expect(json_is_null(value), "%s", name);
	else
		cr_expect_str_eq(json_is_string(value) ? json_string_value(value) : "", wanted, "%s", name);
}

/* -1: null. */
static void
expect_number(const json_t *json, const char *name, json_int_t wanted)
{
	const json_t *value = json_object_get(json, name);

	cr_assert(value != NULL, "%s", name);
	cr_expect_eq(json_is_integer(value) ? json_integer_value(value) : -1, wanted, "%s", name);
}

/* All took the same time: every percentile is the edge of its bucket. */
static void
expect_bucket(struct fixture *f, const char *month, int64_t now_us, int64_t took_us, const char *ms)
{
	struct service_level *s = node();
	json_t *json;

	answered(s, took_us, SERVICE_LEVEL_PERCENT_OF);
	EXPECT_OK(service_level_flush(s, f->db, now_us));
	json = served(f, month, now_us);
	expect_text(json, "p50_ms", ms);
	expect_text(json, "p99_ms", ms);
	json_decref(json);
	EXPECT_OK(store_service_level_drop(f->db, str_of(month)));
	service_level_free(s);
}

STORE_TEST(a_time_falls_in_the_first_bucket_whose_edge_it_does_not_exceed)
{
	json_t *json = served(f, MONTH, NOVEMBER), *edges = json_object_get(json, "bounds_us"), *edge;
	CLEANUP(buf_clear) struct buf ms = BUF(32);
	size_t i;

	cr_assert_eq(json_array_size(edges), 23);
	json_array_foreach(edges, i, edge)
	{
		const int64_t us = json_integer_value(edge);

		buf_reset(&ms);
		buf_printf(&ms, us % 1000 == 0 ? "%lld" : "%lld.%lld", (long long)(us / 1000),
			   (long long)(us % 1000 / 100));
		buf_put_char(&ms, '\0');
		cr_assert_eq(buf_status(&ms), OK);
		expect_bucket(f, MONTH, NOVEMBER, us, ms.p);
		if (i > 0)
			expect_bucket(f, MONTH, NOVEMBER, json_integer_value(json_array_get(edges, i - 1)) + 1, ms.p);
	}
	json_decref(json);
}

STORE_TEST(what_took_longer_than_the_last_edge_is_said_to_be_longer_and_no_time_is_below_the_first)
{
	expect_bucket(f, MONTH, NOVEMBER, 2000001, ">2000");
	expect_bucket(f, MONTH, NOVEMBER, INT64_MAX, ">2000");
	expect_bucket(f, MONTH, NOVEMBER, 0, "0.5");
	expect_bucket(f, MONTH, NOVEMBER, -1, "0.5");
}

/* 50 of 100 are within the first, 95 within the second, 99 within the third; one more in each would move the edge. */
STORE_TEST(a_percentile_is_the_first_edge_within_which_so_many_of_a_hundred_are)
{
	struct service_level *s = node();
	json_t *json;

	answered(s, 1000, 50);
	answered(s, 2000, 45);
	answered(s, 5000, 4);
	answered(s, 5000000, 1);
	EXPECT_OK(service_level_flush(s, f->db, NOVEMBER));
	json = served(f, MONTH, NOVEMBER);
	expect_text(json, "p50_ms", "1");
	expect_text(json, "p95_ms", "2");
	expect_text(json, "p99_ms", "5");
	json_decref(json);

	answered(s, 5000000, 1);
	EXPECT_OK(service_level_flush(s, f->db, NOVEMBER));
	json = served(f, MONTH, NOVEMBER);
	expect_text(json, "p50_ms", "2");
	expect_text(json, "p95_ms", "5");
	expect_text(json, "p99_ms", ">2000");
	json_decref(json);
	service_level_free(s);
}

STORE_TEST(a_share_is_rounded_down_so_that_what_was_missed_never_vanishes_and_few_are_not_said)
{
	struct service_level *s = node();
	json_t *json;

	answered(s, 1000, 99);
	EXPECT_OK(service_level_flush(s, f->db, NOVEMBER));
	json = served(f, MONTH, NOVEMBER);
	expect_number(json, "answered", 100);
	expect_text(json, "answered_percent", NULL);
	expect_text(json, "p50_ms", NULL);
	json_decref(json);

	answered(s, 1000, 29900);
	missed(s, SERVICE_LEVEL_LOG, 1);
	missed(s, SERVICE_LEVEL_STORE, 9);
	missed(s, SERVICE_LEVEL_KEYS, 12);
	missed(s, SERVICE_LEVEL_AWAYS, 13);
	EXPECT_OK(service_level_flush(s, f->db, NOVEMBER));
	json = served(f, MONTH, NOVEMBER);
	expect_text(json, "answered_percent", "99.88");
	expect_number(json, "log_away", -1);
	expect_number(json, "store_away", -1);
	expect_number(json, "keys_away", 10);
	expect_number(json, "other", 15);
	json_decref(json);
	service_level_free(s);
}

STORE_TEST(nodes_add_up_and_a_sum_that_is_written_twice_counts_once)
{
	struct service_level *a = node(), *b = node();
	json_t *json;

	answered(a, 1000, 20);
	answered(b, 1000, 30);
	for (int i = 0; i < 3; i++) {
		EXPECT_OK(service_level_flush(a, f->db, NOVEMBER));
		EXPECT_OK(service_level_flush(b, f->db, NOVEMBER));
	}
	answered(a, 1000, 10);
	missed(b, SERVICE_LEVEL_LOG, 10);
	EXPECT_OK(service_level_flush(a, f->db, NOVEMBER));
	EXPECT_OK(service_level_flush(b, f->db, NOVEMBER));
	json = served(f, MONTH, NOVEMBER);
	expect_number(json, "answered", 60);
	expect_number(json, "log_away", 10);
	json_decref(json);
	service_level_free(a);
	service_level_free(b);
}

STORE_TEST(what_could_not_be_written_is_kept_for_the_next_time)
{
	struct service_level *s = node();
	json_t *json;

	answered(s, 1000, 20);
	meddle(f, "ALTER TABLE service_beat RENAME TO away");
	cr_assert_neq(service_level_flush(s, f->db, NOVEMBER), OK);
	cr_assert_neq(service_level_upkeep(s, f->db, NOVEMBER, false), OK, "it is due until it goes well");
	meddle(f, "ALTER TABLE away RENAME TO service_beat");
	EXPECT_OK(service_level_upkeep(s, f->db, NOVEMBER, false));
	json = served(f, MONTH, NOVEMBER);
	expect_number(json, "answered", 20);
	json_decref(json);
	service_level_free(s);
}

STORE_TEST(a_month_begins_at_nothing_and_a_clock_that_is_set_back_takes_nothing_from_it)
{
	struct service_level *s = node();
	json_t *november, *december;

	answered(s, 1000, 20);
	EXPECT_OK(service_level_flush(s, f->db, DECEMBER - MINUTE));
	answered(s, 1000, 10);
	EXPECT_OK(service_level_flush(s, f->db, DECEMBER));
	answered(s, 1000, 5);
	EXPECT_OK(service_level_flush(s, f->db, DECEMBER - MINUTE));
	november = served(f, MONTH, DECEMBER + DAY_US);
	december = served(f, "2026-12", DECEMBER + DAY_US);
	expect_number(november, "answered", 20);
	expect_number(december, "answered", 15);
	json_decref(november);
	json_decref(december);
	service_level_free(s);
}

STORE_TEST(nothing_is_written_within_a_minute_unless_somebody_is_eager)
{
	struct service_level *s = node();
	json_t *json;

	EXPECT_OK(service_level_upkeep(s, f->db, NOVEMBER, false));
	answered(s, 1000, 10);
	EXPECT_OK(service_level_upkeep(s, f->db, NOVEMBER + MINUTE - 1, false));
	json = served(f, MONTH, NOVEMBER);
	expect_number(json, "answered", -1);
	json_decref(json);
	EXPECT_OK(service_level_upkeep(s, f->db, NOVEMBER + MINUTE - 1, true));
	json = served(f, MONTH, NOVEMBER);
	expect_number(json, "answered", 10);
	json_decref(json);
	answered(s, 1000, 10);
	EXPECT_OK(service_level_upkeep(s, f->db, NOVEMBER + MINUTE, false));
	json = served(f, MONTH, NOVEMBER);
	expect_number(json, "answered", 20);
	json_decref(json);
	service_level_free(s);
}

/* ---- minutes ---- */

static void
beat(struct fixture *f, struct service_level *s, int64_t minute)
{
	EXPECT_OK(service_level_flush(s, f->db, NOVEMBER + minute * MINUTE));
}

static void
expect_minutes(struct fixture *f, const char *month, int64_t now_us, json_int_t all, json_int_t away)
{
	json_t *json = served(f, month, now_us);

	expect_number(json, "minutes", all);
	expect_number(json, "minutes_away", away);
	json_decref(json);
}

STORE_TEST(minutes_without_a_beat_of_any_node_are_away_from_the_first_beat_on)
{
	struct service_level *a = node(), *b = node();

	expect_minutes(f, MONTH, NOVEMBER + 200 * MINUTE, 0, 0);
	beat(f, a, 58);
	beat(f, a, 59);
	beat(f, b, 59);
	beat(f, b, 60);
	beat(f, a, 63);
	expect_minutes(f, MONTH, NOVEMBER + 58 * MINUTE, 0, 0);
	expect_minutes(f, MONTH, NOVEMBER + 61 * MINUTE, 3, 0);
	expect_minutes(f, MONTH, NOVEMBER + 64 * MINUTE, 6, 2);
	expect_minutes(f, MONTH, NOVEMBER + 70 * MINUTE, 12, 8);
	expect_minutes(f, MONTH, DECEMBER + DAY_US, 30 * 24 * 60 - 58, 30 * 24 * 60 - 58 - 4);
	expect_minutes(f, "2026-12", DECEMBER + DAY_US, 24 * 60, 24 * 60);
	expect_minutes(f, "2026-10", DECEMBER, 0, 0);
	service_level_free(a);
	service_level_free(b);
}

STORE_TEST(a_month_that_is_published_is_dropped_with_those_before_it_and_its_minutes_stay)
{
	struct service_level *s = node();
	json_t *json;

	answered(s, 1000, 10);
	beat(f, s, 0);
	answered(s, 1000, 20);
	EXPECT_OK(service_level_flush(s, f->db, DECEMBER));
	EXPECT_OK(store_service_level_drop(f->db, STR(MONTH)));
	json = served(f, MONTH, DECEMBER);
	expect_number(json, "answered", -1);
	expect_number(json, "minutes_away", 30 * 24 * 60 - 1);
	json_decref(json);
	json = served(f, "2026-12", DECEMBER);
	expect_number(json, "answered", 20);
	json_decref(json);
	service_level_free(s);
}

STORE_TEST(a_month_that_is_none_is_refused)
{
	json_t *json = NULL;

	cr_assert_neq(service_level_json(f->db, STR("2026-13"), NOVEMBER, &json), OK);
	cr_assert_null(json);
}
