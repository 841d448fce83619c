/* test_mapmake.c: which maps auditlogd writes: over months that begin and end, after crashes, without its files. */
#include "auditlog/base/clock.h"
#include "auditlog/core/merkle.h"
#include "auditlog/daemon/mapmake.h"
#include "tests/unit/daemon_maker.h"

#define MADE_MAX 16

struct fixture {
	struct daemon_maker *maker;
	struct mapmake make;
	struct tagmap_facts made[MADE_MAX];
	uint64_t at[MADE_MAX];
	size_t count;
	enum status fails; /* what appending says instead */
	bool written;      /* it says so after it has written */
};

static int64_t
us(const char *text)
{
	int64_t t = 0;

	EXPECT_OK(clock_parse_rfc3339(str_of(text), &t));
	return t;
}

static uint64_t
put(struct fixture *f, int64_t time_us, const struct entry *e)
{
	CLEANUP(buf_clear) struct buf fragment = BUF(ENTRY_FRAGMENT_MAX), line = BUF(ENTRY_MAX);
	struct daemon_maker *m = f->maker;
	struct buf *record = wal_record(m->wal);

	EXPECT_OK(entry_encode_fragment(e, &fragment));
	EXPECT_OK(wal_prepare(m->wal, SEGMENT_RECORD_EXTRA + 2048, false));
	segment_open_record(record);
	EXPECT_OK(entry_compose(&m->tip.leaf, m->tip.tree.size, time_us, buf_str(&fragment), &line));
	EXPECT_OK(tile_put_entry(record, buf_str(&line)));
	m->tip.leaf = hash_leaf(buf_str(&line));
	m->tip.time_us = time_us;
	EXPECT_OK(merkle_add(&m->tip.tree, &m->tip.leaf, NULL, NULL));
	EXPECT_OK(wal_commit(m->wal, 1, &m->tip.leaf));
	progress_set_tip(f->make.progress, &m->tip);
	return m->tip.tree.size - 1;
}

static void
look(struct fixture *f, const char *when, const char *tag)
{
	struct entry e = { .id = uuid_new(), .event = ENTRY_AUTH_LOGIN, .by = { .service = STR("svc_portal") } };

	e.about[0].tag = str_of(tag);
	e.about_count = 1;
	(void)put(f, us(when), &e);
}

/* As the writer would: the entry comes a microsecond after the one before, or now if that is later. */
static enum status
append(void *ctx, const struct tagmap_facts *facts, uint64_t *entry)
{
	struct fixture *f = ctx;
	struct tagmap_words words;
	struct entry e = { .id = uuid_new(),
			   .event = ENTRY_LOG_MAP,
			   .by = { .service = STR("auditlogd") },
			   .fact_count = TAGMAP_FACTS };

	if (f->fails != OK && !f->written)
		return f->fails;
	cr_assert_lt(f->count, MADE_MAX);
	tagmap_put_facts(facts, &words, e.facts);
	f->made[f->count] = *facts;
	f->at[f->count] = *entry = put(f, f->maker->tip.time_us + 1, &e);
	f->count++;
	return f->fails;
}

static void
open_make(struct fixture *f)
{
	struct progress *progress = f->make.progress;

	f->make = (struct mapmake){ .dirfd = f->maker->dirfd,
				    .progress = progress,
				    .line = BUF(ENTRY_MAX),
				    .append = append,
				    .append_ctx = f };
	EXPECT_OK(entries_open(&f->make.entries, f->maker->wal, f->maker->dirfd));
	EXPECT_OK(file_make_dirs_at(f->maker->dirfd, "index", 0700));
	EXPECT_OK(mapstore_ready(f->maker->dirfd));
}

static struct fixture *
fixture(void)
{
	struct fixture *f = calloc(1, sizeof(*f));

	f->maker = daemon_maker_new(WAL_SEGMENT_LEAST);
	EXPECT_OK(progress_new(&f->make.progress));
	open_make(f);
	return f;
}

static void
restart(struct fixture *f)
{
	entries_close(&f->make.entries);
	buf_clear(&f->make.line);
	open_make(f);
}

static void
release(struct fixture *f)
{
	entries_close(&f->make.entries);
	buf_clear(&f->make.line);
	progress_free(f->make.progress);
	daemon_maker_free(f->maker);
	free(f);
}

#define A "AAAAAAAAAAAAAAAAAAAAAA"
#define B "BBBBBBBBBBBBBBBBBBBBBB"
/* Long ahead, so that this computer's own month is not yet over then. */
#define FIRST  "2099-01-30T10:00:00Z"
#define LATER  "2099-01-31T23:59:59Z"
#define NEXT   "2099-02-01T00:00:01Z"
#define SECOND "2099-02-02T00:00:01Z"
#define THIRD  "2099-04-01T00:00:01Z"
#define MONTH  (2099 * 12)

static void
expect_made(const struct fixture *f, size_t i, unsigned month, uint64_t first, uint64_t size, uint64_t tags,
	    bool closed)
{
	cr_assert_lt(i, f->count);
	cr_assert_eq(f->made[i].month, month);
	cr_assert_eq(f->made[i].first, first);
	cr_assert_eq(f->made[i].size, size);
	cr_assert_eq(f->made[i].tags, tags);
	cr_assert_eq(f->made[i].closed, closed);
}

Test(mapmake, an_empty_log_has_no_map)
{
	struct fixture *f = fixture();

	EXPECT_STATUS(E_NOT_FOUND, mapmake_advance(&f->make, MAPMAKE_ALWAYS));
	release(f);
}

Test(mapmake, news_make_a_map_and_maps_are_no_news)
{
	struct fixture *f = fixture();

	look(f, FIRST, A);
	EXPECT_OK(mapmake_advance(&f->make, MAPMAKE_NEWS));
	EXPECT_OK(mapmake_advance(&f->make, MAPMAKE_NEWS));
	EXPECT_OK(mapmake_advance(&f->make, MAPMAKE_NEWS));
	cr_assert_eq(f->count, 1);
	expect_made(f, 0, MONTH, 0, 1, 1, false);
	look(f, LATER, B);
	EXPECT_OK(mapmake_advance(&f->make, MAPMAKE_NEWS));
	expect_made(f, 1, MONTH, 0, 3, 2, false);
	release(f);
}

Test(mapmake, a_month_is_closed_once_with_all_of_it_and_nothing_of_the_next)
{
	struct fixture *f = fixture();

	look(f, FIRST, A);
	EXPECT_OK(mapmake_advance(&f->make, MAPMAKE_NEWS));
	look(f, LATER, B);
	look(f, NEXT, A);
	EXPECT_OK(mapmake_advance(&f->make, MAPMAKE_NEWS));
	cr_assert_eq(f->count, 3);
	expect_made(f, 1, MONTH, 0, 3, 2, true);
	expect_made(f, 2, MONTH + 1, 3, 4, 1, false);
	restart(f);
	EXPECT_OK(mapmake_advance(&f->make, MAPMAKE_NEWS));
	cr_assert_eq(f->count, 3);
	release(f);
}

Test(mapmake, a_crash_between_the_closing_map_and_its_file_does_not_write_it_twice)
{
	struct fixture *f = fixture();
	struct mapmake_season s;
	struct mapstore_kept kept = MAPSTORE_NONE;

	look(f, FIRST, A);
	look(f, NEXT, A);
	f->fails = E_UNAVAILABLE;
	f->written = true;
	EXPECT_STATUS(E_UNAVAILABLE, mapmake_advance(&f->make, MAPMAKE_NEWS));
	f->fails = OK;
	restart(f);
	EXPECT_OK(mapmake_advance(&f->make, MAPMAKE_NEWS));
	cr_assert_eq(f->count, 2);
	expect_made(f, 0, MONTH, 0, 1, 1, true);
	expect_made(f, 1, MONTH + 1, 1, 3, 1, false);
	EXPECT_OK(mapmake_season(&f->make, MONTH, &s));
	EXPECT_OK(mapmake_kept(&f->make, &s, &kept));
	cr_assert_eq(kept.entry, f->at[0]);
	mapstore_clear(&kept);
	release(f);
}

Test(mapmake, what_cannot_be_written_is_tried_again_and_says_the_same)
{
	struct fixture *f = fixture();

	look(f, FIRST, A);
	f->fails = E_UNAVAILABLE;
	EXPECT_STATUS(E_UNAVAILABLE, mapmake_advance(&f->make, MAPMAKE_NEWS));
	cr_assert_eq(f->count, 0);
	f->fails = OK;
	EXPECT_OK(mapmake_advance(&f->make, MAPMAKE_NEWS));
	expect_made(f, 0, MONTH, 0, 1, 1, false);
	release(f);
}

Test(mapmake, without_its_files_the_same_maps_come_out)
{
	struct fixture *f = fixture();
	struct mapmake_season s;
	struct mapstore_kept kept = MAPSTORE_NONE;

	look(f, FIRST, A);
	look(f, LATER, B);
	look(f, NEXT, A);
	EXPECT_OK(mapmake_advance(&f->make, MAPMAKE_NEWS));
	mapstore_remove(f->maker->dirfd, MONTH);
	mapstore_remove(f->maker->dirfd, MONTH + 1);
	restart(f);
	EXPECT_OK(mapmake_season(&f->make, MONTH, &s));
	cr_assert(s.over && s.first == 0 && s.end == 2);
	EXPECT_OK(mapmake_kept(&f->make, &s, &kept));
	cr_assert(hash_eq(&kept.facts.root, &f->made[0].root));
	cr_assert_eq(kept.entry, f->at[0]);
	mapstore_clear(&kept);
	look(f, SECOND, A);
	EXPECT_OK(mapmake_advance(&f->make, MAPMAKE_NEWS));
	expect_made(f, 2, MONTH + 1, 2, 6, 1, false);
	cr_assert_eq(f->count, 3);
	release(f);
}

Test(mapmake, a_month_that_slept_leaves_no_gap)
{
	struct fixture *f = fixture();
	struct mapmake_season s;

	look(f, FIRST, A);
	look(f, THIRD, B);
	EXPECT_OK(mapmake_advance(&f->make, MAPMAKE_NEWS));
	expect_made(f, 0, MONTH, 0, 1, 1, true);
	expect_made(f, 1, MONTH + 3, 1, 2, 1, false);
	EXPECT_STATUS(E_NOT_FOUND, mapmake_season(&f->make, MONTH + 1, &s));
	release(f);
}

Test(mapmake, a_month_that_nobody_closed_in_time_is_not_closed_any_more)
{
	struct fixture *f = fixture();
	struct mapmake_season s;
	struct mapstore_kept kept = MAPSTORE_NONE;

	look(f, FIRST, A);
	look(f, NEXT, A);
	look(f, THIRD, B);
	EXPECT_OK(mapmake_advance(&f->make, MAPMAKE_NEWS));
	cr_assert_eq(f->count, 2);
	expect_made(f, 0, MONTH + 1, 1, 2, 1, true);
	EXPECT_OK(mapmake_season(&f->make, MONTH, &s));
	EXPECT_STATUS(E_NOT_FOUND, mapmake_kept(&f->make, &s, &kept));
	cr_assert_eq(f->count, 2);
	release(f);
}

Test(mapmake, a_damaged_file_is_never_grown_from)
{
	struct fixture *f = fixture();
	struct tagmap_facts good;

	look(f, FIRST, A);
	look(f, LATER, B);
	EXPECT_OK(mapmake_advance(&f->make, MAPMAKE_NEWS));
	daemon_maker_flip(f->maker, "index/maps/2099-01", 30);
	restart(f);
	look(f, "2099-01-31T23:59:59.5Z", A);
	EXPECT_OK(mapmake_advance(&f->make, MAPMAKE_NEWS));
	good = f->made[1];
	expect_made(f, 1, MONTH, 0, 4, 2, false);
	/* The same from nothing. */
	mapstore_remove(f->maker->dirfd, MONTH);
	restart(f);
	EXPECT_OK(mapmake_advance(&f->make, MAPMAKE_ALWAYS));
	cr_assert(hash_eq(&f->made[2].root, &good.root));
	release(f);
}

Test(mapmake, when_the_clock_says_that_the_month_is_over_a_map_opens_the_next_one)
{
	struct fixture *f = fixture();

	/* Long ago: this computer's clock is in a later month. */
	look(f, "2020-05-05T00:00:00Z", A);
	EXPECT_OK(mapmake_advance(&f->make, MAPMAKE_NEWS));
	cr_assert_geq(f->count, 1);
	expect_made(f, 0, 2020 * 12 + 4, 0, 1, 1, false);
	release(f);
}
